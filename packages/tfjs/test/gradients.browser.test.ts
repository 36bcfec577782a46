import { type WasmBackend, wasm } from '@sinkhorn/backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe } from 'vitest';
import { CONVERGED, opsWith, testGradients } from './support/gradientTests.js';

const folder = '/packages/tfjs/node_modules/@tensorflow/tfjs-backend-wasm/dist/';
let backend: WasmBackend;

beforeAll(async () => {
  setWasmPaths(new URL(folder, location.origin).href);
  backend = await wasm({ precision: 'float64' });
});
afterAll(() => backend.dispose());

describe.each(['webgl', 'wasm'])('on the %s backend of tfjs, in a page', (name) => {
  beforeAll(async () => {
    if (!(await tf.setBackend(name))) throw new Error(`${name} does not start`);
  });
  testGradients(() => backend, opsWith(CONVERGED));
});
