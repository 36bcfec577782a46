import { cpu } from '@sinkhorn/backend-cpu';
import { checkMeasure, powerCost, runAsync } from '@sinkhorn/core';
import { workspace } from '@sinkhorn/core/extend';
import { expect, it } from 'vitest';
import { uploadChunked } from '../../src/measure/deviceMeasure.js';
import { unitFrame } from '../../src/measure/frame.js';
import { pairwiseProblem } from '../../src/transport/problem.js';
import { roundedDirections } from '../../src/transport/roundedDirections.js';

const NONE = Number.POSITIVE_INFINITY;
/** The last digit of float32 over a way of 1. */
const DIGIT = 2 ** -24;

/** Of points on a line of length 1, each with a mate of its own in y, at a blur that sees no further. */
async function roundingsOf(x: number[], y: number[]) {
  const column = (values: number[]) =>
    checkMeasure('x', { data: Float64Array.from(values), shape: [values.length, 1] });
  const pair = { x: column(x), y: column(y) };
  const space = workspace(cpu());
  const task = (function* () {
    const frame = unitFrame([pair.x, pair.y]);
    const [one, two] = [yield* uploadChunked(space, pair.x, frame), yield* uploadChunked(space, pair.y, frame)];
    const problem = pairwiseProblem(space, { x: one, y: two }, powerCost(1), { x: NONE, y: NONE });
    const zero = (values: number[]) => space.upload(new Float64Array(values.length), [values.length, 1]);
    const iterates = { cross: { x: zero(x), y: zero(y) }, self: { x: zero(x) } };
    return yield* roundedDirections(problem, pair, frame, 0.01, iterates, ['x']);
  })();
  try {
    return (await runAsync(task)).x;
  } finally {
    space.releaseAll();
  }
}

it('is the last digit over the distance to where mass goes, and nothing of points in one place', async () => {
  const far = await roundingsOf([0, 1], [1e-3, 1]);
  // Half of the mass goes as far as 1e-3, the other half nowhere.
  expect(far).toBeCloseTo((0.5 * DIGIT) / 1e-3, 10);
  expect(await roundingsOf([0, 1], [0, 1])).toBeLessThan(1e-9);
});

it('is all there can be for points that fall together in float32', async () => {
  const found = await roundingsOf([0, 0.3, 1], [0, 0.3 + 1e-9, 1]);
  expect(found).toBeGreaterThan(2 / 3);
  expect(found).toBeLessThan(4 / 3 + 1e-6);
});
