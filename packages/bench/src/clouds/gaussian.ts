import { normalDraw } from './counterDraws.js';
import { DIMENSION } from './dimension.js';

/** Normally distributed points: `deviation` along each axis, around (centre, centre, centre). */
export function gaussian(n: number, stream: number, centre: number, deviation: number): Float32Array {
  return Float32Array.from({ length: n * DIMENSION }, (_, index) => centre + deviation * normalDraw(stream, index));
}
