import type { Backend, DeviceArray } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import { mul, parameter, row } from '../../formula/expression.js';
import { mapOnHost } from '../../formula/mapOnHost.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { shapeOf } from '../../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkEqualMasses, checkPair, compareContent, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { checkSymmetric } from '../../measure/symmetry.js';
import { readScaled, report, type Task } from '../../tasks/task.js';
import { dualTerm } from '../../transport/dualTerm.js';
import { errorsOfNothing, type SolveErrors } from '../../transport/errors.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from '../../transport/options.js';
import { prepareClouds } from '../../transport/prepareClouds.js';
import { selfProblem, type TransportProblem } from '../../transport/problem.js';
import { convergeSelf, type SelfConvergence, zeroPotential } from '../../transport/selfPotential.js';
import { type SelfResult, solveSelf } from '../../transport/selfResult.js';
import { softmin } from '../../transport/softmin.js';
import { slopeSpread } from '../../transport/sweepErrors.js';
import { type ComputedHausdorff, hausdorffErrors } from './hausdorffErrors.js';
import { hausdorffGradient, type SymmetricPotentials } from './hausdorffGradient.js';

/** A Hausdorff divergence solved, with everything on the host and in the coordinates of the input. */
export interface HausdorffResult {
  /** [B] */
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  readonly iterations: number;
  readonly reductions: number;
  readonly epsilon: number;
  /** The largest L1 marginal error of the two symmetric problems. */
  readonly marginalError: number;
  readonly converged: boolean;
  /** Of the value, and of the gradients that were wanted. */
  readonly errors: SolveErrors;
}

/** Potentials on the host, in the input's units, as SymmetricPotentials names them. */
type HostSymmetric = Readonly<Record<'iterate' | 'self' | 'cross', Readonly<Record<Side, Float64Array>>>>;

/**
 * The Hausdorff divergence H = 1/2 <a - b, dF(a) - dF(b)>, F(a) = -1/2 OT(a, a) + eps/2 m_a^2 the Sinkhorn negentropy
 * (Feydy et al. 2019, section 3.2), with its exact gradients: no cross problem is solved.
 *
 * @throws InvalidMeasureError when the measures do not go together.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkMeasure, powerCost, runAsync, solveHausdorff } from '@sinkhorn/core';
 *
 * const pair = { x: checkMeasure('x', [[0, 0]]), y: checkMeasure('y', [[3, 4]]) };
 * const { values } = await runAsync(
 *   solveHausdorff(cpu(), pair, {
 *     cost: powerCost(2),
 *     p: 2,
 *     homogeneous: true,
 *     blur: 0.1,
 *     reach: { x: Infinity, y: Infinity },
 *     scaling: 0.5,
 *     debias: true,
 *     tolerance: 1e-3,
 *     maxIterations: 100,
 *   }),
 * );
 * if (values[0] !== 12.5) throw new Error('unexpected');
 * ```
 */
export function* solveHausdorff(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  wrt: readonly Side[] = [],
  precomputedY?: SelfResult,
): Task<HausdorffResult> {
  checkPair(pair);
  if (options.reach.x === Number.POSITIVE_INFINITY) checkEqualMasses(pair);
  if (!options.homogeneous)
    checkSymmetric('cost', options.cost, pair, 'the Hausdorff divergence needs C(x, y) = C(y, x)');
  const { x, y } = pair;
  const device = deviceFor(backend, x.batch * x.count * y.count);
  const result = yield* solveOn(device, pair, options, wrt, precomputedY);
  const { largestChange: accuracy } = options;
  if (accuracy === undefined || device.inFloat64 === undefined || isWithin(result, accuracy)) return result;
  const again = yield* solveOn(device.inFloat64, pair, options, wrt, precomputedY);
  return { ...again, reductions: result.reductions + again.reductions };
}

/** The self problem of y, to be given to many solves against it. */
export const solveHausdorffSelf = (backend: Backend, y: CheckedMeasure, options: SinkhornOptions): Task<SelfResult> =>
  solveSelf(deviceFor(backend, y.batch * y.count ** 2), y, options);

/**
 * Pairs, up to which a pass in float64 takes some milliseconds, where the device has it. Raising it makes larger problems slower and more
 * exact. Chosen, not measured.
 */
const FEW_PAIRS = 1e6;

const deviceFor = (backend: Backend, pairs: number): Backend =>
  (pairs <= FEW_PAIRS ? backend.inFloat64 : undefined) ?? backend;

const isWithin = ({ errors: { value, gradient } }: Pick<HausdorffResult, 'errors'>, accuracy: number): boolean =>
  value <= accuracy && gradient <= accuracy;

/**
 * How often potentials are taken further, where what they lack shows in the result. Raising it takes time where nothing is gained any
 * more. Chosen, not measured.
 */
const MOST_ROUNDS = 5;
/**
 * The share of the error asked for that a round is to leave. Raising it risks one more round; lowering it makes each longer. Chosen, not
 * measured.
 */
const MARGIN = 1 / 8;
/** A marginal error, relative, that float64 can just tell from 0: some of its last digits. Lower ones are never met. */
const SMALLEST_TOLERANCE = 1e-15;

function* solveOn(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  wrt: readonly Side[],
  precomputedY?: SelfResult,
): Task<HausdorffResult> {
  const { largestChange: accuracy, maxIterations, blur, p, reach } = options;
  const space = workspace(backend);
  try {
    const { problem, units, epsilon, costScale } = yield* prepareClouds(space, pair, options);
    const temperature = blur ** p;
    const rho = reach.x ** p;
    const isSame = compareContent(pair.x, pair.y) === 0;
    const spread = slopeSpread(pair, options);
    const convergeFrom = (side: Side, start: DeviceArray | undefined, tolerance: number) => {
      const self = selfProblem(problem, side);
      return convergeSelf(self, start ?? zeroPotential(self, 'x'), epsilon, {
        tolerance,
        maxIterations,
        costScale,
        // Later rounds name the very error that is to be left.
        largestChange: start ? undefined : accuracy,
      });
    };
    const uploadPrecomputed = ({ iterate, ...rest }: SelfResult): SelfConvergence => ({
      ...rest,
      iterations: 0,
      potential: space.upload(
        iterate.map((value) => value / units.energy),
        shapeOf(pair.y, 1),
      ),
    });

    let tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
    let iterations = 0;
    let [x, y]: (SelfConvergence | undefined)[] = [];
    for (let round = 1; ; round++) {
      x = yield* convergeFrom('x', x?.potential, tolerance);
      if (isSame) y = x;
      else if (!y && precomputedY) y = uploadPrecomputed(precomputedY);
      else y = yield* convergeFrom('y', y?.potential, tolerance);
      iterations += Math.max(x.iterations, y.iterations);
      const potentials = extend(problem, { x: x.potential, y: y.potential }, epsilon);
      const host = yield* readPotentials(space, potentials, units.energy);
      const values = hausdorffValue(pair, host, temperature, rho);
      const known = {
        pair,
        options,
        values,
        missing: missingOf(pair, host),
        taken: takenMass(pair, host, rho),
        precision: backend.precision,
      };
      const errorsOf = (found: Partial<HausdorffGradients>, missing = known.missing): SolveErrors => {
        const errors = hausdorffErrors({ ...known, gradients: {}, steepness: {}, ...found, missing });
        return isSame ? errorsOfNothing(errors) : errors;
      };
      /** What to leave of the marginal errors, where that would help. */
      const finer = (found: Partial<HausdorffGradients>): number | undefined => {
        if (accuracy === undefined || round === MOST_ROUNDS || tolerance <= SMALLEST_TOLERANCE) return undefined;
        const errors = errorsOf(found);
        if (isWithin({ errors }, accuracy) || !isWithin({ errors: errorsOf(found, 0) }, accuracy)) return undefined;
        const factor = (MARGIN * accuracy) / Math.max(errors.value, errors.gradient);
        return Math.max(SMALLEST_TOLERANCE, factor * Math.min(tolerance, accuracy));
      };
      let next = finer({});
      if (next === undefined) {
        const found = yield* gradientsOf(potentials, host);
        next = finer(found);
        if (next === undefined) {
          return {
            values,
            gradients: found.gradients,
            iterations,
            reductions: space.reductions,
            epsilon: temperature,
            marginalError: Math.max(x.marginalError, y.marginalError),
            converged: x.converged && y.converged,
            errors: errorsOf(found),
          };
        }
      }
      tolerance = next;
      space.release(potentials.self.x, potentials.self.y, potentials.cross.x, potentials.cross.y);
    }

    function* gradientsOf(potentials: SymmetricPotentials, host: HostSymmetric): Task<HausdorffGradients> {
      const gradients: { [S in Side]?: HostGradient } = {};
      const steepness: { [S in Side]?: Float64Array } = {};
      const slope = units.energy / units.length;
      for (const [index, side] of wrt.entries()) {
        yield* report({ stage: 'gradients', share: index / wrt.length, epsilon: temperature });
        const found = yield* hausdorffGradient(problem, side, potentials, epsilon, 0, spread / slope);
        const implicit = yield* readScaled(backend, found.implicitWeights, temperature);
        const direct = directWeights(host, side, temperature, rho);
        gradients[side] = {
          points: yield* readScaled(backend, found.points, slope),
          weights: direct.map((value, index) => value - implicit[index]),
        };
        steepness[side] = yield* readScaled(backend, found.steepness, slope);
        space.release(found.points, found.implicitWeights, found.steepness);
      }
      return { gradients, steepness };
    }
  } finally {
    space.releaseAll();
  }
}

/** Gradients, and what their errors are relative to. */
type HausdorffGradients = Pick<ComputedHausdorff, 'steepness'> & { readonly gradients: HostGradients };

function* readPotentials(
  { backend }: Workspace,
  { iterate, self, cross }: SymmetricPotentials,
  energy: number,
): Task<HostSymmetric> {
  const both = function* (arrays: Readonly<Record<Side, DeviceArray>>) {
    return { x: yield* readScaled(backend, arrays.x, energy), y: yield* readScaled(backend, arrays.y, energy) };
  };
  return { iterate: yield* both(iterate), self: yield* both(self), cross: yield* both(cross) };
}

/**
 * How many times what its last update changed a potential may be off. Over all points together it is at most once, as the update's
 * eigenvalues are between -1 and 0; at single points errors may add up, where each is much lighter than the one it looks to.
 */
const MISSING_OF_CHANGE = 3;

/** How far potentials are from their solution, at most about, in units of the cost. */
function missingOf(pair: MeasurePair, { iterate, self }: HostSymmetric): number {
  let largest = 0;
  for (const side of ['x', 'y'] as const) {
    for (const [index, weight] of pair[side].weights.entries()) {
      if (weight > 0) largest = Math.max(largest, Math.abs(self[side][index] - iterate[side][index]));
    }
  }
  return MISSING_OF_CHANGE * largest;
}

/** The largest mass of an element and side that potentials take, or that there is. */
function takenMass(pair: MeasurePair, { self, cross }: HostSymmetric, rho: number): number {
  let largest = 0;
  for (const side of ['x', 'y'] as const) {
    const { weights, masses, count } = pair[side];
    const taken = new Float64Array(masses.length);
    for (const [index, weight] of weights.entries()) {
      const least = Math.min(self[side][index], cross[side][index]);
      if (weight > 0) taken[Math.floor(index / count)] += weight * Math.exp(-least / rho);
    }
    largest = Math.max(largest, ...masses, ...taken);
  }
  return largest;
}

/** A full update of both symmetric potentials, at their own points and at the other measure's. */
function extend(
  problem: TransportProblem,
  iterate: SymmetricPotentials['iterate'],
  epsilon: number,
): SymmetricPotentials {
  return {
    iterate,
    self: {
      x: softmin(selfProblem(problem, 'x'), 'x', iterate.x, epsilon),
      y: softmin(selfProblem(problem, 'y'), 'x', iterate.y, epsilon),
    },
    cross: {
      x: softmin(problem, 'x', iterate.y, epsilon),
      y: softmin(problem, 'y', iterate.x, epsilon),
    },
  };
}

/** 1/2 (cross - self), or (rho + eps)/2 (exp(-self/rho) - exp(-cross/rho)): what a unit of weight adds. */
function directWeights({ self, cross }: HostSymmetric, side: Side, epsilon: number, rho: number): Float64Array {
  const penalty = kullbackLeibler(rho, 'float64');
  const term = mul(0.5, dualTerm(penalty, row('cross'), row('self'), parameter('epsilon')));
  return mapOnHost(term, { self: self[side], cross: cross[side] }, { ...penalty.parameters, epsilon });
}

function hausdorffValue(pair: MeasurePair, host: HostSymmetric, epsilon: number, rho: number): Float64Array {
  const sumOf = (side: Side) => {
    const { weights, batch, count }: CheckedMeasure = pair[side];
    const sums = new Float64Array(batch);
    directWeights(host, side, epsilon, rho).forEach((value, index) => {
      if (weights[index] > 0) sums[Math.floor(index / count)] += weights[index] * value;
    });
    return sums;
  };
  // Each side is summed on its own: their sum is then the same in either order.
  const y = sumOf('y');
  return sumOf('x').map((value, element) => value + y[element]);
}
