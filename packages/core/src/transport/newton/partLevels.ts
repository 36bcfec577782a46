import type { HostProblem } from './hostProblem.js';
import type { StoredPairs } from './pairs.js';
import { NO_MASS, partsOf } from './parts.js';

/** How the potentials of parts that hardly exchange mass should lie to each other. */
export interface PartLevels {
  /** What to add to g, in temperatures, [M]. */
  readonly shifts: Float64Array;
  /** How much that differs among the parts. */
  readonly range: number;
  /** How far rounding in the weights leaves it open, in temperatures: Infinity where that is no longer small. */
  readonly open: number;
  /** What it changes the dual value by, about, in temperatures; where levels are not found, as much as costs allow. */
  readonly value: number;
}

/** Entries below this share of both their row and their column link parts. Conjugate gradients see what stronger links do. */
const WEAK = 1e-6;
/** Parts at most: K of them take K^3 / 3 operations a step. Of more, the weakest links alone tell parts. */
const MOST_PARTS = 128;
/** Rounding of a part's mass, relative to it: some last digits. */
const ROUNDING = 2 ** -50;
/** Beyond this change of levels, in temperatures, what rounding does is not in proportion any more. */
const LINEAR = 0.25;
/** Steps at most: each goes about a temperature where levels are far off. */
const MOST_STEPS = 200;
/** A step changes levels by so many temperatures at most. Raising it overshoots, where exponentials of levels are far from linear. Chosen. */
const LONGEST_STEP = 2;
/** Halvings of a step at most: a billionth of it is left. */
const MOST_HALVINGS = 30;
/** Steps below this, in temperatures, end it. */
const SETTLED = 1e-9;

/**
 * The levels u of parts at which each gives to the others what its masses differ by: rows of a part get f + u, its columns g - u, which
 * changes no entry within it, so that mass[A, B] exp(u_A - u_B) goes from the rows of A to the columns of B. That is the minimum of
 * sum mass[A, B] exp(u_A - u_B) - sum (a(A) - b(A)) u_A, by Newton's method. Linear systems with all pairs lose such soft modes among
 * the last digits of what goes on within parts: here masses within parts do not occur.
 */
export function partLevels(
  { x, y, costScale }: HostProblem,
  pairs: StoredPairs,
  plan: Float64Array,
  epsilon: number,
): PartLevels {
  const none = new Float64Array(y.weights.length);
  let weak = WEAK;
  let { names, count } = named(partsOf(pairs, plan, x.weights, y.weights, weak));
  for (; count > MOST_PARTS && weak > NO_MASS; weak /= 10) {
    ({ names, count } = named(partsOf(pairs, plan, x.weights, y.weights, weak / 10)));
  }
  if (count === 1) return { shifts: none, range: 0, open: 0, value: 0 };
  const rows = pairs.rows;
  const isFew = count <= MOST_PARTS;
  const mass = new Float64Array(isFew ? count * count : 0);
  if (isFew) {
    for (let i = 0; i < rows; i++) {
      for (let k = pairs.begin(i); k < pairs.end(i); k++) {
        const to = names[rows + pairs.column[k]];
        if (to !== names[i]) mass[names[i] * count + to] += plan[k];
      }
    }
  }
  const balances = balancesOf({ x, y }, pairs, plan, { names, count });
  const { excess, weight } = balances;
  const levels = isFew ? settled(mass, excess, count) : undefined;
  if (!levels) {
    const value = (misplacedIn(balances) * costScale) / epsilon;
    return { shifts: none, range: 0, open: Number.POSITIVE_INFINITY, value };
  }
  const { missing, links } = slopes(mass, excess, levels);
  const eliminated = eliminate(links, count);
  let open = 0;
  for (let part = 0; part < count; part++) {
    const shaken = new Float64Array(count);
    shaken[part] = ROUNDING * weight[part];
    open += rangeOf(substitute(eliminated, shaken));
  }
  const first = slopes(mass, excess, new Float64Array(count)).missing;
  return {
    shifts: none.map((_, j) => -levels[names[rows + j]]),
    range: rangeOf(levels),
    open: open < LINEAR && missing.every(Number.isFinite) ? open : Number.POSITIVE_INFINITY,
    value: first.reduce((total, lacking, part) => total + Math.abs(lacking * levels[part]), 0),
  };
}

/** The share of the mass that has to change its part, of those that hardly exchange any. */
export function misplacedMass({ x, y }: Masses, pairs: StoredPairs, plan: Float64Array): number {
  const parts = named(partsOf(pairs, plan, x.weights, y.weights, WEAK));
  return parts.count === 1 ? 0 : misplacedIn(balancesOf({ x, y }, pairs, plan, parts)) / x.mass;
}

type Masses = Pick<HostProblem, 'x' | 'y'>;

/** What parts have, each at its number. */
interface Balances {
  /** The mass of both sides. */
  readonly weight: Float64Array;
  /** What its rows have more than its columns. */
  readonly excess: Float64Array;
  /** What a plan takes to it from others, more than from it. */
  readonly astray: Float64Array;
}

function balancesOf({ x, y }: Masses, pairs: StoredPairs, plan: Float64Array, { names, count }: Parts): Balances {
  const { rows } = pairs;
  const [weight, excess, astray] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < rows; i++) {
    for (let k = pairs.begin(i); k < pairs.end(i); k++) {
      const to = names[rows + pairs.column[k]];
      if (to === names[i]) continue;
      astray[names[i]] -= plan[k];
      astray[to] += plan[k];
    }
  }
  x.weights.forEach((share, i) => {
    excess[names[i]] += share;
    weight[names[i]] += share;
  });
  y.weights.forEach((share, j) => {
    excess[names[rows + j]] -= share;
    weight[names[rows + j]] += share;
  });
  return { weight, excess, astray };
}

/** Half of what parts give too much and too little has to change its part. */
const misplacedIn = ({ excess, astray }: Balances): number =>
  excess.reduce((total, lacking, part) => total + Math.abs(lacking + astray[part]), 0) / 2;

/** The number of each row's part, then of each column's. */
interface Parts {
  readonly names: Uint32Array;
  readonly count: number;
}

/** Numbers parts from 0 on. */
function named(parts: Uint32Array): Parts {
  const numbers = new Map<number, number>();
  for (const part of parts) if (!numbers.has(part)) numbers.set(part, numbers.size);
  return { names: parts.map((part) => numbers.get(part) ?? 0), count: numbers.size };
}

/** Newton's method from 0; undefined where it does not come to an end, as where parts give or receive nothing. */
function settled(mass: Float64Array, excess: Float64Array, count: number): Float64Array | undefined {
  let levels = new Float64Array(count);
  let now = slopes(mass, excess, levels);
  for (let step = 0; step < MOST_STEPS; step++) {
    const direction = substitute(eliminate(now.links, count), now.missing);
    const range = rangeOf(direction);
    if (!Number.isFinite(range)) return undefined;
    let length = Math.min(1, LONGEST_STEP / range);
    for (let halving = 0; ; halving++, length /= 2) {
      const there = levels.map((level, part) => level + length * direction[part]);
      const next = slopes(mass, excess, there);
      // The sum is convex: where it still falls it fell all the way.
      const slope = next.missing.reduce((total, lacking, part) => total + lacking * direction[part], 0);
      const before = now.missing.reduce((total, lacking, part) => total + lacking * direction[part], 0);
      if (slope < -before / 2 && halving < MOST_HALVINGS) continue;
      levels = there;
      now = next;
      break;
    }
    if (length * range < SETTLED) return levels;
  }
  return undefined;
}

/** What each part has still to give, and the Laplacian's links, at some levels. */
function slopes(
  mass: Float64Array,
  excess: Float64Array,
  levels: Float64Array,
): { readonly missing: Float64Array; readonly links: Float64Array } {
  const count = levels.length;
  const missing = excess.slice();
  const links = new Float64Array(count * count);
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      if (mass[from * count + to] === 0) continue;
      const given = mass[from * count + to] * Math.exp(levels[from] - levels[to]);
      missing[from] -= given;
      missing[to] += given;
      links[from * count + to] += given;
      links[to * count + from] += given;
    }
  }
  return { missing, links };
}

/** A Laplacian after elimination: above the diagonal the links to what was still left, and the sums of these. */
interface Eliminated {
  readonly links: Float64Array;
  readonly sums: Float64Array;
}

/** Elimination without a subtraction (Grassmann, Taksar and Heyman 1985): links of 1e-15 count beside those of 1. The last level is 0. */
function eliminate(links: Float64Array, count: number): Eliminated {
  const sums = new Float64Array(count);
  for (let k = 0; k < count - 1; k++) {
    for (let j = k + 1; j < count; j++) sums[k] += links[k * count + j];
    for (let i = k + 1; i < count; i++) {
      const share = links[i * count + k] / sums[k];
      if (share === 0) continue;
      for (let j = k + 1; j < count; j++) if (j !== i) links[i * count + j] += share * links[k * count + j];
    }
  }
  return { links, sums };
}

/** Solves the Laplacian's system. */
function substitute({ links, sums }: Eliminated, right: Float64Array): Float64Array {
  const count = sums.length;
  const solution = right.slice();
  for (let k = 0; k < count - 1; k++) {
    for (let i = k + 1; i < count; i++) solution[i] += (links[i * count + k] / sums[k]) * solution[k];
  }
  solution[count - 1] = 0;
  for (let k = count - 2; k >= 0; k--) {
    let total = solution[k];
    for (let j = k + 1; j < count; j++) total += links[k * count + j] * solution[j];
    solution[k] = total / sums[k];
  }
  return solution;
}

function rangeOf(values: Float64Array): number {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (Number.isNaN(value)) return Number.NaN;
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  return largest - least;
}
