import { product, transposed } from '../linear/matrix.js';
import { spectrum } from '../linear/spectrum.js';
import { type Cloud, covarianceOf, meanOf } from './cloud.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import type { CheckedRegistration } from './options.js';
import { type Placed, rigidMap } from './registerRigid.js';

/** Of the largest variance: a direction with less has none that a map could be told by. */
const FLAT = 1e-6;

/** The maps to and from a cloud's own axes, in which its mean is 0 and its covariance 1; none where it is flat in a direction. */
function whitening(cloud: Cloud): { readonly to: LinearMap; readonly back: LinearMap } | undefined {
  const { dimension } = cloud;
  const mean = meanOf(cloud);
  const covariance = covarianceOf(cloud);
  const { values, vectors } = spectrum(covariance, dimension);
  if (!(values[dimension - 1] > FLAT * values[0])) return undefined;
  const power = (exponent: number) => {
    const scaled = vectors.map((value, k) => value * values[Math.floor(k / dimension)] ** exponent);
    return product(transposed(vectors, dimension), scaled, dimension);
  };
  const matrix = power(-0.5);
  const shift = mapPoints({ matrix, translation: new Float64Array(dimension) }, mean);
  return {
    to: { matrix, translation: shift.map((value) => -value) },
    back: { matrix: power(0.5), translation: mean },
  };
}

/**
 * A map between whole clouds is a rotation between them once each is brought to a covariance of 1: that finds strong stretches, which no
 * rotation of the clouds themselves comes near. Outliers spoil covariances; the costs in the end tell which start was the better one.
 */
export async function whitenedStart(checked: CheckedRegistration): Promise<Placed | undefined> {
  const [from, onto] = [whitening(checked.source), whitening(checked.target)];
  if (!from || !onto) return undefined;
  const spread = Math.sqrt(checked.source.dimension);
  const white = (cloud: Cloud, map: LinearMap): Cloud => ({ ...cloud, points: mapPoints(map, cloud.points) });
  const placed = await rigidMap(
    {
      ...checked,
      source: white(checked.source, from.to),
      target: white(checked.target, onto.to),
      spread,
      blurs: checked.blurs.map((blur) => blur * (spread / checked.spread)),
      reach: undefined,
      onStep: undefined,
    },
    false,
  );
  const unwhitened = (map: LinearMap) => andThen(andThen(from.to, map), onto.back);
  return { map: unwhitened(placed.map), ...(placed.rival && { rival: unwhitened(placed.rival) }) };
}
