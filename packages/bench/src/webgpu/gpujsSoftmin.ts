import { GPU } from 'gpu.js';
import type { KernelInput } from '../kernels/kernelInput.js';
import { softminProblem } from '../kernels/softmin.js';

// As text: what bundlers make of a function is not what gpu.js can read.
const SOURCE = `function softmin(x, y, h) {
  let largest = -3.0e38;
  let total = 0.0;
  for (let j = 0; j < this.constants.columns; j++) {
    let square = 0.0;
    for (let d = 0; d < this.constants.dimension; d++) {
      const difference = x[this.thread.x * this.constants.dimension + d] - y[j * this.constants.dimension + d];
      square += difference * difference;
    }
    const score = h[j] - square * this.constants.factor;
    if (score > largest) {
      total = total * Math.exp(largest - score) + 1.0;
      largest = score;
    } else {
      total += Math.exp(score - largest);
    }
  }
  return -this.constants.epsilon * (largest + Math.log(total));
}`;

/** What runs the naive kernel in the WebGPU mode of gpu.js, and reads the result; the arrays are uploaded each time. */
export function gpujsSoftmin(input: KernelInput): () => Promise<Float32Array> {
  const { x, y, dimension, h, epsilon } = softminProblem(2, input);
  const gpu = new GPU({ mode: 'webgpu' });
  const kernel = gpu.createKernel(SOURCE, {
    output: [x.length / dimension],
    constants: { columns: h.length, dimension, epsilon, factor: 0.5 / epsilon },
  });
  kernel.setLoopMaxIterations(h.length);
  const given = [x, y, h].map((values) => Float32Array.from(values));
  return async () => (await kernel(...given)) as Float32Array;
}
