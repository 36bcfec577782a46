import { expect, test } from 'vitest';
import { interpolated, restricted } from '../../../src/transport/grids/halving.js';

const line = (count: number) => Float64Array.from({ length: count }, (_, k) => k);
/** Values of a linear function at the nodes of two elements, at coordinates that steps lie between. */
const linear = (rows: readonly number[], columns: readonly number[]) =>
  [1, -3].flatMap((factor) => rows.flatMap((r) => columns.map((c) => factor * (2 * r - 5 * c + 1))));

const close = (found: Float64Array, wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, k) => {
    expect(value).toBeCloseTo(wanted[k], 12);
  });
};

test('a linear function is itself at the centres of pairs, of a last node without a neighbour too', () => {
  const axes = [line(5), line(4)];
  const fine = linear([0, 1, 2, 3, 4], [0, 1, 2, 3]);
  close(restricted(fine, axes, 2), linear([0.5, 2.5, 4.5], [0.5, 2.5]));
});

test('a linear function is itself between centres, and stays as it is beyond them', () => {
  const axes = [line(5), line(4)];
  const coarse = linear([0.5, 2.5, 4.5], [0.5, 2.5]);
  close(interpolated(coarse, axes, 2), linear([0.5, 1, 2, 3, 4], [0.5, 1, 2, 2.5]));
});

test('axes of one node stay', () => {
  const axes = [line(1), line(3)];
  close(restricted([1, 2, 3], axes, 1), [1.5, 3.5]);
  close(interpolated([1, 3], axes, 1), [1, 1.5, 2.5]);
});
