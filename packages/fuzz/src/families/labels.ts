import { labelledDivergence } from '@sinkhorn/losses/labels';
import { labelled, powerCost } from '../oracle/costs.js';
import { type Answer, answer } from '../oracle/oracle.js';
import { resultOf } from '../result.js';
import type { Trial } from '../trial.js';
import { cloudTrial, optionsOf } from './cloudTrial.js';
import { largestCost } from './ownCosts.js';
import { type Problem, problem } from './problem.js';
import { random } from './random.js';

const MOST_CLASSES = 5;

/** Clouds with labels, and what one label costs from another. */
export function labels(seed: number, index: number): Trial {
  const chance = random(seed, index, 'labels');
  const given = problem(seed, index);
  const classes = chance.whole(1, MOST_CLASSES);
  const size = largestCost(given, powerCost(given.p)) * chance.logarithmic(1e-3, 1e2);
  const isMetric = chance.uniform() < 0.5;
  const places = Array.from({ length: classes }, () => [chance.normal(), chance.normal()]);
  const matrix = new Float64Array(classes * classes);
  for (let k = 0; k < classes; k++) {
    for (let l = 0; l < k; l++) {
      const length = Math.hypot(places[k][0] - places[l][0], places[k][1] - places[l][1]);
      matrix[k * classes + l] = size * (isMetric ? length : chance.uniform());
      matrix[l * classes + k] = matrix[k * classes + l];
    }
  }
  const isGrouped = chance.uniform() < 0.5;
  const label = (_: unknown, i: number) => (isGrouped ? i % classes : chance.whole(0, classes - 1));
  const [ofX, ofY] = [Array.from(given.a, label), Array.from(given.b, label)];
  const { dimension, x, y, a, b } = given;
  const asked: Problem = {
    ...given,
    dimension: dimension + 1,
    x: withLabels(x, ofX, dimension),
    y: withLabels(y, ofY, dimension),
    cost: labelled(powerCost(given.p), matrix, classes),
  };
  const plain = cloudTrial(given);
  const rows = Array.from({ length: classes }, (_, k) => matrix.subarray(k * classes, (k + 1) * classes));
  return cloudTrial(given, {
    id: `labels-${given.id}`,
    family: 'labels',
    scales: { ...plain.scales, cost: plain.scales.cost + Math.max(...matrix) },
    truth(rounding) {
      const { value, valueError, points, weights }: Answer = answer({ ...asked, rounding });
      const bare = points.values.filter((_, k) => k % (dimension + 1) < dimension);
      return { values: [{ value, error: valueError }], points: { ...points, values: bare }, weights };
    },
    async solve(library) {
      const loss = labelledDivergence({
        ...(optionsOf(given, library) as object as { backend: typeof library.backend }),
        blur: given.blur,
        p: given.p,
        labelCost: rows,
        onInaccurate: 'ignore',
      });
      const { x: gradient, ...told } = await loss.valueAndGradients(
        { points: x, dimension, weights: a, labels: ofX },
        { points: y, dimension, weights: b, labels: ofY },
      );
      return resultOf(told, gradient);
    },
    features: { labels: `${classes} ${isMetric ? 'metric' : 'any'}` },
  });
}

const withLabels = (points: Float32Array | Float64Array, labels: number[], dimension: number): Float64Array =>
  Float64Array.from(labels.flatMap((label, i) => [...points.subarray(i * dimension, (i + 1) * dimension), label]));
