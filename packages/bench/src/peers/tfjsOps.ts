import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { DenseTools } from './denseTools.js';

/** TensorFlow.js on the backend that it is set to. */
export function tfjsOps(dimension: number): DenseTools<Tensor, Tensor> {
  const points = (values: Float32Array) => tf.tensor2d(values, [values.length / dimension, dimension]);
  // Matrices are freed as soon as they are used: a tidy of it all would keep them to its end.
  const scores = (costs: Tensor, potential: Tensor | undefined, epsilon: number) => {
    const logWeight = -Math.log(costs.shape[1] ?? 1);
    const ofColumn = potential ? tf.tidy(() => tf.add(tf.div(potential, epsilon), logWeight)) : tf.scalar(logWeight);
    const ofPair = tf.mul(costs, -1 / epsilon);
    const result = tf.add(ofPair, ofColumn);
    tf.dispose([ofColumn, ofPair]);
    return result;
  };
  const logSumExp = (costs: Tensor, potential: Tensor | undefined, epsilon: number) => {
    const score = scores(costs, potential, epsilon);
    const result = tf.logSumExp(score, 1);
    score.dispose();
    return result;
  };
  const softmin = (costs: Tensor, potential: Tensor | undefined, epsilon: number) =>
    tf.tidy(() => tf.mul(logSumExp(costs, potential, epsilon), -epsilon));
  return {
    costs: (rows, columns) =>
      tf.tidy(() => {
        const [x, y] = [points(rows), points(columns)];
        const halfSquares = (cloud: Tensor, axis: number) =>
          tf.expandDims(tf.mul(tf.sum(tf.square(cloud), 1), 0.5), axis);
        return tf.sub(tf.add(halfSquares(x, 1), halfSquares(y, 0)), tf.matMul(x, y, false, true));
      }),
    softmin,
    average: (costs, potential, previous, epsilon) =>
      tf.tidy(() => tf.mul(tf.add(previous, softmin(costs, potential, epsilon)), 0.5)),
    gradient: (costs, potential, epsilon, { rows, columns }) => {
      const score = scores(costs, potential, epsilon);
      const total = tf.logSumExp(score, 1, true);
      const shifted = tf.sub(score, total);
      score.dispose();
      const plan = tf.exp(shifted);
      shifted.dispose();
      const results = tf.tidy(() => {
        const x = points(rows);
        return {
          potential: tf.mul(total, -epsilon),
          gradient: tf.div(tf.sub(x, tf.matMul(plan, points(columns))), x.shape[0]),
        };
      });
      tf.dispose([total, plan]);
      return results;
    },
    read: (array) => array.dataSync<'float32'>(),
    readLater: (array) => array.data<'float32'>(),
    // Operations are done, or on their way, as they are called.
    async ready() {},
    free: (array) => array.dispose(),
  };
}
