import { type Cost, type Expression, formula, InvalidFormulaError, InvalidOptionError } from '@sinkhorn/core';
import { checkNames, checkPositive } from '../checkOptions.js';

const { abs, add, atan2, component, floor, max, mul, sin, sqrt, square, sub } = formula;

export interface GreatCircleOptions {
  /** The radius of the sphere, in the unit that the cost has. Default 6371.0088, the Earth's mean radius in kilometres. */
  readonly radius?: number;
}

const EARTH = 6371.0088;
const RADIANS = Math.PI / 180;
/** The sine of half of an angle in degrees. */
const sinHalf = (degrees: Expression) => sin(mul(RADIANS / 2, degrees));
/** What an angle in degrees lacks of a given one, of either sign: 0 to the last bit at the poles and at antipodes, where a cosine is not. */
const shortOf = (degrees: number, angle: Expression) => sub(degrees, abs(angle));

/**
 * The distance along a sphere between points that are [latitude, longitude] in degrees, as the cost of a loss: by the haversine formula,
 * which keeps its digits for points that are close, and for antipodes. Longitudes may be of any turn. Gradients are a degree's, and 0 where points coincide
 * or are antipodes.
 *
 * @throws InvalidOptionError for a radius that is not above 0; calls throw InvalidFormulaError for points of more than two coordinates.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { greatCircle } from '@sinkhorn/losses/costs';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), cost: greatCircle(), p: 1, blur: 10, diameter: 20_000 }); // kilometres
 * const kilometres = await loss.value([[48.8566, 2.3522]], [[40.7128, -74.006]]);
 * if (Math.abs(kilometres - 5837) > 1) throw new Error(`unexpected: ${kilometres}`);
 * ```
 */
export function greatCircle(options: GreatCircleOptions = {}): Cost {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(`greatCircle got ${String(options)}: give its radius as { radius }`);
  }
  checkNames('greatCircle', options, ['radius']);
  const { radius = EARTH } = options;
  checkPositive('radius', radius);
  return (x, y) => {
    if (x.size !== 2) {
      throw new InvalidFormulaError(
        `greatCircle got points of ${x.size} coordinates: give [latitude, longitude] in degrees`,
      );
    }
    const [latitudeX, latitudeY] = [component(x, 0), component(y, 0)];
    const turned = sub(component(x, 1), component(y, 1));
    const east = sub(turned, mul(360, floor(add(mul(1 / 360, turned), 0.5))));
    const cosine = (latitude: Expression) => sin(mul(RADIANS, shortOf(90, latitude)));
    const cosines = mul(cosine(latitudeX), cosine(latitudeY));
    /** Half of the chord that goes so far to the north and to the east, in a unit sphere. */
    const halfChord = (toNorth: Expression, toEast: Expression) =>
      sqrt(max(add(square(sinHalf(toNorth)), mul(cosines, square(sinHalf(toEast)))), 0));
    const near = halfChord(sub(latitudeX, latitudeY), east);
    const toAntipode = halfChord(add(latitudeX, latitudeY), shortOf(180, east));
    // Each keeps its digits where it is small: for points that are close, and for antipodes.
    return mul(2 * radius, atan2(near, toAntipode));
  };
}
