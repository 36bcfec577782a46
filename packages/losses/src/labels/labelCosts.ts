import { type CheckedMeasure, InvalidMeasureError, InvalidOptionError, type Task } from '@sinkhorn/core';
import { chunked, pause } from '@sinkhorn/core/extend';
import {
  type CheckedGaussian,
  checkGaussian,
  gaussianDivergence,
  symmetricEigenChunked,
} from '@sinkhorn/core/gaussian';
import { checkedMatrix, checkSelfMatrix } from '../matrix/checkedMatrix.js';

type Numbers = ArrayLike<number>;

/**
 * What it costs to go from a label to another one: a symmetric matrix [K, K] that the labels of both sides index; or from the Gaussians
 * of the classes, with labels of x and y apart: 'bures' half of their squared Bures-Wasserstein distance (Alvarez-Melis and Fusi 2020),
 * 'hilbert' (|m - m'|^2 + |A^(1/2) - B^(1/2)|^2) / 2, which is the same where covariances commute and always positive definite.
 */
export type LabelCost = Numbers | readonly Numbers[] | 'bures' | 'hilbert';

/** Costs between the labels that two measures have. */
export interface LabelCosts {
  /** [K, K] */
  readonly matrix: Float64Array;
  readonly classes: number;
  /** Where the label of each point stands in it. */
  readonly places: Readonly<Record<'x' | 'y', Uint32Array>>;
}

/** A measure with a label for each point. */
export interface LabelledPoints {
  readonly measure: CheckedMeasure;
  readonly labels: Numbers;
  readonly largest: number;
}

/** The costs between the labels of two measures. */
export function* labelCosts(cost: LabelCost, x: LabelledPoints, y: LabelledPoints, ridge: number): Task<LabelCosts> {
  if (cost === 'bures' || cost === 'hilbert') return yield* fromGaussians(cost, x, y, ridge);
  if (typeof cost === 'string') {
    throw new InvalidOptionError(`labelCost is '${cost}': give 'bures', 'hilbert' or a matrix`);
  }
  const nested = typeof cost?.[0] === 'object';
  const count = nested ? cost.length : Math.sqrt(cost?.length ?? Number.NaN);
  const matrix = checkedMatrix('labelCost', cost, [count, count]);
  checkSelfMatrix('labelCost', matrix, count);
  for (const { labels, largest, measure } of [x, y]) {
    if (largest < count) continue;
    const index = Array.prototype.indexOf.call(labels, largest);
    throw new InvalidMeasureError(
      `${measure.name}.labels[${index}] is ${largest}, and labelCost has ${count} rows: give it one row for each label`,
    );
  }
  return {
    matrix: matrix.values,
    classes: count,
    places: { x: yield* placesOf(x.labels), y: yield* placesOf(y.labels) },
  };
}

function* placesOf(labels: Numbers, place = (label: number) => label): Task<Uint32Array> {
  const places = new Uint32Array(labels.length);
  yield* chunked(labels.length, (from, to) => {
    for (let k = from; k < to; k++) places[k] = place(labels[k]);
  });
  return places;
}

function* fromGaussians(
  kind: 'bures' | 'hilbert',
  x: LabelledPoints,
  y: LabelledPoints,
  ridge: number,
): Task<LabelCosts> {
  const [ofX, ofY] = [yield* gaussiansOf(x, ridge), yield* gaussiansOf(y, ridge)];
  const gaussians = [...ofX.gaussians, ...ofY.gaussians];
  const classes = gaussians.length;
  const matrix = new Float64Array(classes * classes);
  for (let k = 0; k < classes; k++) {
    yield* pause();
    for (let l = 0; l < k; l++) {
      const cost =
        kind === 'bures'
          ? gaussianDivergence(gaussians[k], gaussians[l], 0).value
          : hilbert(gaussians[k], gaussians[l]);
      matrix[k * classes + l] = cost;
      matrix[l * classes + k] = cost;
    }
  }
  return {
    matrix,
    classes,
    places: { x: ofX.places, y: yield* placesOf(ofY.places, (place) => place + ofX.gaussians.length) },
  };
}

const squares = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0);
const hilbert = (a: CheckedGaussian, b: CheckedGaussian) => (squares(a.mean, b.mean) + squares(a.root, b.root)) / 2;

/** Products between two places where a task can be interrupted: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const PRODUCTS_AT_ONCE = 2 ** 20;

/** Mean and covariance of each class that has points with weight, with a ridge on the diagonal; and the class of each point. */
function* gaussiansOf({ measure, labels }: LabelledPoints, ridge: number) {
  const { points, weights, dimension, name } = measure;
  const found = new Set<number>();
  yield* chunked(labels.length, (from, to) => {
    for (let i = from; i < to; i++) found.add(labels[i]);
  });
  const known = [...found].sort((a, b) => a - b);
  const placeOf = new Map(known.map((label, place) => [label, place]));
  const places = yield* placesOf(labels, (label) => placeOf.get(label) ?? 0);
  const masses = new Float64Array(known.length);
  const means = known.map(() => new Float64Array(dimension));
  const covariances = known.map(() => new Float64Array(dimension * dimension));
  // A class without any weight is none of the mass that is moved: its points count alike.
  const totals = new Float64Array(known.length);
  yield* chunked(places.length, (from, to) => {
    for (let i = from; i < to; i++) totals[places[i]] += weights[i];
  });
  const shareOf = (i: number) => (totals[places[i]] > 0 ? weights[i] : 1);
  yield* chunked(places.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const [mean, share] = [means[places[i]], shareOf(i)];
      masses[places[i]] += share;
      for (let c = 0; c < dimension; c++) mean[c] += share * points[i * dimension + c];
    }
  });
  means.forEach((mean, place) => {
    for (let c = 0; c < dimension; c++) mean[c] /= masses[place];
  });
  const off = new Float64Array(dimension);
  const spread = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const place = places[i];
      const [share, mean, covariance] = [shareOf(i) / masses[place], means[place], covariances[place]];
      for (let c = 0; c < dimension; c++) off[c] = points[i * dimension + c] - mean[c];
      for (let c = 0; c < dimension; c++) {
        for (let d = 0; d < dimension; d++) covariance[c * dimension + d] += share * off[c] * off[d];
      }
    }
  };
  yield* chunked(places.length, spread, Math.ceil(PRODUCTS_AT_ONCE / dimension ** 2));
  const gaussians = known.map((label, place) => {
    for (let c = 0; c < dimension; c++) covariances[place][c * (dimension + 1)] += ridge;
    return checkGaussian(`class ${label} of ${name}`, { mean: means[place], covariance: covariances[place] });
  });
  return { gaussians, places };
}

/** The least eigenvalue of exp(-cost / eps): where it is below 0 a divergence may be too. */
export function* leastEigenvalue({ matrix, classes }: LabelCosts, epsilon: number): Task<number> {
  const weights = matrix.map((cost) => Math.exp(-cost / epsilon));
  return Math.min(...(yield* symmetricEigenChunked(weights, classes)).values);
}
