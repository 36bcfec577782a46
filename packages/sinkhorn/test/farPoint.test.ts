import { drawsFrom } from '@sinkhorn/core/random';
import { expect, test } from 'vitest';
import { sinkhornDivergence, wasm } from '../src/index.js';

/** Points in the unit cube. */
function cube(count: number, seed: number): Float64Array {
  const draw = drawsFrom(seed);
  return Float64Array.from({ length: 3 * count }, () => draw() / 2 ** 32);
}

// Sweeps go on to Newton's method here, from potentials with which two points share what one far point takes.
test('a start that leads Newton’s method astray is left', async () => {
  const backend = await wasm({ precision: 'float64' });
  const x = { points: cube(900, 6), dimension: 3 };
  const y = { points: cube(900, 106), dimension: 3 };
  x.points.set([1e4, -1e4, 3e4]);
  const solve = async (method: 'auto' | 'alternating') => {
    const loss = sinkhornDivergence({ backend, blur: 1, debias: false, strategy: 'dense', method });
    const solution = await loss.solve(x, y);
    return { ...solution.diagnostics, gradient: (await solution.gradients('y')).y.points };
  };
  const [auto, sweeps] = [await solve('auto'), await solve('alternating')];
  backend.dispose();
  expect(auto).toMatchObject({ converged: true, accurate: true });
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const off = norm(Array.from(auto.gradient, (value, k) => value - sweeps.gradient[k]));
  expect(off / norm(Array.from(sweeps.gradient))).toBeLessThan(1e-3);
});
