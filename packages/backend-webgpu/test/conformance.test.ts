import { webgpu } from '@sinkhorn/backend-webgpu';
import { describeBackend, describeSolver, manifests } from '@sinkhorn/conformance';
import { expect, test } from 'vitest';
import { oracle } from '../../../tests/setup/oracle.js';

const options = { manifest: manifests.webgpu, timeout: 0, oracle };

let kernels = 0;
/** A backend whose kernels are counted, on every device that the suite asks for. */
async function counted() {
  const backend = await webgpu();
  const { device } = backend;
  const compile = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = (descriptor) => {
    kernels += 1;
    return compile(descriptor);
  };
  return backend;
}

describeBackend('webgpu in Node', counted, options);

// Compiling is most of what the suite takes on a GPU, and in a browser.
test('the suite of backends compiles at most 200 kernels', () => {
  console.info(`${kernels} kernels`);
  expect(kernels).toBeGreaterThan(0);
  expect(kernels).toBeLessThanOrEqual(200);
});

describeSolver('webgpu in Node', webgpu, options);
