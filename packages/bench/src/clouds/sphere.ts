import { normalDraw } from './counterDraws.js';
import { DIMENSION } from './dimension.js';

/** Points on the sphere of radius 1/2 around the middle of the unit cube. */
export function sphere(n: number, stream: number, dimension = DIMENSION): Float32Array {
  const points = new Float32Array(n * dimension);
  for (let start = 0; start < points.length; start += dimension) {
    const direction = Array.from({ length: dimension }, (_, component) => normalDraw(stream, start + component));
    const length = Math.sqrt(direction.reduce((total, value) => total + value * value, 0));
    direction.forEach((value, component) => {
      points[start + component] = (0.5 * value) / length + 0.5;
    });
  }
  return points;
}
