import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { type Cloud, meanOf } from './cloud.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import type { CheckedRegistration } from './options.js';
import type { Start } from './registerAffine.js';
import { rigidMap, rivalDoubts } from './registerRigid.js';

/** Of the largest variance: a direction with less has none that a map could be told by. */
const FLAT = 1e-6;

/** The maps to and from a cloud's own axes, in which its mean is 0 and its covariance 1; none where it is flat in a direction. */
function whitening(cloud: Cloud): { readonly to: LinearMap; readonly back: LinearMap } | undefined {
  const { points, weights, dimension } = cloud;
  const mean = meanOf(cloud);
  const covariance = Matrix.zeros(dimension, dimension);
  for (const [i, weight] of weights.entries()) {
    for (let r = 0; r < dimension; r++) {
      for (let c = 0; c < dimension; c++) {
        const product = (points[i * dimension + r] - mean[r]) * (points[i * dimension + c] - mean[c]);
        covariance.set(r, c, covariance.get(r, c) + weight * product);
      }
    }
  }
  // Of a symmetric matrix without negative eigenvalues these are the eigenvectors and eigenvalues.
  const { leftSingularVectors: axes, diagonal } = new SingularValueDecomposition(covariance);
  if (!(diagonal[dimension - 1] > FLAT * diagonal[0])) return undefined;
  const scaled = (power: number) =>
    Float64Array.from(
      axes
        .mmul(Matrix.diag(diagonal.map((variance) => variance ** power)))
        .mmul(axes.transpose())
        .to1DArray(),
    );
  const matrix = scaled(-0.5);
  const shift = mapPoints({ matrix, translation: new Float64Array(dimension) }, mean);
  return {
    to: { matrix, translation: shift.map((value) => -value) },
    back: { matrix: scaled(0.5), translation: mean },
  };
}

/**
 * A map between whole clouds is a rotation between them once each is brought to a covariance of 1: that finds strong stretches, which no
 * rotation of the clouds themselves comes near. Outliers spoil covariances; the costs in the end tell which start was the better one.
 */
export async function whitenedStart(checked: CheckedRegistration): Promise<Start | undefined> {
  const [from, onto] = [whitening(checked.source), whitening(checked.target)];
  if (!from || !onto) return undefined;
  const { spread } = checked;
  // The spread of a whitened cloud.
  const share = Math.sqrt(checked.source.dimension) / spread;
  const white = (cloud: Cloud, map: LinearMap): Cloud => ({ ...cloud, points: mapPoints(map, cloud.points) });
  const placed = await rigidMap(
    {
      ...checked,
      source: white(checked.source, from.to),
      target: white(checked.target, onto.to),
      blurs: checked.blurs.map((blur) => blur * share),
      reach: undefined,
      onStep: undefined,
    },
    false,
  );
  return { map: andThen(andThen(from.to, placed.map), onto.back), doubts: rivalDoubts(placed) };
}
