import { wasm } from '@sinkhorn/backend-wasm';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe } from 'vitest';
import { CONVERGED, opsWith, testGradients } from './support/gradientTests.js';

const backend = await wasm({ precision: 'float64', threads: 1 });

describe.each(['cpu', 'wasm'])('on the %s backend of tfjs', (name) => {
  beforeAll(async () => {
    if (!(await tf.setBackend(name))) throw new Error(`${name} does not start`);
  });
  testGradients(() => backend, opsWith(CONVERGED));
});
