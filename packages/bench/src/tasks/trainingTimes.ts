import { sinkhornDivergence } from '@sinkhorn/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { onBackend, type ReadableBackend } from '../backends/onBackend.js';
import { DIMENSION } from '../clouds/dimension.js';
import { problems } from '../clouds/problems.js';
import { differences } from '../measuring/differences.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import { schedule } from '../methods/schedule.js';
import { type DenseResult, denseDivergence } from '../peers/denseDivergence.js';
import { tfjsTools } from '../peers/tfjsTools.js';
import { optionsOf } from './measures.js';

export interface TrainingTimes extends Repetition {
  readonly n: number;
  readonly threads: number;
}

export interface TrainingTime {
  /** Medians, in seconds: of the dense formulation, and of the op on one thread and on all. */
  readonly dense: number;
  readonly one: number;
  readonly all: number;
  /** The medians, over rounds, of the dense step's time over the op's in the same round. */
  readonly againstOne: number;
  readonly againstAll: number;
  readonly runs: number;
  /** Numbers in the largest tensor that a step makes. */
  readonly denseLargest: number;
  readonly largest: number;
  /** Relative difference of the points after the step. */
  readonly difference: number;
}

const problem = problems['sphere, cube'];
/** What a difference in rounding may come to after a step; more is a difference in what is computed. */
const AGREEMENT = 1e-3;
const LEARNING_RATE = 0.05;

/** Times a step of training of a cloud of points, on tfjs's WebAssembly backend: dense in ops of tfjs, and by the op, in turn. */
export async function trainingTimes({ n, threads, ...repetition }: TrainingTimes): Promise<TrainingTime> {
  const dense = await denseStep(n);
  return await onBackend({ name: 'wasm', threads: 1 }, (single) =>
    onBackend({ name: 'wasm', threads }, async (several) => {
      const [one, all] = [opStep(single, n), opStep(several, n)];
      const courses = inTurn(repetition, { one, all, dense });
      const { relative } = differences(courses.dense.result, courses.one.result);
      if (relative > AGREEMENT) throw new Error(`after a step points differ by ${relative}`);
      return {
        dense: median(courses.dense.seconds),
        one: median(courses.one.seconds),
        all: median(courses.all.seconds),
        againstOne: timeRatio(courses.dense, courses.one),
        againstAll: timeRatio(courses.dense, courses.all),
        runs: courses.one.seconds.length,
        denseLargest: await largestTensor(dense),
        largest: await largestTensor(one),
        difference: relative,
      };
    }),
  );
}

/** A step from the same points each time, which gives the points after it. */
function stepper(n: number, gradient: (x: tf.Variable, y: tf.Tensor2D) => tf.Tensor): () => Float32Array {
  const clouds = problem.clouds(n);
  const start = tf.tensor2d(clouds.x, [n, DIMENSION]);
  const y = tf.tensor2d(clouds.y, [n, DIMENSION]);
  const x = tf.variable(start);
  const optimizer = tf.train.sgd(LEARNING_RATE * n);
  return () => {
    x.assign(start);
    tf.tidy(() => optimizer.applyGradients({ [x.name]: gradient(x, y) }));
    return x.dataSync<'float32'>().slice();
  };
}

async function denseStep(n: number): Promise<() => Float32Array> {
  const tools = await tfjsTools();
  return stepper(n, (x, y) => {
    const clouds = { x: x.dataSync<'float32'>(), y: y.dataSync<'float32'>() };
    const result: DenseResult = denseDivergence(tools, clouds, schedule(clouds, problem));
    return tf.tensor2d(result.gradient, [n, DIMENSION]);
  });
}

function opStep(backend: ReadableBackend, n: number): () => Float32Array {
  const options = { backend, ...optionsOf(problem), scaling: 0.5, tolerance: null, wrt: 'x' } as const;
  return stepper(n, (x, y) => {
    const { grads } = tf.variableGrads(() => sinkhornDivergence(x, y, options), [x]);
    return grads[x.name];
  });
}

async function largestTensor(step: () => unknown): Promise<number> {
  const { kernels } = await tf.profile(() => {
    step();
  });
  return Math.max(...kernels.flatMap(({ outputShapes }) => outputShapes.map((shape) => tf.util.sizeFromShape(shape))));
}

/** Takes one step alone, and gives how many numbers came of it. */
export async function trainingStep(by: 'dense' | 'op', n: number): Promise<number> {
  const dense = await denseStep(n);
  if (by === 'dense') return dense().length;
  return await onBackend({ name: 'wasm' }, (backend) => opStep(backend, n)().length);
}
