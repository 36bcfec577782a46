import type { CheckedWeights } from '../measure/measure.js';
import type { WeightsPair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { balanced } from './balancedPotentials.js';
import { checkSolve } from './checkSolve.js';
import { finalUpdate } from './finalUpdate.js';
import type { HostPotentials } from './hostPotentials.js';
import { iterateToTolerance } from './iterate.js';
import { DEFAULT_TOLERANCE } from './options.js';
import { selfProblem, type TransportProblem } from './problem.js';
import { convergeSelf, zeroPotential } from './selfPotential.js';
import type { SolveTransportOptions } from './solveTransportOptions.js';
import { type TakenShares, takenShares } from './takenShares.js';
import { readSolution, uploadIterates } from './transfer.js';
import { sinkhornValue, weightGradient } from './value.js';

/** A transport problem solved, with everything on the host, flat and in units of the cost. */
export interface TransportResult {
  /** [B] */
  readonly values: Float64Array;
  /** After the final full update: [B, N] and [B, M]. */
  readonly potentials: HostPotentials;
  /** Before it: what a later solve may start from. */
  readonly iterates: HostPotentials;
  /** The gradient of the value in the weights, [B, N] and [B, M]; where both marginals are met exactly up to a constant. */
  readonly weightGradients: Readonly<Record<Side, Float64Array>>;
  /** The gradient of the value in the points, [B, N, D], of the sides in `wrt`. */
  readonly pointGradients: { readonly [S in Side]?: Float64Array };
  /** Sweeps of the potentials, those of the annealing included. */
  readonly iterations: number;
  /** How many reductions over pairs the problem's workspace counted meanwhile. */
  readonly reductions: number;
  readonly epsilons: readonly number[];
  /** The largest L1 marginal error of the iterates, over sides, problems and the batch. */
  readonly marginalError: number;
  readonly converged: boolean;
}

/**
 * Solves transport between two measures by the library's own sweeps, over any geometry and with any penalties: annealing, over-relaxed
 * and accelerated updates to a marginal error, one full update at the end, and from that the value and its gradients
 * (Feydy et al. 2019, section 3; Séjourné et al. 2019, section 4).
 *
 * The value is max -<a, phi*(-f)> - <b, phi*(-g)> - eps <a x b, exp((f + g - C) / eps) - 1>, or with `debias` the Sinkhorn divergence made
 * of it. Device arrays belong to the problem's workspace, which its owner releases.
 *
 * @param pair - The weights on the host of the measures that the problem has on the device.
 * @param wrt - The sides whose gradients in the points are computed, which needs a geometry with `costGradient`.
 * @throws InvalidOptionError for an option out of range, or a parameter of a penalty that has a name of the solver's;
 * InvalidMeasureError where both marginals are to be met and masses differ; UnsupportedError where the geometry lacks what is asked for.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { annealing, checkMeasure, powerCost, runAsync } from '@sinkhorn/core';
 * import { kullbackLeibler, pairwise, rawFrame, solveTransport, uploadMeasure, workspace } from '@sinkhorn/core/extend';
 *
 * const pair = { x: checkMeasure('x', [[0, 0]]), y: checkMeasure('y', [[3, 4]]) };
 * const space = workspace(cpu());
 * const [x, y] = [pair.x, pair.y].map((measure) => uploadMeasure(space, measure, rawFrame(2)));
 * const penalty = kullbackLeibler(Infinity, 'float64');
 * const geometry = pairwise({ space, cost: powerCost(1), from: x, to: y });
 * const epsilons = annealing({ diameter: 5, blur: 0.1, scaling: 0.5, p: 1 });
 * try {
 *   const problem = { space, x, y, geometry, penalty: { x: penalty, y: penalty } };
 *   const { values, pointGradients } = await runAsync(solveTransport(problem, pair, { epsilons }, ['x']));
 *   if (values[0] !== 5 || pointGradients.x?.[0].toFixed(6) !== '-0.600000') throw new Error('unexpected');
 * } finally {
 *   space.releaseAll();
 * }
 * ```
 */
export function* solveTransport(
  problem: TransportProblem,
  pair: WeightsPair,
  options: SolveTransportOptions,
  wrt: readonly Side[] = [],
): Task<TransportResult> {
  checkSolve(problem, pair, options, wrt);
  const { space, penalty } = problem;
  const { debias, costScale = 0, tolerance = DEFAULT_TOLERANCE, maxIterations = DEFAULT_ITERATIONS } = options;
  const reductionsBefore = space.reductions;
  const stopping = { tolerance, maxIterations, costScale };
  const start = options.start && uploadIterates(space, pair, options.start, UNITS);
  const epsilons = start ? options.epsilons.slice(-1) : options.epsilons;
  const epsilon = epsilons[epsilons.length - 1];

  const solveSelf = (side: Side) => {
    const own = selfProblem(problem, side);
    return convergeSelf(own, start?.self[side] ?? zeroPotential(own, 'x'), epsilon, stopping);
  };
  const own = debias ? [yield* solveSelf('x'), yield* solveSelf('y')] : [];
  const crossed = yield* iterateToTolerance(problem, epsilons, start?.cross, options.first ?? 'x', stopping);
  const iterates = { cross: crossed.potentials, self: { x: own[0]?.potential, y: own[1]?.potential } };
  const final = yield* finalUpdate(problem, iterates, epsilon, wrt);
  const shares = yield* takenShares(problem, iterates, epsilon);
  const { slopes, ...read } = yield* readSolution(space.backend, iterates, final, UNITS);
  for (const { cross, self, gradients } of [final.x, final.y]) {
    space.release(cross, self, gradients?.cross, gradients?.self);
  }
  space.release(iterates.cross.x, iterates.cross.y, iterates.self.x, iterates.self.y);

  const found = yield* balanced(
    pair,
    { reach: bySide((side) => (penalty[side].balanced ? Number.POSITIVE_INFINITY : 0)) },
    read,
  );
  const value = yield* sinkhornValue(pair, found.potentials, epsilon, penalty, found.iterates);
  const slopesOf = (side: Side) => weightGradient(pair, side, found.potentials, epsilon, penalty);
  const weightGradients = { x: yield* slopesOf('x'), y: yield* slopesOf('y') };
  for (const side of ['x', 'y'] as const) countMass(pair[side], shares[side], epsilon, value, weightGradients[side]);
  return {
    ...found,
    values: value,
    weightGradients,
    pointGradients: slopes,
    iterations: crossed.iterations + (start ? 0 : epsilons.length),
    reductions: space.reductions - reductionsBefore,
    epsilons,
    marginalError: Math.max(crossed.marginalError, ...own.map(({ marginalError }) => marginalError)),
    converged: [crossed, ...own].every(({ converged }) => converged),
  };
}

const UNITS = { energy: 1, length: 1 };
/** Sweeps at most where none are named. Raising it goes on for longer where a problem is hopeless. Chosen, not measured. */
const DEFAULT_ITERATIONS = 1000;

/**
 * Adds to values and weight gradients what the dual terms of a side lack where its penalty does not tell the mass from the
 * potential: -t (share - 1), with the share of the measure with itself in place of 1 where that is subtracted.
 */
function countMass(
  { weights, count }: CheckedWeights,
  shares: TakenShares | undefined,
  epsilon: number,
  values: Float64Array,
  gradient: Float64Array,
): void {
  shares?.cross.forEach((share, index) => {
    const more = epsilon * (share - (shares.self?.[index] ?? 1));
    gradient[index] -= more;
    if (weights[index] > 0) values[Math.floor(index / count)] -= (weights[index] * more) / 2;
  });
}
