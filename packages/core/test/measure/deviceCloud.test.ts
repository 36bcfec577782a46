import { describe, expect, test } from 'vitest';
import { type Workspace, workspace } from '../../src/backend/workspace.js';
import { InvalidMeasureError } from '../../src/errors.js';
import { checkDeviceClouds, type DeviceClouds, placeClouds } from '../../src/measure/deviceCloud.js';
import { LOG_ZERO } from '../../src/measure/deviceMeasure.js';
import { bySide } from '../../src/measure/side.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';
import { type WatchedBackend, watchedCpu } from '../support/watchedCpu.js';

/** Clouds of 4 and 3 points in 2 dimensions, with numbers that the test knows. */
function cloudsOf(space: Workspace, batch: number | undefined, weights?: { x: number[]; y: number[] }) {
  const numbers = { x: draws(8 * (batch ?? 1), 1), y: draws(6 * (batch ?? 1), 2) };
  const shape = (count: number, size: number) => (batch === undefined ? [count, size] : [batch, count, size]);
  const clouds: DeviceClouds = {
    x: { points: space.upload(numbers.x, shape(4, 2)), weights: weights && space.upload(weights.x, shape(4, 1)) },
    y: { points: space.upload(numbers.y, shape(3, 2)), weights: weights && space.upload(weights.y, shape(3, 1)) },
  };
  return { numbers, clouds };
}

function device(): { backend: WatchedBackend; space: Workspace } {
  const backend = watchedCpu();
  return { backend, space: workspace(backend) };
}

describe('the places of points', () => {
  test.each([undefined, 1, 3])('are (point - mean of x) / length, where they may be moved (batch: %s)', (batch) => {
    const { backend, space } = device();
    const { numbers, clouds } = cloudsOf(space, batch);
    const placed = placeClouds(space, clouds, { length: 0.25, centred: true });
    for (const side of ['x', 'y'] as const) {
      const perElement = side === 'x' ? 8 : 6;
      const moved = numbers[side].map((value, k) => {
        const element = Math.floor(k / perElement);
        const ofX = numbers.x.subarray(8 * element, 8 * element + 8).filter((_, at) => at % 2 === k % 2);
        return (value - ofX.reduce((sum, coordinate) => sum + coordinate, 0) / 4) / 0.25;
      });
      expect(placed[side].points.shape).toEqual(clouds[side].points.shape);
      expectClose(backend.numbers(placed[side].points), moved, 1e-13);
      expect([placed[side].count, placed[side].dimension]).toEqual([side === 'x' ? 4 : 3, 2]);
    }
  });

  test('are those of the user, where they may not', () => {
    const { space } = device();
    const { clouds } = cloudsOf(space, undefined);
    const placed = placeClouds(space, clouds, { length: 0.25, centred: false });
    expect(placed.x.points).toBe(clouds.x.points);
    expect(placed.y.points).toBe(clouds.y.points);
  });
});

describe('weights', () => {
  test.each([undefined, 2])('that are not given are the same for all, of mass 1 (batch: %s)', (batch) => {
    const { backend, space } = device();
    const { clouds } = cloudsOf(space, batch);
    const { x, y } = placeClouds(space, clouds, { length: 1, centred: false });
    for (const [{ weights, normalizedWeights, logWeights, mass }, count] of [
      [x, 4],
      [y, 3],
    ] as const) {
      const same = new Array<number>(count).fill(1 / count);
      expectClose(backend.numbers(weights), same, 1e-15);
      expectClose(backend.numbers(normalizedWeights), same, 1e-15);
      expectClose(backend.numbers(logWeights), same.map(Math.log), 1e-15);
      expectClose(backend.numbers(mass), [1], 0);
    }
  });

  test('that are given have their mass, shares and logarithms, an element at a time', () => {
    const { backend, space } = device();
    const given = { x: [1, 2, 3, 4, 0.1, 0.1, 0.2, 0.1], y: [2, 1, 1, 0.5, 0.25, 0.25] };
    const { clouds } = cloudsOf(space, 2, given);
    const placed = placeClouds(space, clouds, { length: 1, centred: true });
    const masses = { x: [10, 0.5], y: [4, 1] };
    for (const side of ['x', 'y'] as const) {
      const { weights, normalizedWeights, logWeights, mass } = placed[side];
      const count = given[side].length / 2;
      expect(weights).toBe(clouds[side].weights);
      expectClose(backend.numbers(mass), masses[side], 1e-14);
      const expected = given[side].map((weight, k) => weight / masses[side][Math.floor(k / count)]);
      expectClose(backend.numbers(normalizedWeights), expected, 1e-14);
      expectClose(backend.numbers(logWeights), given[side].map(Math.log), 1e-14);
    }
  });

  test('of 0 have a logarithm that is finite in float32 and never counts', () => {
    const { backend, space } = device();
    const { clouds } = cloudsOf(space, undefined, { x: [0, 1, 1e-30, 1], y: [1, 0, 0] });
    const { x, y } = placeClouds(space, clouds, { length: 1, centred: true });
    const logarithms = [...backend.numbers(x.logWeights), ...backend.numbers(y.logWeights)];
    [0, 5, 6].forEach((zero) => {
      expect(logarithms[zero] / LOG_ZERO).toBeCloseTo(1, 12);
      expect(Number.isFinite(Math.fround(logarithms[zero]))).toBe(true);
    });
    expectClose([logarithms[1], logarithms[2], logarithms[4]], [0, Math.log(1e-30), 0], 1e-12);
  });
});

describe('clouds go together by their shapes', () => {
  const clouds = (x: readonly number[], y: readonly number[]): DeviceClouds => ({
    x: { points: { shape: x } },
    y: { points: { shape: y } },
  });

  test.each([
    [
      [4, 2],
      [3, 2],
    ],
    [
      [5, 4, 2],
      [5, 3, 2],
    ],
  ])('%j and %j', (x, y) => {
    expect(() => checkDeviceClouds(clouds(x, y))).not.toThrow();
  });

  test.each([
    [
      [4, 2],
      [4, 3],
    ],
    [
      [5, 4, 2],
      [4, 2],
    ],
    [
      [4, 2],
      [1, 4, 2],
    ],
    [
      [5, 4, 2],
      [6, 4, 2],
    ],
    [
      [5, 4, 2],
      [5, 4, 1],
    ],
  ])('but not %j and %j', (x, y) => {
    expect(() => checkDeviceClouds(clouds(x, y))).toThrow(
      new InvalidMeasureError(
        `x has the shape [${x}] and y the shape [${y}]: give both the same dimension, and the same batch size`,
      ),
    );
  });
});

test.each([
  [undefined, [3, 1], '[4,1]'],
  [2, [4, 1], '[2,4,1]'],
])('weights of another number than the points are refused (batch: %s)', (batch, shape, right) => {
  const { space } = device();
  const { clouds } = cloudsOf(space, batch);
  const weights = space.upload(new Float64Array(shape[0]), shape);
  for (const side of ['x', 'y'] as const) {
    const check = () => checkDeviceClouds({ ...clouds, [side]: { ...clouds.x, weights } });
    expect(check).toThrow(
      new InvalidMeasureError(`${side}.weights has the shape [${shape}]: give ${right}, one for each of the points`),
    );
  }
});

test('weights of as many numbers as there are points are not', () => {
  const { space } = device();
  const { clouds } = cloudsOf(space, 2);
  expect(() =>
    checkDeviceClouds({ ...clouds, x: { ...clouds.x, weights: space.upload(new Float64Array(8), [2, 4, 1]) } }),
  ).not.toThrow();
});

test('something is made for either side', () => {
  expect(bySide((side) => side.toUpperCase())).toEqual({ x: 'X', y: 'Y' });
});
