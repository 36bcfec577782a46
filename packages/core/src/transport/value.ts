import { parameter, row } from '../formula/expression.js';
import { mapChunked } from '../formula/mapOnHost.js';
import type { MarginalPenalty } from '../marginal/penalty.js';
import { compensatedSums } from '../measure/compensatedSums.js';
import type { CheckedWeights } from '../measure/measure.js';
import type { WeightsPair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { dualTerm } from './dualTerm.js';
import { type HostPotentials, potentialsOf } from './hostPotentials.js';
import { lackOf } from './marginalError.js';

function weightedSums({ weights, batch, count }: CheckedWeights, term: (index: number) => number): Float64Array {
  const sums = compensatedSums(batch);
  for (let index = 0; index < batch * count; index++) {
    if (weights[index] > 0) sums.add(Math.floor(index / count), weights[index] * term(index));
  }
  return sums.totals();
}

/**
 * The value, one number an element: the Sinkhorn divergence when there are self potentials, entropic transport
 * otherwise, with a penalty of its own for each side (Feydy et al. 2019, equation 3; Séjourné et al. 2019,
 * section 4). Summed in float64.
 *
 * Where the potentials were updated together from iterates, which are given, the value is the mean of the dual's at (f, g_0) and at
 * (f_0, g): each has one potential that is best for the other, so that what iterates lack counts at second order.
 */
export function* sinkhornValue(
  pair: WeightsPair,
  potentials: HostPotentials,
  epsilon: number,
  penalty: Readonly<Record<Side, MarginalPenalty>>,
  iterates?: HostPotentials,
): Task<Float64Array> {
  const total = new Float64Array(pair.x.batch);
  for (const side of ['x', 'y'] as const) {
    const found = potentialsOf(potentials, side);
    const terms = yield* dualTerms(penalty[side], found, epsilon / 2);
    if (iterates) {
      // Masses are those of the updates; all else is half of one and half of the other.
      const after = yield* dualTerms(penalty[side], found, 0);
      const before = yield* dualTerms(penalty[side], potentialsOf(iterates, side), 0);
      for (let k = 0; k < terms.length; k++) terms[k] += (before[k] - after[k]) / 2;
    }
    weightedSums(pair[side], (index) => terms[index]).forEach((value, element) => {
      total[element] += value;
    });
  }
  if (potentials.f_aa) return total;
  return total.map((value, element) => {
    const massX = pair.x.masses[element];
    const massY = pair.y.masses[element];
    return value + epsilon * (massX * massY - (massX + massY) / 2);
  });
}

/** `dualTerm` at every point of a side. */
export function dualTerms(
  penalty: MarginalPenalty,
  { cross, self }: { readonly cross: Float64Array; readonly self?: Float64Array },
  temperature: number,
): Task<Float64Array> {
  const term = dualTerm(penalty, row('cross'), self && row('self'), parameter('temperature'));
  return mapChunked(term, { cross, ...(self && { self }) }, { ...penalty.parameters, temperature });
}

/**
 * The gradient of the value with respect to one side's weights, [B, N]: balanced f_ba - f_aa, along directions that
 * keep the mass; unbalanced (rho + eps)(exp(-f_aa/rho) - exp(-f_ba/rho)) (Séjourné et al. 2019). Without debiasing
 * that of entropic transport.
 */
export function* weightGradient(
  pair: WeightsPair,
  side: Side,
  potentials: HostPotentials,
  epsilon: number,
  penalty: Readonly<Record<Side, MarginalPenalty>>,
): Task<Float64Array> {
  const { cross, self } = potentialsOf(potentials, side);
  const { count } = pair[side];
  // What the other side's mass adds is a constant, which means nothing where both sides have to keep theirs.
  const isBalanced = penalty.x.balanced && penalty.y.balanced;
  const terms = yield* dualTerms(penalty[side], { cross, self }, epsilon);
  if (self || isBalanced) return terms;
  const otherMasses = pair[other(side)].masses;
  return terms.map((term, index) => term + epsilon * (otherMasses[Math.floor(index / count)] - 1));
}

/** Sums over the points of each side and problem, weighted, of a term in what an update changed. */
function* sumsOfChanges(
  pair: WeightsPair,
  iterates: HostPotentials,
  updated: HostPotentials,
  term: (change: number, side: Side) => number,
): Generator<{ readonly side: Side; readonly sums: Float64Array }> {
  for (const side of ['x', 'y'] as const) {
    const before = potentialsOf(iterates, side);
    const after = potentialsOf(updated, side);
    for (const problem of ['cross', 'self'] as const) {
      const [f, softmin] = [before[problem], after[problem]];
      if (f && softmin)
        yield { side, sums: weightedSums(pair[side], (index) => term(softmin[index] - f[index], side)) };
    }
  }
}

/** The largest L1 marginal error of iterates, over sides, problems and the batch: a full update shows what they lack. */
export function remainingError(
  pair: WeightsPair,
  iterates: HostPotentials,
  updated: HostPotentials,
  epsilon: number,
): number {
  let largest = 0;
  for (const { side, sums } of sumsOfChanges(pair, iterates, updated, (by) => lackOf(-by, epsilon))) {
    largest = Math.max(largest, ...sums.map((sum, element) => sum / pair[side].masses[element]));
  }
  return largest;
}

/**
 * What values are off by, about, as a full update shows it, for each element: the sum of the squares of what it changed, over the scale
 * that potentials have to be right on.
 *
 * @param scale - The temperature, or the strength of the side's penalty where that is less.
 */
export function remainingSquares(
  pair: WeightsPair,
  iterates: HostPotentials,
  updated: HostPotentials,
  scale: Readonly<Record<Side, number>>,
): Float64Array {
  const total = new Float64Array(pair.x.batch);
  const squared = (by: number, side: Side) => Math.abs(by) * Math.min(1, Math.abs(by) / scale[side]);
  for (const { sums } of sumsOfChanges(pair, iterates, updated, squared)) {
    for (const [element, sum] of sums.entries()) total[element] += sum;
  }
  return total;
}
