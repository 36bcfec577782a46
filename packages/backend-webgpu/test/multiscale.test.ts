import { wasm } from '@sinkhorn/backend-wasm';
import { webgpu } from '@sinkhorn/backend-webgpu';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { expect, test } from 'vitest';

/** Points spread evenly without order (a lattice of irrational slopes). */
function lattice(count: number, shift: number) {
  const points = new Float32Array(2 * count);
  for (let k = 0; k < count; k++) points.set([(k * 0.618034) % 1, ((k * 0.754878) % 1) + shift], 2 * k);
  return { points, dimension: 2 };
}

test('cells run on it through block patterns, with errors as estimated', async () => {
  const backend = await webgpu();
  try {
    const [x, y] = [lattice(3000, 0), lattice(2500, 0.4)];
    const step = (strategy: 'dense' | 'multiscale') =>
      sinkhornDivergence({ backend, strategy, blur: 0.1 }).valueAndGradients(x, y);
    const dense = await step('dense');
    const { value, x: gradient, diagnostics } = await step('multiscale');
    expect(diagnostics.strategy).toBe('multiscale');
    expect(Math.abs(value / dense.value - 1)).toBeLessThan(diagnostics.estimatedError + 1e-3);
    let error = 0;
    let size = 0;
    dense.x.points.forEach((truth, k) => {
      error += (gradient.points[k] - truth) ** 2;
      size += truth ** 2;
    });
    expect(Math.sqrt(error / size)).toBeLessThan(diagnostics.estimatedError + 1e-2);
  } finally {
    backend.dispose();
  }
});

test('20,000 points a side give what they give on the CPU by the same strategy', async () => {
  const backends = await Promise.all([webgpu(), wasm({ threads: 1 })]);
  try {
    const [x, y] = [lattice(20_000, 0), lattice(20_000, 0.4)];
    const [gpu, processor] = await Promise.all(
      backends.map((backend) =>
        sinkhornDivergence({ backend, strategy: 'multiscale', blur: 0.05, tolerance: null }).valueAndGradients(x, y),
      ),
    );
    expect(gpu.diagnostics.strategy).toBe('multiscale');
    expect(Math.abs(gpu.value / processor.value - 1)).toBeLessThan(1e-4);
    expect(gpu.diagnostics.estimatedError / (processor.diagnostics.estimatedError ?? 0)).toBeCloseTo(1, 1);
    let [error, size] = [0, 0];
    processor.x.points.forEach((truth, k) => {
      error += (gpu.x.points[k] - truth) ** 2;
      size += truth ** 2;
    });
    expect(Math.sqrt(error / size)).toBeLessThan(1e-3);
  } finally {
    for (const backend of backends) backend.dispose();
  }
});
