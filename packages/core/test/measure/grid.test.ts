import { describe, expect, test } from 'vitest';
import { InvalidMeasureError } from '../../src/errors.js';
import {
  axesIn,
  type CheckedGrid,
  checkGrid,
  coordinateAlong,
  type GridMeasure,
  isGrid,
} from '../../src/measure/grid.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { withNormalizedWeights } from '../../src/measure/normalization.js';
import { runSync } from '../../src/tasks/drivers.js';

const checked = (measure: GridMeasure, name = 'x'): CheckedGrid => runSync(checkGrid(name, measure));

describe('masses on a grid', () => {
  test('are points at its nodes, row by row, the last axis fastest', () => {
    const grid = checked({ grid: [1, 0, 2, 3, 4, 5], shape: [2, 3], spacing: [10, 0.5], origin: [100, 7] });
    expect({ ...grid }).toEqual({
      name: 'x',
      weights: Float64Array.of(1, 0, 2, 3, 4, 5),
      masses: Float64Array.of(15),
      batch: 1,
      batched: false,
      count: 6,
      dimension: 2,
      points: Float64Array.of(100, 7, 100, 7.5, 100, 8, 110, 7, 110, 7.5, 110, 8),
    });
    expect(grid.grid).toEqual({ shape: [2, 3], spacing: [10, 0.5], origin: [100, 7] });
  });

  test('one spacing is that of all axes, and the first node is at 0', () => {
    const { points, grid } = checked({ grid: [1, 1, 1, 1], shape: [2, 2], spacing: 3 });
    expect(points).toEqual(Float64Array.of(0, 0, 0, 3, 3, 0, 3, 3));
    expect(grid).toEqual({ shape: [2, 2], spacing: [3, 3], origin: [0, 0] });
  });

  test('one axis more than spacings is a batch', () => {
    const { batch, batched, count, masses, points, grid } = checked({
      grid: [1, 2, 3, 4, 5, 6],
      shape: [2, 3],
      spacing: [1],
    });
    expect({ batch, batched, count, masses, grid }).toEqual({
      batch: 2,
      batched: true,
      count: 3,
      masses: Float64Array.of(6, 15),
      grid: { shape: [3], spacing: [1], origin: [0] },
    });
    expect(points).toEqual(Float64Array.of(0, 1, 2, 0, 1, 2));
  });

  test('are copied', () => {
    const given = Float64Array.of(1, 2);
    const { weights } = checked({ grid: given, shape: [2], spacing: 1 });
    given[0] = 9;
    expect(weights).toEqual(Float64Array.of(1, 2));
  });

  test('are told from a cloud of points', () => {
    const grid = checked({ grid: [1], shape: [1], spacing: 1 });
    expect(isGrid(grid)).toBe(true);
    expect(isGrid(checkMeasure('x', [[0]]))).toBe(false);
    // A copy of its fields is a cloud of points.
    expect(isGrid({ ...grid })).toBe(false);
  });

  test('with shares in place of masses they stay on their grid', () => {
    const shares = withNormalizedWeights(checked({ grid: [1, 3], shape: [2], spacing: 2 }));
    expect(isGrid(shares)).toBe(true);
    expect(shares.weights).toEqual(Float64Array.of(0.25, 0.75));
    expect(shares.masses).toEqual(Float64Array.of(1));
    expect(shares.points).toEqual(Float64Array.of(0, 2));
  });

  test('spanning nodes are the first, the last and the second along each axis', () => {
    const { spanning } = checked({ grid: [1, 1, 1], shape: [3, 1], spacing: [2, 5], origin: [1, -1] });
    expect(spanning).toEqual(Float64Array.of(1, -1, 5, -1, 3, -1));
  });

  test('axes in a frame are moved and scaled', () => {
    const grid = checked({ grid: [1, 1, 1, 1, 1, 1], shape: [3, 2], spacing: [2, 4], origin: [1, 0] });
    expect(axesIn(grid, { centre: Float64Array.of(3, 2), scale: 2 })).toEqual([
      Float64Array.of(-1, 0, 1),
      Float64Array.of(-1, 1),
    ]);
  });

  test('a coordinate is known by the number of its node in a batch', () => {
    const { grid } = checked({ grid: new Array(6).fill(1), shape: [3, 2], spacing: [2, 4] });
    const numbers = [...Array(8).keys()];
    expect(numbers.map(coordinateAlong(grid, 0))).toEqual([0, 0, 2, 2, 4, 4, 0, 0]);
    expect(numbers.map(coordinateAlong(grid, 1))).toEqual([0, 4, 0, 4, 0, 4, 0, 4]);
  });
});

describe('a grid is refused', () => {
  const fine = { grid: [1, 1, 1, 1], shape: [2, 2], spacing: 1 };
  const refused: readonly (readonly [string, unknown, string])[] = [
    [
      'without a shape',
      { ...fine, shape: undefined },
      'x.shape is undefined: give the number of nodes along each axis',
    ],
    ['of no axis', { ...fine, shape: [] }, 'x.shape is : give the number of nodes along each axis, such as [28, 28]'],
    ['with an axis of no node', { ...fine, shape: [4, 0] }, 'x.shape[1] is 0: every axis has 1 node or more'],
    ['with half a node', { ...fine, shape: [1.5, 2] }, 'x.shape[0] is 1.5: every axis has 1 node or more'],
    [
      'without a spacing',
      { ...fine, spacing: undefined },
      'x.spacing is undefined: give the distance of neighbouring nodes',
    ],
    [
      'with a misspelt field',
      { ...fine, orgin: [1, 1] },
      "x has no field 'orgin': a grid has grid, shape, spacing, origin",
    ],
    ['with a misspelt spacing', { grid: [1], shape: [1], spacng: 1 }, "x has no field 'spacng'"],
    ['with no distance', { ...fine, spacing: 0 }, 'x.spacing is 0: give a distance above 0'],
    [
      'with a distance that is none',
      { ...fine, spacing: [1, Number.NaN] },
      'x.spacing[1] is NaN: give a distance above 0',
    ],
    ['without end', { ...fine, spacing: [1, Number.POSITIVE_INFINITY] }, 'x.spacing[1] is Infinity: give a distance'],
    [
      'with more spacings than axes',
      { ...fine, spacing: [1, 1, 1] },
      'x.shape has 2 axes and x.spacing 3: give a spacing for each axis',
    ],
    [
      'with two axes more than spacings',
      { ...fine, shape: [2, 2, 1], spacing: [1] },
      'x.shape has 3 axes and x.spacing 1',
    ],
    ['with no spacing in a list', { ...fine, spacing: [] }, 'x.shape has 2 axes and x.spacing 0'],
    [
      'with fewer origins than axes',
      { ...fine, origin: [0] },
      'x.origin is [0]: give the 2 coordinates of the first node',
    ],
    [
      'with an origin that is no list',
      { ...fine, origin: 3 },
      'x.origin is 3: give the 2 coordinates of the first node',
    ],
    [
      'with an origin that is no number',
      { ...fine, origin: [0, Number.NaN] },
      'x.origin is [0,NaN]: give the 2 coordinates',
    ],
    [
      'with a node too far away',
      { ...fine, origin: [0, 1e200] },
      'x has a node at 1e+200: rescale the coordinates to about 1, by its',
    ],
    ['with too few masses', { ...fine, grid: [1, 1, 1] }, 'x.grid has 3 masses, but its shape [2,2] needs 4'],
    [
      'with too few masses of a batch',
      { ...fine, spacing: [1], grid: [1, 1, 1] },
      'x.grid has 3 masses, but its shape [2,2] needs 4',
    ],
    ['with a negative mass', { ...fine, grid: [1, 1, -1, 1] }, 'x.grid[1, 0] is -1: masses are finite and 0 or more'],
    [
      'with a mass that is no number',
      { ...fine, grid: [1, Number.NaN, 1, 1] },
      'x.grid[0, 1] is NaN: masses are finite',
    ],
    [
      'with an infinite mass',
      { ...fine, grid: [1, 1, 1, Number.POSITIVE_INFINITY] },
      'x.grid[1, 1] is Infinity: masses',
    ],
    ['of no mass', { ...fine, grid: [0, 0, 0, 0] }, 'x.grid is all 0: give one node or more some mass'],
    [
      'of no mass in one element',
      { ...fine, spacing: [1], grid: [1, 0, 0, 0] },
      'x.grid is all 0 in element 1 of the batch: give one node or more some mass',
    ],
  ];
  test.each(refused)('%s', (_, measure, message) => {
    const check = () => checked(measure as GridMeasure);
    expect(check).toThrow(InvalidMeasureError);
    expect(check).toThrow(message);
  });

  test('by its own name', () => {
    expect(() => checked({ ...fine, grid: [0, 0, 0, 0] }, 'y')).toThrow('y.grid is all 0');
  });
});
