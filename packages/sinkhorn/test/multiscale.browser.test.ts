import { wasm } from '@sinkhorn/backend-wasm';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { expect, test } from 'vitest';

/** Points spread evenly without order (a lattice of irrational slopes). */
function lattice(count: number, shift: number) {
  const points = new Float32Array(2 * count);
  for (let k = 0; k < count; k++) points.set([(k * 0.618034) % 1, ((k * 0.754878) % 1) + shift], 2 * k);
  return { points, dimension: 2 };
}

test('cells in a page: the code is loaded, and errors are as estimated', async () => {
  const backend = await wasm();
  try {
    const [x, y] = [lattice(3000, 0), lattice(2500, 0.4)];
    const dense = await sinkhornDivergence({ backend, strategy: 'dense' }).value(x, y);
    const { value, diagnostics } = await sinkhornDivergence({ backend, strategy: 'multiscale' }).solve(x, y);
    expect(diagnostics.strategy).toBe('multiscale');
    expect(Math.abs(value / dense - 1)).toBeLessThan(diagnostics.estimatedError + 1e-3);
  } finally {
    backend.dispose();
  }
});
