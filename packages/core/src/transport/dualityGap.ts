import type { DeviceArray } from '../backend/backend.js';
import { constant, div, exp, mul, parameter, row, sub } from '../formula/expression.js';
import { mapOnHost } from '../formula/mapOnHost.js';
import type { Columns } from '../geometry/columns.js';
import type { Geometry } from '../geometry/geometry.js';
import type { Update } from '../geometry/update.js';
import type { DivergencePenalty } from '../marginal/divergencePenalty.js';
import type { CheckedWeights } from '../measure/measure.js';
import type { WeightsPair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { readAll, type Task } from '../tasks/task.js';
import type { FinalSide } from './finalUpdate.js';
import { lackOf } from './marginalError.js';
import { geometryAt, selfProblem, type TransportProblem } from './problem.js';
import { columnsOf } from './softmin.js';

/** A problem whose penalties are known as numbers too. */
export interface GapProblem extends TransportProblem {
  readonly penalty: Readonly<Record<Side, DivergencePenalty>>;
}

/** Potentials at the points of a side, with what one more pass tells of them. */
interface Measured {
  readonly potential: Float64Array;
  /** The share of each point's mass that the plan of the potentials takes. */
  readonly shares: Float64Array;
  /** The gradient of <P, C> in the points, where it was wanted. */
  readonly slopes?: Float64Array;
}

/** What is known of one side: of the cross problem, and of the measure with itself where that is subtracted. */
export interface MeasuredSide {
  readonly cross: Measured;
  readonly self?: Measured;
}

/** Both sides after a full update, measured by one pass over the pairs for each potential: with it, plans are known and not only guessed. */
export function* measurePotentials(
  problem: GapProblem,
  updated: Readonly<Record<Side, FinalSide>>,
  epsilon: number,
  wrt: readonly Side[],
): Task<Record<Side, MeasuredSide>> {
  const { space } = problem;
  const passes: Pass[] = [];
  for (const side of ['x', 'y'] as const) {
    const { cross, self } = updated[side];
    const isWanted = wrt.includes(side);
    const { weights } = problem[side];
    const across = columnsOf(problem, side, updated[other(side)].cross);
    passes.push(pass(geometryAt(problem, side), across, cross, weights, epsilon, isWanted));
    if (!self) continue;
    const own = selfProblem(problem, side);
    passes.push(pass(own.geometry, columnsOf(own, 'x', self), self, weights, epsilon, isWanted));
  }
  const arrays = passes.flatMap(({ potential, pass: of, slopes }) =>
    slopes ? [potential, of, slopes] : [potential, of],
  );
  const read = yield* readAll(space.backend, arrays);
  for (const { pass: of, slopes } of passes) space.release(of, slopes);
  let next = 0;
  const measured = passes.map(({ slopes, isSoftmin }): Measured => {
    const potential = Float64Array.from(read[next++]);
    const found = read[next++];
    const shares = potential.map((f, i) => Math.exp((f - (isSoftmin ? found[i] : -epsilon * found[i])) / epsilon));
    return slopes ? { potential, shares, slopes: Float64Array.from(read[next++]) } : { potential, shares };
  });
  if (measured.length === 2) return { x: { cross: measured[0] }, y: { cross: measured[1] } };
  return { x: { cross: measured[0], self: measured[1] }, y: { cross: measured[2], self: measured[3] } };
}

interface Pass {
  readonly potential: DeviceArray;
  /** The softmin, or the logarithm of the sum that it is made of. */
  readonly pass: DeviceArray;
  readonly isSoftmin: boolean;
  readonly slopes?: DeviceArray;
}

function pass(
  geometry: Geometry,
  columns: Columns,
  potential: DeviceArray,
  weights: DeviceArray,
  epsilon: number,
  isWanted: boolean,
): Pass {
  if (!isWanted || !geometry.costGradient) {
    return { potential, pass: geometry.softmin(columns, epsilon), isSoftmin: true };
  }
  const found = geometry.costGradient(columns, epsilon, { formula: massTaken, rows: { weight: weights, potential } });
  return { potential, pass: found.logSumExp, isSoftmin: false, slopes: found.mean };
}

/** a_i exp((f_i - T g_i) / eps): the mass that the plan takes from a point. */
const massTaken: Update['formula'] = (softmin, epsilon) =>
  mul(row('weight'), exp(div(sub(row('potential'), softmin), epsilon)));

/** A dual value, and what it may lack: one number an element. */
export interface CertifiedValue {
  readonly values: Float64Array;
  /** The most that the values are off by, apart from rounding. */
  readonly gaps: Float64Array;
  /** How far the plans may be from the optimal ones in L1, over both problems of a side. */
  readonly planErrors: Readonly<Record<Side, Float64Array>>;
  /** The mass of the plan between both measures. */
  readonly masses: Float64Array;
}

/**
 * The value of the potentials, which is at most the optimum, and how much it may lack: primal less dual value at the plan they make.
 * With t the shares that the plan takes it is the sum of a_i (phi(t_i) + phi*(-f_i) + t_i f_i) over both sides, where each term is 0 or
 * more (Fenchel and Young). As the primal is strongly convex, a gap tells how far the plan is from the best one:
 * |P - P*|_1 <= sqrt(2 m gap / eps), by Pinsker's inequality.
 *
 * Where shares are beyond what phi allows, as where a marginal is held exactly, a unit of mass counts as `range`: a bound on how far a
 * potential is from the solution's. A gap that is not seen may be as large as `rounding` for a unit of mass.
 */
export function certifiedValue(
  { penalty }: Pick<GapProblem, 'penalty'>,
  pair: WeightsPair,
  sides: Readonly<Record<Side, MeasuredSide>>,
  epsilon: number,
  range: number,
  rounding: number,
): CertifiedValue {
  const { batch } = pair.x;
  const [values, gap, selfGaps] = [new Float64Array(batch), new Float64Array(batch), new Float64Array(batch)];
  const planErrors = { x: new Float64Array(batch), y: new Float64Array(batch) };
  const masses = new Float64Array(batch);
  for (const side of ['x', 'y'] as const) {
    const { weights, count } = pair[side];
    const { cross, self } = sides[side];
    const terms = dualTermsOf(penalty[side], sides[side], epsilon / 2);
    const ofCross = excesses(penalty[side], cross, range);
    const ofSelf = self && excesses(penalty[side], self, range);
    const [selfGap, selfMass] = [new Float64Array(batch), new Float64Array(batch)];
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index];
      if (weight === 0) continue;
      const element = Math.floor(index / count);
      values[element] += weight * terms[index];
      gap[element] += weight * ofCross[index];
      masses[element] += (weight * cross.shares[index]) / 2;
      if (!self || !ofSelf) continue;
      selfGap[element] += 2 * weight * ofSelf[index];
      selfMass[element] += weight * self.shares[index];
    }
    for (let element = 0; element < batch; element++) {
      selfGaps[element] += selfGap[element] / 2;
      planErrors[side][element] += inPlan(selfMass[element], selfGap[element] + selfMass[element] * rounding, epsilon);
    }
  }
  for (const side of ['x', 'y'] as const) {
    planErrors[side].forEach((_, element) => {
      planErrors[side][element] += inPlan(masses[element], gap[element] + masses[element] * rounding, epsilon);
    });
  }
  if (!sides.x.self) {
    for (let element = 0; element < batch; element++) {
      const [x, y] = [pair.x.masses[element], pair.y.masses[element]];
      values[element] += epsilon * (x * y - (x + y) / 2);
    }
  }
  return { values, gaps: gap.map((most, element) => Math.max(most, selfGaps[element])), planErrors, masses };
}

const inPlan = (mass: number, gap: number, epsilon: number) => Math.sqrt((2 * mass * gap) / epsilon);

/**
 * What a unit of weight brings: -phi*(-f) - t share, less the same of the measure with itself, or where nothing is subtracted of f = 0
 * and a share of 1. At t = eps / 2 its sum is the value, but for what masses alone make; at t = eps it is the gradient in the weight.
 */
export function dualTermsOf(
  { dualDifference, parameters }: DivergencePenalty,
  { cross, self }: MeasuredSide,
  temperature: number,
): Float64Array {
  const formula = dualDifference(self ? row('self') : constant(0), row('cross'), constant(0));
  const duals = mapOnHost(formula, { cross: cross.potential, ...(self && { self: self.potential }) }, parameters);
  return duals.map((dual, index) => dual - temperature * (cross.shares[index] - (self ? self.shares[index] : 1)));
}

/**
 * What one more update would change, an L1 marginal error relative to the mass: the largest over problems and the batch. Infinity where a
 * share is too small for a number.
 */
export function nextChange(
  { prox, parameters }: DivergencePenalty,
  { weights, masses, count }: CheckedWeights,
  { cross, self }: MeasuredSide,
  epsilon: number,
): number {
  const step = prox(row('softmin'), parameter('epsilon'));
  let largest = 0;
  for (const { potential, shares } of self ? [cross, self] : [cross]) {
    const softmin = potential.map((f, i) => f - epsilon * Math.log(shares[i]));
    const next = mapOnHost(step, { softmin }, { ...parameters, epsilon });
    const sums = new Float64Array(masses.length);
    for (const [i, weight] of weights.entries()) {
      if (weight > 0) sums[Math.floor(i / count)] += weight * lackOf(potential[i] - next[i], epsilon);
    }
    largest = Math.max(largest, ...sums.map((sum, element) => sum / masses[element]));
  }
  return largest >= 0 ? largest : Number.POSITIVE_INFINITY;
}

/** phi(t) + phi*(-f) + t f at the nearest share that is allowed, with what the rest may cost. */
function excesses({ dualDifference, parameters, phi, least, most }: DivergencePenalty, side: Measured, range: number) {
  const { potential, shares } = side;
  const duals = mapOnHost(dualDifference(constant(0), row('potential'), constant(0)), { potential }, parameters);
  return duals.map((dual, index) => {
    const allowed = Math.min(most, Math.max(least, shares[index]));
    const missing = Math.max(0, phi(allowed) - dual + allowed * potential[index]);
    return missing + Math.abs(shares[index] - allowed) * range;
  });
}
