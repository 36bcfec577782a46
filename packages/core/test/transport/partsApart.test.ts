import { describe, expect, it } from 'vitest';
import { checkMeasure } from '../../src/index.js';
import { partsApart } from '../../src/transport/partsApart.js';

/** Points around some centres, in turn. */
function around(name: string, centres: readonly number[], count: number, dimension = 1) {
  const points = Float64Array.from({ length: count * dimension }, (_, k) => {
    const place = Math.floor(k / dimension);
    return (k % dimension === 0 ? centres[place % centres.length] : 0) + 0.1 * Math.sin(7 * k);
  });
  return checkMeasure(name, { points, dimension });
}

describe('parts that lie apart', () => {
  // Few points are looked at in pairs, and many in cells.
  it.each([
    { count: 30, dimension: 1 },
    { count: 30, dimension: 5 },
    { count: 3000, dimension: 2 },
    { count: 3000, dimension: 5 },
  ])('are told from $count points a side in $dimension dimensions', ({ count, dimension }) => {
    const pair = { x: around('x', [0, 10, 20], count, dimension), y: around('y', [0, 20], count, dimension) };
    const { of, counts } = partsApart(pair, 2);
    expect(counts).toEqual([3]);
    // A part has points of both sides, or of one.
    expect(of.x[0]).toBe(of.y[0]);
    expect(of.x[2]).toBe(of.y[1]);
    expect(new Set([of.x[0], of.x[1], of.x[2]]).size).toBe(3);
    of.x.forEach((part, i) => {
      expect(part).toBe(of.x[i % 3]);
    });
    expect(partsApart(pair, 30).counts).toEqual([1]);
  });

  it('have no points without weight, which link nothing', () => {
    const line = (weights: number[]) => checkMeasure('x', { points: [0, 1, 2, 3], dimension: 1, weights });
    expect(partsApart({ x: line([1, 1, 1, 1]), y: line([1, 1, 1, 1]) }, 1).counts).toEqual([1]);
    const { of, counts } = partsApart({ x: line([1, 0, 1, 1]), y: line([1, 0, 0, 1]) }, 1);
    expect(counts).toEqual([2]);
    expect(Array.from(of.x)).toEqual([of.y[0], -1, of.y[3], of.y[3]]);
  });

  it('are those of each element of a batch', () => {
    const shape = [2, 3, 1];
    const x = checkMeasure('x', { data: [0, 1, 2, 0, 5, 10], shape });
    expect(partsApart({ x, y: x }, 1).counts).toEqual([1, 3]);
  });
});
