import { type CheckedMeasure, InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import { type CheckedGaussian, checkGaussian, gaussianDivergence, symmetricEigen } from '@sinkhorn/core/gaussian';
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
export function labelCosts(cost: LabelCost, x: LabelledPoints, y: LabelledPoints, ridge: number): LabelCosts {
  if (cost === 'bures' || cost === 'hilbert') return fromGaussians(cost, x, y, ridge);
  if (typeof cost === 'string') {
    throw new InvalidOptionError(`labelCost is '${cost}': give 'bures', 'hilbert' or a matrix`);
  }
  const nested = typeof cost?.[0] === 'object';
  const count = nested ? cost.length : Math.sqrt(cost?.length ?? Number.NaN);
  const matrix = checkedMatrix('labelCost', cost, [count, count]);
  checkSelfMatrix('labelCost', matrix, count);
  for (const { labels, largest, measure } of [x, y]) {
    if (largest < count) continue;
    const index = Array.from(labels).indexOf(largest);
    throw new InvalidMeasureError(
      `${measure.name}.labels[${index}] is ${largest}, and labelCost has ${count} rows: give it one row for each label`,
    );
  }
  return {
    matrix: matrix.values,
    classes: count,
    places: { x: Uint32Array.from(x.labels), y: Uint32Array.from(y.labels) },
  };
}

function fromGaussians(kind: 'bures' | 'hilbert', x: LabelledPoints, y: LabelledPoints, ridge: number): LabelCosts {
  const [ofX, ofY] = [x, y].map((side) => gaussiansOf(side, ridge));
  const gaussians = [...ofX.gaussians, ...ofY.gaussians];
  const classes = gaussians.length;
  const matrix = new Float64Array(classes * classes);
  for (let k = 0; k < classes; k++) {
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
    places: { x: ofX.places, y: ofY.places.map((place) => place + ofX.gaussians.length) },
  };
}

const squares = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0);
const hilbert = (a: CheckedGaussian, b: CheckedGaussian) => (squares(a.mean, b.mean) + squares(a.root, b.root)) / 2;

/** Mean and covariance of each class that has points with weight, with a ridge on the diagonal; and the class of each point. */
function gaussiansOf({ measure, labels }: LabelledPoints, ridge: number) {
  const { points, weights, dimension, name } = measure;
  const known = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const placeOf = new Map(known.map((label, place) => [label, place]));
  const places = Uint32Array.from(labels, (label) => placeOf.get(label) ?? 0);
  const masses = new Float64Array(known.length);
  const means = known.map(() => new Float64Array(dimension));
  const covariances = known.map(() => new Float64Array(dimension * dimension));
  // A class without any weight is none of the mass that is moved: its points count alike.
  const totals = new Float64Array(known.length);
  for (const [i, place] of places.entries()) totals[place] += weights[i];
  const shares = Float64Array.from(places, (place, i) => (totals[place] > 0 ? weights[i] : 1));
  for (const [i, place] of places.entries()) {
    masses[place] += shares[i];
    for (let c = 0; c < dimension; c++) means[place][c] += shares[i] * points[i * dimension + c];
  }
  means.forEach((mean, place) => {
    for (let c = 0; c < dimension; c++) mean[c] /= masses[place];
  });
  for (const [i, place] of places.entries()) {
    const share = shares[i] / masses[place];
    const off = (c: number) => points[i * dimension + c] - means[place][c];
    for (let c = 0; c < dimension; c++) {
      for (let d = 0; d < dimension; d++) covariances[place][c * dimension + d] += share * off(c) * off(d);
    }
  }
  const gaussians = known.map((label, place) => {
    for (let c = 0; c < dimension; c++) covariances[place][c * (dimension + 1)] += ridge;
    return checkGaussian(`class ${label} of ${name}`, { mean: means[place], covariance: covariances[place] });
  });
  return { gaussians, places };
}

/** The least eigenvalue of exp(-cost / eps): where it is below 0 a divergence may be too. */
export function leastEigenvalue({ matrix, classes }: LabelCosts, epsilon: number): number {
  return Math.min(
    ...symmetricEigen(
      matrix.map((cost) => Math.exp(-cost / epsilon)),
      classes,
    ).values,
  );
}
