import { shownNumber } from '../shownNumber.js';
import type { Cloud } from './cloud.js';

/**
 * Bends that move points by more than this share of the spread are doubted. Of 30 made bends of surfaces and blobs six left points more than
 * .4 spreads from where they belong: those had moved by .47 and more, and 7 of the other 24 by more than this too. Residuals told nothing of it.
 */
const STRONG = 0.4;

/** What is said of a bend so strong that points may have slid along the shape: the residual does not tell. `spread` is that of the target. */
export function bendDoubts(
  { weights, dimension }: Cloud,
  from: Float64Array,
  to: Float64Array,
  spread: number,
): string[] {
  const square = from.reduce((sum, value, k) => sum + weights[Math.floor(k / dimension)] * (to[k] - value) ** 2, 0);
  const way = Math.sqrt(square);
  if (!(way > STRONG * spread)) return [];
  return [
    `The bend moved points by ${shownNumber(way)}, where the target is ${shownNumber(spread)} wide: points may have slid along the shape, and then partners are wrong though the residual is small. Bring the source nearer first, or register known points.`,
  ];
}
