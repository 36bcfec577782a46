import { describe, expect, test } from 'vitest';
import { saddles } from '../../../src/transport/grids/saddles.js';

const NODES = 40;
const axis = Float64Array.from({ length: NODES }, (_, k) => k);
const line = (weights: Float64Array, axes = [axis]) => ({
  axes,
  weights: { name: 'x', weights, masses: Float64Array.of(1), batch: 1, batched: false, count: weights.length },
});

/** Two parts of half of the mass each, but for what is moved from the second to the first, with a mass at every node between them. */
const parts = (between: number, moved = 0) =>
  Float64Array.from(axis, (k) => {
    if (k < 4) return (0.5 + moved) / 4;
    return k >= NODES - 4 ? (0.5 - moved) / 4 : between;
  });
/** What one side has that the other has not, by a step that half of the mass takes each way. */
const apart = (step: number) => Float64Array.from(axis, (k) => (k < NODES / 2 ? step : -step));

const exchange = { p: 2, blur: 1, kept: 1, rounding: 1e-14, most: 1e4 };

describe.each([1, 2])('p = %i', (p) => {
  const given = { ...exchange, p };

  test('parts lack what the light saddle between them takes to let it pass', () => {
    for (const between of [1e-3, 1e-6]) {
      const grid = line(parts(between));
      const step = between / 100;
      const { potentials, squares } = saddles({ x: grid, y: grid }, given)('x', apart(step));
      // Half of the mass, over a saddle of the nodes within a blur.
      const lack = (step * 0.5) / between;
      expect(potentials / Math.sqrt(NODES / 4)).toBeGreaterThan(0.3 * lack);
      expect(potentials / Math.sqrt(NODES / 4)).toBeLessThan(3 * lack);
      expect(squares[0] / (0.5 * step * lack)).toBeGreaterThan(0.3);
      expect(squares[0] / (0.5 * step * lack)).toBeLessThan(3);
    }
  });

  test('what has to pass makes its own way', () => {
    const [x, y] = [line(parts(1e-12, 1e-2)), line(parts(1e-12))];
    const { potentials } = saddles({ x, y }, given)('x', apart(1e-6));
    expect(potentials).toBeLessThan(1e-3);
  });

  test('where almost nothing passes of what has to, nothing is known', () => {
    const [x, y] = [line(parts(1e-12, 1e-4)), line(parts(1e-12))];
    const { potentials } = saddles({ x, y }, given)('x', apart(2e-4));
    expect(potentials).toBeGreaterThan(given.most);
  });

  test('mass without a saddle lacks no more than a few changes', () => {
    const grid = line(new Float64Array(NODES).fill(1 / NODES));
    const steps = Float64Array.from(axis, (k) => 1e-3 * Math.cos((Math.PI * (k + 0.5)) / 2));
    expect(saddles({ x: grid, y: grid }, given)('x', steps).potentials).toBeLessThan(10 * Math.hypot(...steps));
  });
});

test('grids that lie far apart have nothing between them to look at', () => {
  const [x, y] = [line(parts(0)), line(parts(0), [axis.map((at) => at + 1e9)])];
  expect(saddles({ x, y }, exchange)('x', apart(1)).potentials).toBe(0);
});
