import type {
  CheckedMeasure,
  DeviceClouds,
  DeviceSolution,
  HostGradients,
  MeasurePair,
  Side,
  SinkhornMethod,
  solveMmdOnDevice,
  solveNormalizedOnDevice,
  solveSinkhornOnDevice,
  Task,
} from '@sinkhorn/core';
import type { KernelNorm } from './kernelNorm.js';
import type { OnInaccurate } from './onInaccurate.js';
import type { ParameterValues } from './parameterValues.js';
import type { Approximation } from './strategy.js';

/** What an engine reports about a computation; time is measured around it. */
export interface EngineDiagnostics extends Approximation {
  readonly iterations: number;
  readonly reductions: number;
  readonly epsilons: readonly number[];
  readonly marginalError: number;
  readonly converged: boolean;
  readonly method?: SinkhornMethod;
  readonly blur?: number;
  readonly costMemory?: number;
  readonly advice?: string;
  readonly backend: string;
}

/** Gradients in measures, and in the parameters of a loss that has some, by name. */
export type LossGradients = HostGradients & { readonly parameters?: Readonly<Record<string, Float64Array>> };

/** A loss computed for one pair. */
export interface Solved {
  /** [B] */
  readonly values: Float64Array;
  /** At least those that were wanted. */
  readonly gradients: LossGradients;
  /** As they are now: gradients that are computed later have errors of their own. */
  readonly diagnostics: EngineDiagnostics;
  /** Computes gradients that were not wanted at first. */
  gradientsOf(wrt: readonly Side[]): Task<LossGradients>;
}

/** What may be there before a loss is computed. */
export interface SolveStart<Precomputed, Result> {
  /** What `prepare` gave for y. */
  readonly precomputed?: Precomputed;
  /** The result for clouds of the same sizes, close by. */
  readonly start?: Result;
  /** Values of this call, of a loss with parameters. */
  readonly parameters?: ParameterValues;
}

/** Solvers that read nothing back. Engines are given them, so that programs that do not ask for them do not load them. */
export interface DeviceSolvers {
  readonly sinkhorn: typeof solveSinkhornOnDevice;
  readonly mmd: typeof solveMmdOnDevice;
  readonly normalized: typeof solveNormalizedOnDevice;
}

/**
 * The computation behind a loss, on checked measures and as tasks: all that a loss must provide. `Precomputed` is what can
 * be computed from y alone.
 */
export interface Engine<Precomputed = unknown, Result extends Solved = Solved> {
  readonly name: string;
  /** What `value` and `valueSync` do with a value that is not accurate. Default 'warn'. */
  readonly onInaccurate?: OnInaccurate;
  /** What the loss is, where it is half a squared kernel norm. */
  readonly kernelNorm?: KernelNorm;
  /** The parameters that calls may give; absent where there are none. */
  readonly parameterNames?: readonly string[];
  prepare(y: CheckedMeasure): Task<Precomputed>;
  solve(pair: MeasurePair, wrt: readonly Side[], start: SolveStart<Precomputed, Result>): Task<Result>;
  /** The same for measures that are on the device, with results left there and nothing read; absent where that cannot be. */
  onDevice?(solvers: DeviceSolvers, clouds: DeviceClouds, wrt: readonly Side[]): Task<DeviceSolution>;
}
