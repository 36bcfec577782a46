import { InvalidMeasureError } from '../../errors.js';
import {
  matrixFunction,
  product,
  type SymmetricEigen,
  symmetric,
  symmetricEigen,
} from '../../linear/symmetricEigen.js';
import { LARGEST_LENGTH, RESCALE } from '../../measure/measure.js';

type Numbers = ArrayLike<number>;

/** A normal distribution: its mean, and its covariance as rows or flat, row by row. */
export interface Gaussian {
  /** [D] */
  readonly mean: Numbers;
  /** [D, D], symmetric, without negative eigenvalues. */
  readonly covariance: Numbers | readonly Numbers[];
}

/** A normal distribution that was checked. */
export interface CheckedGaussian {
  readonly name: string;
  readonly size: number;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  /** The square root of the covariance. */
  readonly root: Float64Array;
  readonly trace: number;
}

/** How far a matrix may be from symmetric, and eigenvalues below 0, relative to the largest entry: the rounding of an estimate. */
const ROUNDING = 1e-10;

/** @throws InvalidMeasureError naming `name`, the entry and the remedy. */
export function checkGaussian(name: string, gaussian: Gaussian, dimension?: number): CheckedGaussian {
  if (typeof gaussian !== 'object' || gaussian === null || !gaussian.mean || !gaussian.covariance) {
    throw new InvalidMeasureError(`${name} is no Gaussian: give { mean, covariance }`);
  }
  const mean = Float64Array.from(gaussian.mean);
  const size = mean.length;
  if (size === 0) throw new InvalidMeasureError(`${name}.mean is empty: give one number for each coordinate`);
  if (dimension !== undefined && size !== dimension) {
    throw new InvalidMeasureError(`${name} has dimension ${size}, not ${dimension}: give all Gaussians the same`);
  }
  const covariance = flattened(`${name}.covariance`, gaussian.covariance, size);
  for (const [list, values] of [
    ['mean', mean],
    ['covariance', covariance],
  ] as const) {
    const most = list === 'mean' ? LARGEST_LENGTH : LARGEST_LENGTH ** 2;
    const index = values.findIndex((value) => !(Math.abs(value) <= most));
    if (index < 0) continue;
    const place = list === 'mean' ? `${index}` : `${Math.floor(index / size)}][${index % size}`;
    const remedy = Number.isFinite(values[index]) ? RESCALE : 'give finite numbers';
    throw new InvalidMeasureError(`${name}.${list}[${place}] is ${values[index]}: ${remedy}`);
  }
  const largest = covariance.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let k = 0; k < covariance.length; k++) {
    const [i, j] = [Math.floor(k / size), k % size];
    if (Math.abs(covariance[k] - covariance[j * size + i]) <= ROUNDING * largest) continue;
    throw new InvalidMeasureError(
      `${name}.covariance is not symmetric: it has ${covariance[k]} at [${i}][${j}] and ${covariance[j * size + i]} at [${j}][${i}]`,
    );
  }
  const even = symmetric(covariance, size);
  const eigen = symmetricEigen(even, size);
  const least = Math.min(...eigen.values);
  if (least < -ROUNDING * largest) {
    throw new InvalidMeasureError(
      `${name}.covariance has the eigenvalue ${least}: a covariance has none below 0; add -${least} or more to its diagonal`,
    );
  }
  const trace = eigen.values.reduce((sum, value) => sum + Math.max(0, value), 0);
  return {
    name,
    size,
    mean,
    covariance: even,
    root: matrixFunction(eigen, (value) => Math.sqrt(Math.max(0, value))),
    trace,
  };
}

function flattened(name: string, given: Gaussian['covariance'], size: number): Float64Array {
  if (typeof given[0] !== 'object') {
    if (given.length === size * size) return Float64Array.from(given as Numbers);
    throw new InvalidMeasureError(`${name} has ${given.length} numbers: give ${size} x ${size}, row by row`);
  }
  const matrix = new Float64Array(size * size);
  if (given.length !== size)
    throw new InvalidMeasureError(`${name} has ${given.length} rows: give ${size}, as the mean has`);
  (given as readonly Numbers[]).forEach((row, i) => {
    if (row?.length !== size) {
      throw new InvalidMeasureError(`${name}[${i}] has ${row?.length} numbers: give ${size}, as the mean has`);
    }
    matrix.set(row, i * size);
  });
  return matrix;
}

/** The eigenvalues and vectors of B^(1/2) A B^(1/2). @throws InvalidMeasureError where its entries would vanish. */
export function between(a: CheckedGaussian, b: CheckedGaussian): SymmetricEigen {
  const { size } = a;
  if (a.trace > 0 && b.trace > 0 && a.trace * b.trace < 1 / LARGEST_LENGTH ** 4) {
    throw new InvalidMeasureError(
      `${a.name}.covariance and ${b.name}.covariance have the traces ${a.trace} and ${b.trace}, too little for products: ${RESCALE}`,
    );
  }
  return symmetricEigen(symmetric(product(product(b.root, a.covariance, size), b.root, size), size), size);
}

/**
 * M with E[y | x] = m_b + M (x - m_a) under the optimal plan at the temperature s^2, s the blur: B^(1/2) k(B^(1/2) A B^(1/2)) B^(1/2) with
 * k(u) = 2 / (sqrt(4 u + s^4) + s^2) (Janati, Muzellec, Peyré, Cuturi 2020, theorem 1, in the convention |x - y|^2 / 2). It needs no
 * inverse; without a blur it is the map of Bures and Wasserstein.
 *
 * @throws InvalidMeasureError without a blur where b goes where a has no width, so that there is no map.
 */
export function conditionalMap(
  a: CheckedGaussian,
  b: CheckedGaussian,
  blur: number,
  eigen = between(a, b),
): Float64Array {
  const { size } = a;
  const s = blur * blur;
  const largest = Math.max(...eigen.values, 0);
  // At a width of 0 the factor does no harm where b has none either.
  const isNull = (value: number) => s === 0 && value <= SINGULAR * largest;
  if (eigen.values.some(isNull)) checkRange(a, b, eigen, isNull);
  const inner = matrixFunction(eigen, (value) =>
    isNull(value) ? 0 : 2 / (Math.sqrt(4 * Math.max(0, value) + s * s) + s),
  );
  return symmetric(product(product(b.root, inner, size), b.root, size), size);
}

/** An eigenvalue that is 0 but for rounding, relative to the largest one. */
const SINGULAR = 1e-13;
/** A width that is 0 but for rounding, relative to the largest one. */
export const NO_WIDTH = 1e-6;

function checkRange(
  a: CheckedGaussian,
  b: CheckedGaussian,
  { values, vectors }: SymmetricEigen,
  isNull: (value: number) => boolean,
): void {
  const { size } = a;
  for (let k = 0; k < size; k++) {
    if (!isNull(values[k])) continue;
    let width = 0;
    for (let i = 0; i < size; i++) {
      let component = 0;
      for (let j = 0; j < size; j++) component += b.root[i * size + j] * vectors[j * size + k];
      width += component * component;
    }
    if (width <= NO_WIDTH ** 2 * b.trace) continue;
    throw new InvalidMeasureError(
      `${a.name}.covariance has no width where ${b.name}.covariance has some, so that no map leads from the one to the other: add some to its diagonal, or give a blur`,
    );
  }
}

/** F = -tr D + s^2 log det (D + s^2) with D = (4 u + s^4)^(1/2), but for a constant, from the eigenvalues of B^(1/2) A B^(1/2). */
export function dualTrace({ values }: SymmetricEigen, blur: number): number {
  const s = blur * blur;
  let total = 0;
  for (const value of values) {
    const u = Math.max(0, value);
    // d - s^2, without what cancels.
    const beyond = u === 0 ? 0 : (4 * u) / (Math.sqrt(4 * u + s * s) + s);
    total += (s > 0 ? s * Math.log1p(beyond / (2 * s)) : 0) - beyond;
  }
  return total;
}
