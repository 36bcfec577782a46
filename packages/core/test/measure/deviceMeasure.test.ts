import { describe, expect, test } from 'vitest';
import { workspace } from '../../src/backend/workspace.js';
import { LOG_ZERO, shapeOf, uploadMeasure } from '../../src/measure/deviceMeasure.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { expectClose } from '../support/expectClose.js';
import { watchedCpu } from '../support/watchedCpu.js';

const frame = { centre: Float64Array.of(1, 2), scale: 4 };

describe.each([
  { name: 'one cloud', measure: { data: [5, 2, 1, 10], shape: [2, 2], weights: [0.5, 1.5] } },
  { name: 'a batch', measure: { data: [5, 2, 1, 10, 1, 2, 3, 4], shape: [2, 2, 2], weights: [0.5, 1.5, 9, 3] } },
])('$name on the device', ({ measure: { data, shape, weights } }) => {
  const backend = watchedCpu();
  const checked = checkMeasure('x', { data, shape, weights });
  const uploaded = uploadMeasure(workspace(backend), checked, frame);
  const perPoint = [...shape.slice(0, -1), 1];

  test('has its points in the coordinates of the frame', () => {
    expect(uploaded.points.shape).toEqual(shape);
    const moved = data.map((value, k) => (value - frame.centre[k % 2]) / frame.scale);
    expectClose(backend.numbers(uploaded.points), moved, 1e-15);
    expect([uploaded.count, uploaded.dimension]).toEqual([2, 2]);
  });

  test('has its weights, and their logarithms', () => {
    expect(uploaded.weights.shape).toEqual(perPoint);
    expect(uploaded.logWeights.shape).toEqual(perPoint);
    expectClose(backend.numbers(uploaded.weights), weights, 0);
    expectClose(backend.numbers(uploaded.logWeights), weights.map(Math.log), 1e-15);
  });

  test('has shares that sum to 1 in each element', () => {
    expect(uploaded.normalizedWeights.shape).toEqual(perPoint);
    const normalizedWeights = backend.numbers(uploaded.normalizedWeights);
    expectClose(normalizedWeights, [0.25, 0.75, 0.75, 0.25].slice(0, weights.length), 1e-15);
  });
});

test('a weight of 0 has a logarithm that is finite in float32, and never counts', () => {
  const backend = watchedCpu();
  const measure = checkMeasure('x', { points: [1, 2], dimension: 1, weights: [0, 2] });
  const { logWeights, weights, normalizedWeights } = uploadMeasure(workspace(backend), measure, {
    centre: Float64Array.of(0),
    scale: 1,
  });
  expect(Array.from(backend.numbers(weights))).toEqual([0, 2]);
  expect(Array.from(backend.numbers(normalizedWeights))).toEqual([0, 1]);
  const [ofZero, ofTwo] = backend.numbers(logWeights);
  expect(ofTwo).toBe(Math.log(2));
  expect(ofZero).toBe(LOG_ZERO);
  expect(Number.isFinite(Math.fround(ofZero))).toBe(true);
  expect(Math.exp(ofZero + 1e4)).toBe(0);
});

test.each([
  [[3, 2], 1, [3, 1]],
  [[3, 2], 2, [3, 2]],
  [[4, 3, 2], 1, [4, 3, 1]],
  [[1, 3, 2], 5, [1, 3, 5]],
])('for a measure of shape %j, an array of size %i has the shape %j', (shape, size, expected) => {
  const data = new Float64Array(shape.reduce((product, length) => product * length, 1));
  expect(shapeOf(checkMeasure('x', { data, shape }), size)).toEqual(expected);
});
