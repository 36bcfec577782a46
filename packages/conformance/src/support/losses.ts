import {
  type Backend,
  checkMeasure,
  type HausdorffResult,
  type Measure,
  type MeasurePair,
  type MmdOptions,
  type MmdResult,
  powerCost,
  runAsync,
  type Side,
  type SinkhornOptions,
  type SinkhornResult,
  solveHausdorff,
  solveMmd,
  solveSinkhorn,
} from '@sinkhorn/core';
import type { Tolerances } from '../tolerances.js';
import type { Problem } from './problem.js';
import { scalesOf } from './scales.js';

/** What losses run on. */
export interface Losses {
  readonly backend: Backend;
  readonly tolerances: Tolerances;
}

/** The measures as the solvers take them. */
export const pairOf = (x: Measure, y: Measure): MeasurePair => ({ x: checkMeasure('x', x), y: checkMeasure('y', y) });

/** The options that core's solvers take. */
export function optionsFor({ tolerances }: Losses, pair: MeasurePair, problem: Problem): SinkhornOptions {
  const { p = 2, cost, blur, reach = Number.POSITIVE_INFINITY, debias = true, scaling = 0.5, diameter } = problem;
  return {
    cost: cost ?? powerCost(p),
    p,
    homogeneous: cost === undefined,
    blur,
    reach: typeof reach === 'number' ? { x: reach, y: reach } : reach,
    scaling,
    diameter,
    debias,
    tolerance: problem.tolerance === null ? null : scalesOf(tolerances, pair, problem).marginal,
    maxIterations: problem.maxIterations ?? 2000,
  };
}

/** Solves a Sinkhorn problem. */
export function sinkhorn(
  losses: Losses,
  x: Measure,
  y: Measure,
  problem: Problem,
  wanted: readonly Side[] = [],
): Promise<SinkhornResult> {
  const pair = pairOf(x, y);
  return runAsync(solveSinkhorn(losses.backend, pair, optionsFor(losses, pair, problem), wanted));
}

/** Solves a Hausdorff problem. */
export function hausdorff(
  losses: Losses,
  x: Measure,
  y: Measure,
  problem: Problem,
  wanted: readonly Side[] = [],
): Promise<HausdorffResult> {
  const pair = pairOf(x, y);
  return runAsync(solveHausdorff(losses.backend, pair, optionsFor(losses, pair, problem), wanted));
}

/** Computes a kernel norm. */
export const mmd = (
  { backend }: Losses,
  x: Measure,
  y: Measure,
  options: MmdOptions,
  wanted: readonly Side[] = [],
): Promise<MmdResult> => runAsync(solveMmd(backend, pairOf(x, y), options, wanted));
