import { uniformDraw } from './counterDraws.js';
import { DIMENSION } from './dimension.js';

/** Points all over the unit cube. */
export function cube(n: number, stream: number, dimension = DIMENSION): Float32Array {
  return Float32Array.from({ length: n * dimension }, (_, index) => uniformDraw(stream, index));
}
