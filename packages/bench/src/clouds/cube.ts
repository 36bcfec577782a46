import { uniformDraw } from './counterDraws.js';
import { DIMENSION } from './dimension.js';

/** Points all over the unit cube. */
export function cube(n: number, stream: number): Float32Array {
  return Float32Array.from({ length: n * DIMENSION }, (_, index) => uniformDraw(stream, index));
}
