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
