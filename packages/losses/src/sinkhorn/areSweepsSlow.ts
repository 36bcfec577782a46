import { type Backend, diameter, type MeasurePair } from '@sinkhorn/core';
import type { SinkhornContext } from './sinkhornContext.js';

/**
 * Where the largest cost is so many temperatures, Newton's method is faster than sweeps at any accuracy: 256 blurs to the diameter for p = 2.
 * Raising it keeps sweeps first at smaller blurs. Found on uniform points and clusters, 1000 and 3000, in 2 to 10 dimensions.
 */
const COLD = 256 ** 2 / 2;
/** The same where a high accuracy is asked: 64 blurs. Likewise. */
const COOL = 64 ** 2 / 2;
/** From this accuracy, or this marginal error, on it counts as high. Likewise. */
const ACCURATE = 1e-5;

/**
 * Whether sweeps over all pairs would be slower than Newton's method on the host, at what is known before either begins. Where the backend has no
 * float64 it is a graphics card, whose sweeps cost next to nothing.
 */
export function areSweepsSlow(
  backend: Backend,
  pair: MeasurePair,
  { homogeneous, p, blur, accuracy, tolerance }: SinkhornContext['problem'],
): boolean {
  if (!homogeneous || (backend.precision === 'float32' && !backend.inFloat64)) return false;
  const asked = Math.min(accuracy, tolerance ?? accuracy);
  return (diameter([pair.x, pair.y]) / blur) ** p / p >= (asked <= ACCURATE ? COOL : COLD);
}
