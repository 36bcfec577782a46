import { factorise } from '../../linear/cholesky.js';

/** The zeroth to second moments of a measure: its mass, its mean [D], and its covariance [D, D] over the mass. */
export interface Moments {
  readonly mass: number;
  readonly mean: readonly number[];
  readonly covariance: readonly number[];
}

/**
 * Writes 2^D points, equal parts of a measure's mass, with its mean and covariance to `into`, [2^D, D]: the corners of a cube
 * of side 2, which have mean 0, covariance 1 and no third moments, mapped by a Cholesky factor. Where the measure is about
 * even in its box, as with many points, fourth moments are nearly right as well. Gives false for what is no covariance.
 */
export function writeCorners({ mean, covariance }: Moments, into: Float64Array): boolean {
  const dimension = mean.length;
  const factor = new Float64Array(dimension * dimension);
  if (!factorise(Float64Array.from(covariance), factor, 0, dimension)) return false;
  for (let corner = 0; corner < 2 ** dimension; corner++) {
    for (let row = 0; row < dimension; row++) {
      let value = mean[row];
      for (let k = 0; k <= row; k++) value += factor[row * dimension + k] * ((corner >> k) & 1 ? 1 : -1);
      into[corner * dimension + row] = value;
    }
  }
  return true;
}

/** The moments of a measure less those of another one; their masses must differ. */
export function difference(one: Moments, two: Moments): Moments {
  const mass = one.mass - two.mass;
  const [a, b] = [one.mass / mass, two.mass / mass];
  const dimension = one.mean.length;
  return {
    mass,
    mean: one.mean.map((value, c) => a * value - b * two.mean[c]),
    covariance: one.covariance.map((value, k) => {
      const [row, column] = [Math.floor(k / dimension), k % dimension];
      const shift = (one.mean[row] - two.mean[row]) * (one.mean[column] - two.mean[column]);
      return a * value - b * two.covariance[k] - a * b * shift;
    }),
  };
}
