import { cpu } from '@sinkhorn/backend-cpu';
import { expect, test } from 'vitest';
import { workspace } from '../../src/backend/workspace.js';
import { uploadMeasure } from '../../src/measure/deviceMeasure.js';
import { rawFrame } from '../../src/measure/frame.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { checkWeights, uploadWeights } from '../../src/measure/weights.js';

test('weights are checked as those of a measure are', () => {
  const { points, dimension, ...expected } = checkMeasure('x', { points: [1, 2, 3], dimension: 1, weights: [0, 1, 3] });
  expect(checkWeights('x', [0, 1, 3])).toEqual(expected);
  expect(checkWeights('x', [1, 3, 2, 2], 2)).toMatchObject({ batch: 2, batched: true, count: 2 });
  expect(Array.from(checkWeights('x', [1, 3, 2, 3], 2).masses)).toEqual([4, 5]);
});

test('they are on a device as those of a measure are, and nothing beside', async () => {
  const backend = cpu();
  const space = workspace(backend);
  const { points, ...expected } = uploadMeasure(
    space,
    checkMeasure('x', { points: [1, 2], dimension: 1, weights: [0, 3] }),
    rawFrame(1),
  );
  const found = uploadWeights(space, checkWeights('x', [0, 3]));
  for (const name of ['weights', 'logWeights', 'normalizedWeights'] as const) {
    expect(found[name].shape).toEqual([2, 1]);
    expect(await backend.read(found[name])).toEqual(await backend.read(expected[name]));
  }
  space.releaseAll();
});

test.each<[string, unknown, number | undefined]>([
  ['x has 0 weights: give', [], undefined],
  ['x has no weights', undefined, undefined],
  ['x has 3 weights in a batch of 2', [1, 2, 3], 2],
  ['x has 2 weights in a batch of 0', [1, 2], 0],
  ['x.weights[1] is -1', [1, -1], undefined],
  ['x.weights[1] is the text', [1, '2'], undefined],
  ['x.weights are all 0 in element 1 of the batch', [1, 2, 0, 0], 2],
])('%s', (message, weights, batch) => {
  expect(() => checkWeights('x', weights as number[], batch)).toThrow(message);
});
