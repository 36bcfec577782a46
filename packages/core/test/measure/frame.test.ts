import { describe, expect, test } from 'vitest';
import { boundingBox, diameter, rawFrame, toFrame, unitFrame } from '../../src/measure/frame.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';

// Two clouds whose boxes reach beyond each other, the first one a batch whose elements do too.
const x = checkMeasure('x', { data: [1, 10, 3, 12, -2, 11, 0, 11], shape: [2, 2, 2] });
const y = checkMeasure('y', { data: [4, 11, 2, 11, 0, 15, 0, 12], shape: [2, 2, 2] });

test('the diameter is the diagonal of the box around both clouds and all elements', () => {
  // From -2 to 4, and from 10 to 15.
  expect(diameter([x, y])).toBeCloseTo(Math.hypot(6, 5), 14);
  expect(diameter([y, x])).toBe(diameter([x, y]));
  expect(diameter([x])).toBeCloseTo(Math.hypot(5, 2), 14);
});

test('one point, or many in one place, have no diameter', () => {
  expect(diameter([checkMeasure('x', [[3, 4]])])).toBe(0);
  expect(
    diameter([
      checkMeasure('x', [
        [3, 4],
        [3, 4],
      ]),
    ]),
  ).toBe(0);
});

test('points may have more coordinates than a call takes arguments', () => {
  const wide = checkMeasure('x', {
    data: Float64Array.from({ length: 400_000 }, (_, k) => Number(k < 200_000)),
    shape: [2, 200_000],
  });
  expect(diameter([wide])).toBeCloseTo(Math.sqrt(200_000), 9);
});

describe('the unit frame', () => {
  test('has its centre in the middle of the box, and the longest side as its scale', () => {
    const { centre, scale } = unitFrame([x, y]);
    expectClose(centre, [1, 12.5], 1e-14);
    expect(scale).toBe(6);
  });

  test.each([1, 2, 3])('brings clouds into the unit box around 0, in %i dimensions', (dimension) => {
    const clouds = [1, 2].map((seed) =>
      checkMeasure('x', { points: draws(10 * dimension, seed).map((value) => 1000 + 7 * seed * value), dimension }),
    );
    const frame = unitFrame(clouds);
    const moved = clouds.flatMap((cloud) => Array.from(toFrame(cloud, frame)));
    const reach = Array.from({ length: dimension }, (_, c) => {
      const along = moved.filter((_value, k) => k % dimension === c);
      expect(Math.max(...along)).toBeCloseTo(-Math.min(...along), 10);
      return Math.max(...along);
    });
    expect(Math.max(...reach)).toBeCloseTo(0.5, 10);
  });

  test('keeps the shape of a cloud: distances are divided by the scale', () => {
    const frame = unitFrame([x, y]);
    const moved = toFrame(x, frame);
    const between = (points: ArrayLike<number>) => Math.hypot(points[0] - points[4], points[1] - points[5]);
    expect(between(moved) * frame.scale).toBeCloseTo(between(x.points), 12);
  });

  test('has a scale of 1 where there is no extent', () => {
    const { centre, scale } = unitFrame([checkMeasure('x', [[3, 4]])]);
    expect([...centre, scale]).toEqual([3, 4, 1]);
  });

  test('has a finite centre where coordinates are as large as can be', () => {
    const { centre } = unitFrame([checkMeasure('x', [[2e74], [6e74]])]);
    expect(centre[0]).toBeCloseTo(4e74, -64);
  });
});

describe('the raw frame', () => {
  test('leaves points as they are, without a copy', () => {
    expect(toFrame(x, rawFrame(2))).toBe(x.points);
    expect(rawFrame(3)).toEqual({ centre: new Float64Array(3), scale: 1 });
  });
});

test.each([
  { centre: [1, 2], scale: 1, moved: [0, 8, 2, 10, -3, 9, -1, 9] },
  { centre: [0, 2], scale: 1, moved: [1, 8, 3, 10, -2, 9, 0, 9] },
  { centre: [0, 0], scale: 2, moved: [0.5, 5, 1.5, 6, -1, 5.5, 0, 5.5] },
  { centre: [0, 2], scale: 2, moved: [0.5, 4, 1.5, 5, -1, 4.5, 0, 4.5] },
])('points are moved by the centre and then scaled: $centre, $scale', ({ centre, scale, moved }) => {
  expectClose(toFrame(x, { centre: Float64Array.from(centre), scale }), moved, 0);
  // The points themselves stay.
  expect(x.points[0]).toBe(1);
});

test('the box around many points is found with pauses', () => {
  const points = draws(3 * 2 ** 20, 1);
  const many = checkMeasure('many', { points, dimension: 3 });
  const task = boundingBox([many, many]);
  let pauses = 0;
  let next = task.next();
  for (; !next.done; next = task.next()) pauses++;
  expect(pauses).toBe(4);
  const box = next.value;
  expect(box.low).toEqual(Float64Array.from([0, 1, 2], (c) => smallest(points.filter((_, k) => k % 3 === c))));
  expect(diameter([many], box)).toBe(diameter([many]));
  expect(unitFrame([many], box)).toEqual(unitFrame([many]));
});

const smallest = (values: Float64Array) =>
  values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
