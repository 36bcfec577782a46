import { normalDraw } from './counterDraws.js';
import { DIMENSION } from './dimension.js';

/** Corners of the unit cube at the same distance from each other. */
const CENTRES = [
  [0, 0, 0],
  [1, 1, 0],
  [1, 0, 1],
  [0, 1, 1],
];
const DEVIATION = 0.05;

/** Four tight clusters far apart, holding the given shares of the points. */
export function clusters(n: number, stream: number, shares: readonly number[]): Float32Array {
  const points = new Float32Array(n * DIMENSION);
  for (let index = 0; index < n; index++) {
    const centre = CENTRES[clusterAt((index + 0.5) / n, shares)];
    for (let component = 0; component < DIMENSION; component++) {
      const at = index * DIMENSION + component;
      points[at] = centre[component] + DEVIATION * normalDraw(stream, at);
    }
  }
  return points;
}

function clusterAt(fraction: number, shares: readonly number[]): number {
  let end = 0;
  const found = shares.findIndex((share) => {
    end += share;
    return fraction < end;
  });
  return found < 0 ? shares.length - 1 : found;
}
