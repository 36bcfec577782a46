import { shownNumber } from '../shownNumber.js';
import { type Cloud, halvesOf } from './cloud.js';
import { nearDistance } from './nearDistance.js';

/**
 * Bends that move points by more than this share of the spread are doubted. Of 30 made bends of surfaces and blobs six left points more than
 * .4 spreads from where they belong: those had moved by .47 and more, and 7 of the other 24 by more than this too. Residuals told nothing of it.
 */
const STRONG = 0.4;

/**
 * Clouds that are no farther from each other than this many times what two halves of the target are lie on each other, as far as samples tell.
 * Ten made shapes of 200 points: two samples of one had .45 to .8 and samples of other densities .5 to .96, where nothing was to be bent. Of 20
 * true bends nine had more than this, and eight of those brought points nearer to where they belong; ten of the other eleven took them farther.
 * Held out, with 310 points: the 20 without a bend are told, and of eleven bends with more than this nine brought points nearer.
 */
const COINCIDE = 1.2;
/** Bends by less than this share of the spread are within what a bend leaves of the last blur. Chosen, not measured. */
const SLIGHT = 0.1;

/**
 * What is said of a bend where points may have slid along the shape, which the residual does not tell: a strong one, and one of clouds that lay
 * on each other before it, where there was nothing but the density of points to follow. `spread` is that of the target.
 */
export function bendDoubts(
  source: Cloud,
  from: Float64Array,
  to: Float64Array,
  target: Cloud,
  spread: number,
): string[] {
  const { weights, dimension } = source;
  const square = from.reduce((sum, value, k) => sum + weights[Math.floor(k / dimension)] * (to[k] - value) ** 2, 0);
  const way = Math.sqrt(square);
  if (!(way > SLIGHT * spread)) return [];
  const moved = `The bend moved points by ${shownNumber(way)}, where the target is ${shownNumber(spread)} wide`;
  const doubts: string[] = [];
  if (way > STRONG * spread) {
    doubts.push(
      `${moved}: points may have slid along the shape, and then partners are wrong though the residual is small. Bring the source nearer first, or register known points.`,
    );
  }
  if (layOn({ ...source, points: from }, target)) {
    doubts.push(
      `${moved}, though the source lay on it before, as far as samples tell: the bend may follow how densely points lie, and not the shape. A rigid registration may be all that is needed; give more points where it is not.`,
    );
  }
  return doubts;
}

/** Whether each of two clouds lies on the other one, as near as two halves of the target do on each other. */
function layOn(source: Cloud, target: Cloud): boolean {
  const [even, odd] = halvesOf(target);
  if (odd.weights.length === 0) return false;
  const apart = (a: Cloud, b: Cloud) => Math.max(nearDistance(a, b.points), nearDistance(b, a.points));
  return apart(source, target) <= COINCIDE * apart(even, odd);
}
