import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { computeResults, describeBackend, describeResults, manifests } from '@sinkhorn/conformance';
import { oracle } from '../../../tests/setup/oracle.js';

const onOneThread = () => wasm({ threads: 1 });
const inFloat64 = () => wasm({ precision: 'float64' });

describeBackend('wasm on one thread', onOneThread, { manifest: manifests.wasm, timeout: 0, oracle });
describeResults('wasm on one thread', onOneThread, {
  expected: async () => computeResults(await wasm({ threads: 2 })),
  tolerance: 0,
});

describeBackend('wasm in float64', inFloat64, { manifest: manifests['wasm in float64'], timeout: 0, oracle });
describeResults('wasm in float64', inFloat64, { expected: () => computeResults(cpu()), tolerance: 1e-10 });
