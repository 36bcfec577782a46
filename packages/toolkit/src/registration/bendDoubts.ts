import { shownNumber } from '../shownNumber.js';
import { apart, type Cloud, halvesOf } from './cloud.js';
import { nearest } from './localShape.js';
import { nearDistance } from './nearDistance.js';
import type { CheckedRegistration } from './options.js';
import type { Registration } from './registration.js';

/**
 * What follows was chosen on made bends, so as to tell those that leave points off by more than .2 spreads, at the price of some off by less than .1.
 * `pnpm bench registrations` counts both for its own bends. Raising any of them tells less.
 */

/** Bends that move points by more than this share of the spread are doubted: that is beyond what a bend's prior expects. */
const STRONG = 0.5;

/** Two bends that leave points farther from each other than this share of the spread are doubted. */
const DIFFER = 0.08;

/**
 * Clouds that are no farther from each other than this many times what two halves of the target lie off each other, as far as samples tell. Other samples
 * of one shape have less than 1, as halves have half of the points.
 */
const COINCIDE = 1.2;
/** Bends by less than this share of the spread are within what a bend leaves of samples. */
const SLIGHT = 0.15;

/**
 * Residuals of whole things that are more than this many times that of chance are doubted. Chosen on a few bends of thin curves, such as that of the test:
 * some of those that it doubts are right.
 */
const FAR = 2;

/** Neighbours that tell how a bend stretches a cloud, and the points that are asked. */
const NEIGHBOURS = 8;
const ASKED = 400;
/** Bends after which a tenth of the neighbours are more than so many times as far apart, or as near, are doubted: a part of a surface may have been drawn over all of it. */
const STRETCHED = 2;

/**
 * What is said of a bend where points may have slid along the shape, which the residual does not tell: a strong one, one that stretches
 * neighbours, and one of clouds that lay on each other before it, where there was nothing but the density of points to follow. `differ` is how
 * far two ways of pairing points leave them from each other, `spread` that of the target.
 */
export function bendDoubts(
  from: Cloud,
  to: Float64Array,
  differ: number,
  { target, spread }: Pick<CheckedRegistration, 'target' | 'spread'>,
): string[] {
  const way = apart(from, from.points, to);
  const doubts: string[] = [];
  if (differ > DIFFER * spread) {
    doubts.push(
      `Points may have slid by about ${shownNumber(differ)}, where the target is ${shownNumber(spread)} wide: pairing them by transport and by closest points gives bends so different, though both bring the clouds onto each other. Give more points, bring the source nearer first, or give a larger stiffness.`,
    );
  }
  if (!(way > SLIGHT * spread)) return doubts;
  const moved = `The bend moved points by ${shownNumber(way)}, where the target is ${shownNumber(spread)} wide`;
  const stretch = stretchOf(from, to);
  if (way > STRONG * spread) {
    doubts.push(
      `${moved}: points may have slid along the shape, and then partners are wrong though the residual is small. Bring the source nearer first, or register known points.`,
    );
  } else if (stretch > STRETCHED) {
    doubts.push(
      `The bend brings a tenth of neighbouring points ${shownNumber(stretch, 2)} times as far apart or as near: a part may have been drawn over what it lacks, or points may have slid. Give a larger stiffness, or a reach where only parts are shared.`,
    );
  }
  if (layOn(from, target)) {
    doubts.push(
      `${moved}, though the source lay on it before, as far as samples tell: the bend may follow how densely points lie, and not the shape. A rigid registration may be all that is needed; give more points where it is not.`,
    );
  }
  return doubts;
}

/** What is said of a bend of whole things after which mass still has far to go, though the clouds may lie on each other. */
export function residualDoubts({
  residual,
  residualByChance,
}: Pick<Registration, 'residual' | 'residualByChance'>): string[] {
  if (!(residual > FAR * residualByChance) || residualByChance === 0) return [];
  return [
    `The residual is ${shownNumber(residual / residualByChance, 2)} times that of chance: more points lie in some parts of the shape, and fewer in others, than in the target, so they may have slid along it. Give more points, a larger stiffness, or a reach where only parts are shared.`,
  ];
}

/** Whether each of two clouds lies on the other one, as near as two halves of the target do on each other. */
function layOn(source: Cloud, target: Cloud): boolean {
  const [even, odd] = halvesOf(target);
  if (odd.weights.length === 0) return false;
  const off = (a: Cloud, b: Cloud) => Math.max(nearDistance(a, b.points), nearDistance(b, a.points));
  return off(source, target) <= COINCIDE * off(even, odd);
}

/** By which factor the distances between neighbours have grown or shrunk: that which a tenth of them exceed. */
function stretchOf({ points, weights, dimension }: Cloud, to: Float64Array): number {
  const count = weights.length;
  const between = (places: Float64Array, i: number, j: number) => {
    let square = 0;
    for (let d = 0; d < dimension; d++) square += (places[i * dimension + d] - places[j * dimension + d]) ** 2;
    return square;
  };
  const changes: number[] = [];
  for (let i = 0; i < count; i += Math.ceil(count / ASKED)) {
    for (const j of nearest(points, dimension, Math.min(NEIGHBOURS + 1, count), i).rows) {
      const before = between(points, i, j);
      // Points that coincide stay together.
      if (before > 0) changes.push(Math.abs(Math.log(between(to, i, j) / before)) / 2);
    }
  }
  changes.sort((a, b) => a - b);
  return changes.length > 0 ? Math.exp(changes[Math.floor(0.9 * changes.length)]) : 1;
}
