import type { Tensor } from '@tensorflow/tfjs-core';
import { DIMENSION } from '../clouds/dimension.js';
import type { DenseTools } from './denseTools.js';

/** TensorFlow.js on its WebAssembly backend; loaded here, so that other measurements do without. */
export async function tfjsTools(): Promise<DenseTools<Tensor, Tensor>> {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend of TensorFlow.js does not start');
  const { tfjsOps } = await import('./tfjsOps.js');
  return tfjsOps(DIMENSION);
}
