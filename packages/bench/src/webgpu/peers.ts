import type { CloudPair } from '../clouds/problems.js';
import { type DenseResult, denseDivergenceLater } from '../peers/denseDivergence.js';
import { jaxTools } from '../peers/jaxTools.js';
import { tfjsOps } from '../peers/tfjsOps.js';

type Divergence = (clouds: CloudPair, epsilons: readonly number[]) => Promise<DenseResult>;

/** The libraries compared with, on their WebGPU backends: what starts them. */
export const webgpuPeers = {
  async tfjs(dimension) {
    const tf = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-webgpu');
    if (!(await tf.setBackend('webgpu'))) throw new Error('the WebGPU backend of TensorFlow.js does not start');
    const tools = tfjsOps(dimension);
    return (clouds, epsilons) => denseDivergenceLater(tools, clouds, epsilons);
  },
  async jax(dimension) {
    const tools = await jaxTools('webgpu', dimension);
    return (clouds, epsilons) => denseDivergenceLater(tools, clouds, epsilons);
  },
} as const satisfies Record<string, (dimension: number) => Promise<Divergence>>;

export type WebgpuPeerName = keyof typeof webgpuPeers;
