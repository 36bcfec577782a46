import { type Cost, formula, InvalidFormulaError, InvalidOptionError } from '@sinkhorn/core';
import { checkNames, checkPositive } from '../checkOptions.js';

const { add, atan2, component, cos, max, mul, sin, sqrt, square, sub } = formula;

export interface GreatCircleOptions {
  /** The radius of the sphere, in the unit that the cost has. Default 6371.0088, the Earth's mean radius in kilometres. */
  readonly radius?: number;
}

const EARTH = 6371.0088;
const RADIANS = Math.PI / 180;
/**
 * What rounding leaves of h where longitudes are whole turns apart: counted as a distance, some nanometres on the Earth, it would have a gradient
 * of full length in any direction. Raising it takes points that are close for one.
 */
const TURNS = 1e-29;

/**
 * The distance along a sphere between points that are [latitude, longitude] in degrees, as the cost of a loss: by the haversine formula,
 * which keeps its digits for points that are close. Longitudes may be of any turn. Gradients are a degree's, and 0 where points coincide.
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
    const [latitudeX, latitudeY] = [x, y].map((point) => mul(RADIANS, component(point, 0)));
    const [north, east] = [0, 1].map((axis) => mul(RADIANS / 2, sub(component(x, axis), component(y, axis))));
    const across = mul(mul(cos(latitudeX), cos(latitudeY)), square(sin(east)));
    const h = max(sub(add(square(sin(north)), across), TURNS), 0);
    // Rounding may leave a little less than 0 at the antipodes.
    return mul(2 * radius, atan2(sqrt(h), sqrt(max(sub(1, h), 0))));
  };
}
