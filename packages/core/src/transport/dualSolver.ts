import type { Backend } from '../backend/backend.js';
import type { HostGradients } from '../measure/hostGradients.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { SolveErrors } from './errors.js';
import type { Extension } from './extension.js';
import type { HostPotentials } from './hostPotentials.js';
import type { SinkhornOptions } from './options.js';
import type { SelfResult } from './selfResult.js';
import type { SweptProblem } from './sweepErrors.js';

/**
 * A solver of the dual of entropic transport: alternating updates over all pairs, along the axes of grids or over cells, Newton's method,
 * and those with other penalties. It finds potentials, and the value and gradients that follow from them.
 *
 * Solvers on the host ignore the backend. Some return the gradients of both sides, whatever `wrt` says. `undefined` means that the solver does
 * not handle the problem: ask another one.
 */
export type DualSolver<Result extends SinkhornResult | undefined = SinkhornResult, Options = SinkhornOptions> = (
  backend: Backend,
  pair: MeasurePair,
  options: Options,
  wrt?: readonly Side[],
  start?: SinkhornStart,
) => Task<Result>;

/** A Sinkhorn problem solved, with everything on the host and in the coordinates of the input. */
export interface SinkhornResult {
  /** [B] */
  readonly values: Float64Array;
  /** After the final full update. */
  readonly potentials: HostPotentials;
  /** Before it: what a later solve may start from, and what gradients are taken at. */
  readonly iterates: HostPotentials;
  readonly gradients: HostGradients;
  readonly iterations: number;
  /** How many reductions over pairs it took in all. */
  readonly reductions: number;
  /** Bytes in which costs of pairs were kept; 0 when absent. */
  readonly costMemory?: number;
  /** The temperatures of the annealing; the last one alone after a warm start. */
  readonly epsilons: readonly number[];
  /** The largest L1 marginal error of the iterates, over sides, problems and the batch. */
  readonly marginalError: number;
  readonly converged: boolean;
  readonly method: SinkhornMethod;
  /** Of the value, and of the gradients. */
  readonly errors: SolveErrors;
  /** The same with other gradients, after alternating updates over all pairs. */
  readonly errorsOf?: (gradients: HostGradients, later?: Later) => SolveErrors;
  /** What sweeps at the last temperature showed, for a solve that goes on from there. */
  readonly seen?: Seen;
  /** The side whose update came first in the last sweep, where there was one. */
  readonly first?: Side;
  /** How gradients are computed later, where that is not `sinkhornGradients`. */
  gradientsOf?(missing: readonly Side[]): Task<SolvedGradients>;
  /** The potentials of a side anywhere, where that is not `extendPotentials`. */
  potentialsAt?(side: Side, at: CheckedMeasure): Task<Extension>;
}

/** What one more update tells of the potentials of a result. */
export interface Later extends Partial<Pick<SweptProblem, 'crossSlopes' | 'slopeChanges' | 'slopeRoundings'>> {
  /** The potentials after one more update. */
  readonly again?: HostPotentials;
}

/** Gradients with their errors. */
export type SolvedGradients = Pick<SinkhornResult, 'gradients' | 'errors'>;

/** How potentials were found: by alternating updates on a backend, or by Newton's method on the host. */
export type SinkhornMethod = 'alternating' | 'newton';

/** How slow updates turned out to be: few sweeps from a good start do not see it again. */
export interface Seen {
  readonly sweeps: number;
  /** How many times further than what the last update changed potentials were from their solution; 0 where that is not known. */
  readonly further: number;
}

/** What is known before a solve begins. */
export interface SinkhornStart {
  /** The iterates of an earlier solve, for clouds of the same sizes: there is nothing to anneal then. */
  readonly iterates?: HostPotentials;
  /** The temperatures to go through from there, in the input's units; the last one alone when absent. */
  readonly epsilons?: readonly number[];
  /** What the solve showed that iterates are from, where this one goes on with the same problem. */
  readonly seen?: Seen;
  /** y's self problem, solved before. */
  readonly selfY?: SelfResult;
}
