/** The Hausdorff divergence of grids, most of whose nodes have no mass: what one more unit of it would change there. */
import { cpu } from '@sinkhorn/backend-cpu';
import { type HausdorffDivergenceOptions, hausdorffDivergence } from '@sinkhorn/losses';
import { expect, it, test } from 'vitest';

const backend = cpu();
const COUNT = 60;

/** Masses at one node in ten, the same in every run. */
function sparse(seed: number): Float64Array {
  let state = seed;
  const draw = () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
  const masses = Float64Array.from({ length: COUNT }, (_, k) => (k === 0 || draw() < 0.1 ? draw() + 0.01 : 0));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}

const on = (grid: Float64Array) => ({ grid, shape: [COUNT] as const, spacing: 1 });
const lossOf = (more: Partial<HausdorffDivergenceOptions>) =>
  hausdorffDivergence({ backend, p: 1, blur: 0.8, ...more });

it.each([1, 7, 8, 9])('has slopes at nodes without mass that are as exact as it says (%i)', async (seed) => {
  const [x, y] = [on(sparse(seed)), on(sparse(seed + 100))];
  const found = await lossOf({}).valueAndGradients(x, y, { wrt: 'both' });
  const exact = await lossOf({ tolerance: 1e-13 }).valueAndGradients(x, y, { wrt: 'both' });
  for (const side of ['x', 'y'] as const) {
    const [slopes, right] = [found[side].weights, exact[side].weights];
    const error = Math.hypot(...slopes.map((slope, k) => slope - right[k])) / Math.hypot(...right);
    expect(error).toBeLessThan(1e-4);
    expect(error).toBeLessThan(found.diagnostics.weightsError ?? 0);
  }
});

test('they are the slopes of the value', async () => {
  const [a, y] = [sparse(7), on(sparse(107))];
  const loss = lossOf({ blur: 4, reach: 20, tolerance: 1e-13 });
  const { x } = await loss.valueAndGradients(on(a), y);
  const valueWith = async (k: number, more: number) =>
    Number(await loss.value(on(a.map((mass, j) => (j === k ? mass + more : mass))), y));
  const empty = Array.from(a.keys()).filter((k) => a[k] === 0);
  for (const k of empty.filter((_, index) => index % 6 === 0)) {
    // The second order is taken out, as there is nothing on the other side of 0.
    const slope = (4 * (await valueWith(k, 1e-6)) - (await valueWith(k, 2e-6)) - 3 * (await valueWith(k, 0))) / 2e-6;
    expect(Math.abs(x.weights[k] - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
  }
});

test('slopes that no number holds are told', async () => {
  const far = (node: number) => on(Float64Array.from({ length: COUNT }, (_, k) => Number(k === node)));
  const loss = lossOf({ p: 2, blur: 0.5 });
  const { diagnostics } = await loss.valueAndGradients(far(0), far(30), { wrt: 'both' });
  expect(diagnostics.weightsError).toBe(Number.POSITIVE_INFINITY);
});
