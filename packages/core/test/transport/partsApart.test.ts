import { describe, expect, it } from 'vitest';
import { checkMeasure, type Measure } from '../../src/index.js';
import { checkGrid } from '../../src/measure/grid.js';
import { runSync } from '../../src/tasks/drivers.js';
import { partsApart } from '../../src/transport/partsApart.js';
import { draws } from '../support/draws.js';

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

/** The part of each point where points up to `gap` apart are linked: all pairs, joined by name. */
function linked(points: ArrayLike<number>, dimension: number, gap: number): number[] {
  const count = points.length / dimension;
  const name = Array.from({ length: count }, (_, i) => i);
  const nameOf = (i: number): number => {
    let at = i;
    while (name[at] !== at) at = name[at];
    return at;
  };
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let c = 0; c < dimension; c++) square += (points[i * dimension + c] - points[j * dimension + c]) ** 2;
      if (square <= gap ** 2) name[nameOf(i)] = nameOf(j);
    }
  }
  return name.map((_, i) => nameOf(i));
}

/** Whether points that are in one part of the first are in one part of the second. */
const refines = (one: ArrayLike<number>, two: ArrayLike<number>): boolean => {
  const part = new Map<number, number>();
  return Array.from(one).every((name, i) => {
    if (!part.has(name)) part.set(name, two[i]);
    return part.get(name) === two[i];
  });
};

describe('of many points, in cells,', () => {
  const none = (dimension: number) => checkMeasure('y', { points: new Float64Array(dimension), dimension });
  const partsOf = (points: Float64Array, dimension: number, gap: number) => {
    // The other measure lies at the first point: it links nothing more.
    const first: Measure = { points: points.slice(0, dimension), dimension };
    return partsApart({ x: checkMeasure('x', { points, dimension }), y: checkMeasure('y', first) }, gap);
  };

  it.each([
    { dimension: 1, gap: 0.0008, stretch: [1] },
    { dimension: 2, gap: 0.012, stretch: [1, 1] },
    { dimension: 2, gap: 0.012, stretch: [0.3, 3] },
    { dimension: 3, gap: 0.03, stretch: [1, 1, 1] },
    { dimension: 3, gap: 0.03, stretch: [0.2, 1, 4] },
  ])(
    'all within the gap are linked, and none beyond two diagonals of a cell: $dimension-D, $stretch',
    ({ dimension, gap, stretch }) => {
      const points = draws(2400 * dimension, 5).map((value, k) => value * stretch[k % dimension]);
      const { of, counts } = partsOf(points, dimension, gap);
      const near = linked(points, dimension, gap);
      const far = linked(points, dimension, 2 * Math.sqrt(dimension) * gap);
      expect(counts[0]).toBeGreaterThan(10);
      expect(counts[0]).toBeLessThanOrEqual(new Set(near).size);
      expect(counts[0]).toBe(new Set(of.x).size);
      expect(refines(near, of.x)).toBe(true);
      expect(refines(of.x, far)).toBe(true);
    },
  );

  it.each([1, -1])('a chain is one part, whichever way it goes (%i)', (way) => {
    const points = Float64Array.from({ length: 2 * 3000 }, (_, k) => 0.9 * Math.floor(k / 2) * (k % 2 === 0 ? 1 : way));
    expect(partsOf(points, 2, 1.3).counts).toEqual([1]);
  });

  it('axes of little extent beyond the third are not looked at, and the widest are', () => {
    // Two sheets apart along the last of five axes, the widest.
    const points = draws(5 * 3000, 9).map((value, k) => (k % 5 === 4 ? 100 * Math.round(value) : 0.01 * value));
    const { of, counts } = partsOf(points, 5, 1);
    expect(counts).toEqual([2]);
    of.x.forEach((part, i) => {
      expect(part === of.x[0]).toBe(points[5 * i + 4] === points[4]);
    });
  });

  it('nodes of grids are linked as points at their places are', () => {
    // Two blocks of warm nodes with cold ones between them.
    const shape = [60, 50];
    const grid = Float64Array.from({ length: 3000 }, (_, node) => (node % 50 < 20 || node % 50 >= 30 ? 1 : 0));
    const measure = runSync(checkGrid('x', { grid, shape, spacing: [0.5, 2] }));
    const { of, counts } = partsApart({ x: measure, y: none(2) }, 3);
    expect(counts).toEqual([2]);
    expect([of.x[0], of.x[49], of.x[25]]).toEqual([of.y[0], 1 - of.y[0], -1]);
    expect(partsApart({ x: measure, y: none(2) }, 25).counts).toEqual([1]);
  });

  it('few points are told apart by their distances: no cell links them', () => {
    const apart = (count: number) => {
      const points = Float64Array.from({ length: count }, (_, k) => 1.2 * k);
      return partsOf(points, 1, 1).counts[0];
    };
    expect(apart(1999)).toBe(1999);
    // One more, and neighbouring cells are taken to be linked.
    expect(apart(2000)).toBeLessThan(2000);
  });
});
