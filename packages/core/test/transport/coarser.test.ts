import { expect, test } from 'vitest';
import { coarser, factorsAt, type GridWeights } from '../../src/transport/grids/coarser.js';

const line = (count: number, spacing: number) => Float64Array.from({ length: count }, (_, k) => k * spacing);

function grid(axes: readonly Float64Array[], batch = 1): GridWeights {
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  const weights = Float64Array.from({ length: batch * count }, (_, k) => k + 1);
  return { axes, weights: { name: 'x', weights, masses: new Float64Array(batch), batch, batched: batch > 1, count } };
}

test('nodes represent as many others as are no farther apart than the blur', () => {
  expect(factorsAt([line(64, 1), line(64, 0.25), line(3, 1), line(1, 1)], 5)).toEqual([4, 16, 4, 1]);
  expect(factorsAt([line(64, 1)], 0.5)).toEqual([1]);
});

test('masses are added up, and coarse nodes are amid those they represent, as if none were missing', () => {
  const { axes, weights } = coarser(grid([line(3, 1), line(4, 0.5)]), [2, 4]);
  expect(axes.map((axis) => Array.from(axis))).toEqual([[0.5, 2.5], [0.75]]);
  expect(Array.from(weights.weights)).toEqual([1 + 2 + 3 + 4 + 5 + 6 + 7 + 8, 9 + 10 + 11 + 12]);
  expect(weights.count).toBe(2);
});

test('elements of a batch keep their masses to themselves', () => {
  const { weights } = coarser(grid([line(2, 1), line(2, 1)], 2), [1, 2]);
  expect(Array.from(weights.weights)).toEqual([3, 7, 11, 15]);
});
