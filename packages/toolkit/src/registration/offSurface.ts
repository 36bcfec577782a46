import type { Cloud } from './cloud.js';
import { localShape } from './localShape.js';
import type { Pull } from './pull.js';

/**
 * How far points are from their partners across the surface or curve that their cloud is around them, at the median of what finds a partner:
 * shifts along it hardly count. Unlike a residual it does not grow with the distance between samples, and outliers have no say.
 */
export function offSurface(cloud: Cloud, { shifts, masses }: Pick<Pull, 'shifts' | 'masses'>): number {
  const { dimension } = cloud;
  const shapes = localShape(cloud);
  const across = new Float64Array(masses.length);
  for (let i = 0; i < masses.length; i++) {
    let square = 0;
    for (let r = 0; r < dimension; r++) {
      for (let c = 0; c < dimension; c++) {
        square += shapes[(i * dimension + r) * dimension + c] * shifts[i * dimension + r] * shifts[i * dimension + c];
      }
    }
    // Rounding may leave a square of 0 a little below it.
    across[i] = Math.sqrt(Math.max(0, square));
  }
  const half = masses.reduce((sum, mass) => sum + mass, 0) / 2;
  let below = 0;
  for (const i of Array.from(masses.keys()).sort((a, b) => across[a] - across[b])) {
    below += masses[i];
    if (below >= half) return across[i];
  }
  return 0;
}

/**
 * Clouds that lie off each other's surfaces by so many times what halves of the target do are doubted. Of four wrong registrations of parts of
 * made shapes and scans, 400 points each, all had 2.1 and more; the true maps had .6 to 1.5.
 */
const OFF_SURFACE = 1.8;
/** So far off, in blurs, is within what a registration leaves: flat things have nothing else. Chosen, not measured. */
const SLIGHTLY = 0.2;

/** Whether a cloud that is so far off a surface, at the median, lies across it, where another one that lies on it is `usual` off. */
export const liesAcross = (off: number, usual: number, blur: number): boolean =>
  off > Math.max(OFF_SURFACE * usual, SLIGHTLY * blur);
