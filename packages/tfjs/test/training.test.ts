import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { wasm } from '@sinkhorn/backend-wasm';
import { energyDistance, sinkhornDivergence } from '@sinkhorn/tfjs';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { spread } from './support/gradientTests.js';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Rounds of some hundred steps in which a process that other tests share may be busy with itself. */
const MOST_ROUNDS = 10;

/** What the process holds once all garbage is gone, in megabytes. */
function held(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

test('a thousand steps of training hold no more than the first few hundred', async () => {
  await tf.setBackend('cpu');
  const backend = await wasm({ threads: 1 });
  const x = tf.variable(tf.tensor2d(spread(60, 0), [30, 2]));
  const scores = tf.variable(tf.zeros([30]));
  const y = tf.tensor2d(spread(50, 0.3), [25, 2]);
  const optimizer = tf.train.adam(0.01);
  const step = () =>
    optimizer.minimize(() => {
      const weights = { x: tf.softmax(scores) };
      const transport = sinkhornDivergence(x, y, { backend, blur: 0.2, tolerance: null, weights });
      const energy = energyDistance(x, y, { backend, weights });
      return tf.add(transport, energy);
    });
  // Engines compile what they run for some hundred steps.
  for (let k = 0; k < 400; k++) step();
  const before = { tensors: tf.memory().numTensors, bytes: tf.memory().numBytes, used: backend.memory() };
  // What leaks leaks all the time; what else this process does, such as compiling, it does now and then.
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_ROUNDS && (round < 3 || least >= 1); round++) {
    const earlier = held();
    for (let k = 0; k < 334; k++) step();
    least = Math.min(least, held() - earlier);
  }
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(tf.memory().numBytes).toBe(before.bytes);
  expect(backend.memory()).toEqual(before.used);

  expect(least).toBeLessThan(1);
  backend.dispose();
});
