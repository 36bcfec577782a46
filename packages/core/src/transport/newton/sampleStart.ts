import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { Task } from '../../tasks/task.js';
import { ANNEALING_TARGET, annealedNewton, type Stopping } from './annealedNewton.js';
import { picked } from './hostElement.js';
import { type HostProblem, type HostSide, hostSide, ofWhatIsLeft } from './hostProblem.js';
import { MARGIN, MOST_OF_PAIRS, mostListed, neededRoom } from './listSizes.js';
import type { HostPoints, PairCosts } from './pairCosts.js';
import { allPairs } from './pairs.js';
import { rowPass, rowSoftmin } from './rowPass.js';
import { defectOf, updated } from './settle.js';

/** Where a solve over all pairs can begin. */
export interface SampleStart {
  /** The potential of its columns. */
  readonly g: Float64Array;
  /** The index of its first temperature. */
  readonly first: number;
  /** Passes over all pairs that it took, those over samples by their share. */
  readonly passes: number;
}

/** A problem, and what a smaller one is made from. */
export interface Sampled {
  readonly problem: HostProblem;
  /** The points of its rows and of its columns, [N, D] and [M, D]. */
  readonly rows: HostPoints;
  readonly columns: HostPoints;
  /** The costs of going from some of the rows to some of the columns, or back. */
  readonly costsBetween: (rows: HostPoints, columns: HostPoints) => PairCosts;
  readonly costsBack: (columns: HostPoints, rows: HostPoints) => PairCosts;
}

/** Points of a side below which all of them are as quick as a sample. Raising it samples less often. Chosen, not measured. */
const FEWEST_POINTS = 512;
/**
 * Points of a sample of 1000, and how the number grows with more of them. A larger sample says more about the potentials, in more time.
 * Chosen, from trials with 1000 and 5000 points.
 */
const SAMPLE = 300;
const SAMPLE_GROWTH = 0.75;
/** Points of a sample at most: all their pairs are kept, in 20 MB. */
const LARGEST_SAMPLE = 1000;
/**
 * The marginal error of all points, a share of the mass, at which a sample's potentials are taken up. Raising it takes poor starts: where
 * clusters stand wrongly to each other, Newton's method takes longer than another temperature does.
 */
const MOST_ERROR = 0.25;
/**
 * The marginal error beyond which no update is tried: another temperature is nearer than they would come. Raising it makes passes in vain.
 * Chosen: it saves 1 to 3 passes on three of five clouds of 1000 points; no other number was tried.
 */
const HOPELESS = 0.6;
/** Updates that the error may take to come down to that: what a sample does not see of each point takes one or two. */
const MOST_UPDATES = 4;

/** The share of the error that an update may leave to be followed by another. Raising it waits longer for what another temperature brings. */
const SLOW_RATE = 0.7;

/** How many points of so many a sample has; undefined where all of them are few. */
const sampleSize = (count: number): number | undefined =>
  count <= FEWEST_POINTS ? undefined : Math.min(LARGEST_SAMPLE, Math.round(SAMPLE * (count / 1000) ** SAMPLE_GROWTH));

/**
 * Solves for a sample of the points, from the first temperature down to where few pairs count, and carries its potentials over to all
 * points: what annealing finds at high temperatures depends on little but the shape of the measures.
 *
 * @returns undefined where nearly all pairs count down to the last temperature.
 */
export function* sampleStart(
  { problem, rows, columns, costsBetween, costsBack }: Sampled,
  epsilons: readonly number[],
  stopping: Stopping,
): Task<SampleStart | undefined> {
  const { costs, costScale } = problem;
  const x = sampleOf(problem.x, sampleSize(costs.rows) ?? costs.rows);
  const y = sampleOf(problem.y, sampleSize(costs.columns) ?? costs.columns);
  const sampledRows = picked(rows, x.items, costs.dimension);
  const small: HostProblem = {
    costs: costsBetween(sampledRows, picked(columns, y.items, costs.dimension)),
    x: x.side,
    y: y.side,
    costScale,
  };
  const pairs = costs.rows * costs.columns;
  const mostPairs = mostListed(costs.rows, costs.columns);
  // A sample is a sample: half of what a list may hold.
  const mostShare = Math.min(MOST_OF_PAIRS, mostPairs / pairs) / 2;
  const settling = { ...stopping, target: ANNEALING_TARGET, completePairs: Number.POSITIVE_INFINITY };
  const levels: { readonly f: Float64Array }[] = [];
  let g: Float64Array = new Float64Array(small.costs.columns);
  let passes = 0;
  let counted = 1;
  for (const epsilon of epsilons) {
    const result = yield* annealedNewton(small, [epsilon], g, settling);
    if (!result) return undefined;
    passes += (result.passes * small.costs.rows * small.costs.columns) / pairs;
    g = result.g;
    levels.push({ f: result.f });
    counted = counting(small, result.f, g, epsilon);
    if (counted <= mostShare) break;
  }
  if (counted * pairs > mostPairs) return undefined;
  const back = costsBack(columns, sampledRows);
  for (let first = levels.length - 1; first >= 0; first--) {
    const epsilon = epsilons[first];
    let carried = carriedOver(back, x.side, problem.y, levels[first].f, epsilon, costScale);
    passes += small.costs.rows / costs.rows;
    let before = Number.POSITIVE_INFINITY;
    for (let updates = 0; ; updates++) {
      const pass = yield* rowPass({ problem, pairs: allPairs(problem), g: carried, epsilon });
      passes += 1;
      const { marginalError } = defectOf(problem, pass, carried);
      if (marginalError <= MOST_ERROR) return { g: carried, first, passes };
      if (updates >= MOST_UPDATES || marginalError > Math.min(HOPELESS, SLOW_RATE * before)) break;
      before = marginalError;
      carried = updated(problem, pass, carried, epsilon);
    }
  }
  return undefined;
}

/** The share of the pairs that a list for a temperature has to hold. */
function counting({ costs, x, y }: HostProblem, f: Float64Array, g: Float64Array, epsilon: number): number {
  const rowsLeft = ofWhatIsLeft(x, f, epsilon);
  const columnsLeft = ofWhatIsLeft(y, g, epsilon);
  const row = new Float64Array(costs.columns);
  const cut = (neededRoom(ANNEALING_TARGET) + 2 * MARGIN) * epsilon;
  let count = 0;
  for (let i = 0; i < costs.rows; i++) {
    costs.row(i, row);
    for (let j = 0; j < row.length; j++) if (row[j] - rowsLeft[i] - columnsLeft[j] <= cut) count += 1;
  }
  return count / (costs.rows * costs.columns);
}

/** The potential of all columns from that of a sample of the rows: one softmin. */
function carriedOver(
  back: PairCosts,
  rows: HostSide,
  columns: HostSide,
  f: Float64Array,
  epsilon: number,
  costScale: number,
): Float64Array {
  const pairs = allPairs({ costs: back, x: columns, y: rows, costScale });
  const softmin = rowSoftmin({ columns: rows, costScale, g: f, epsilon, pairs });
  const damp = damping(epsilon, columns.rho);
  const shares = new Float64Array(back.columns);
  return Float64Array.from({ length: back.rows }, (_, j) => {
    const begin = pairs.begin(j);
    return damp * softmin(shares, begin, begin, pairs.end(j));
  });
}

/**
 * Points in proportion to their mass: those at which the mass summed up in the order they are given in passes (k + 1/2) / size. A point
 * that is met several times has as many shares.
 */
function sampleOf(
  { weights, mass, rho }: HostSide,
  size: number,
): { readonly items: Uint32Array; readonly side: HostSide } {
  const items: number[] = [];
  const shares: number[] = [];
  let sum = 0;
  let taken = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i];
    const reached = Math.min(size, Math.floor((sum / mass) * size + 0.5));
    if (reached <= taken) continue;
    items.push(i);
    shares.push(((reached - taken) / size) * mass);
    taken = reached;
  }
  return { items: Uint32Array.from(items), side: hostSide(Float64Array.from(shares), mass, rho) };
}
