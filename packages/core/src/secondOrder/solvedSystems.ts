import { InvalidOptionError } from '../errors.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import { coincidentPoints } from './coincident.js';
import { checkDerivativeOptions, type DerivativeDiagnostics, type DerivativeOptions } from './linearOptions.js';
import {
  type Accuracy,
  crossSystem,
  type OptimalitySystem,
  SOFT,
  type Solving,
  selfSystem,
} from './optimalitySystem.js';
import { withPasses } from './planPasses.js';
import { ROUNDING } from './rounding.js';
import type { SolvedSource } from './source.js';

/**
 * How far potentials may be from those that meet the conditions, in temperatures: what goes between parts of the plan is off by as much,
 * relative, and so is what it says of how they move against each other. Raising it calls less exact derivatives determined.
 */
const SETTLED = 0.1;

/**
 * The same over the root of the smallest eigenvalue: of parts that exchange little, potentials move little against each other where points
 * only move within them, and an error of what they exchange is a large share of that. Chosen on 600 problems of two and three parts, of
 * which none is called determined by it with a product more than 4 % off; with the other limit alone two were, by 21 and 33 %.
 */
const SETTLED_IN_ROOTS = 0.5;

/** The systems of a solved problem, each with passes over its plan, and an account of what was done with them. */
export interface SolvedSystems {
  readonly accuracy: Accuracy;
  /** Does something with the plan from x to y. */
  cross<Result>(use: (system: OptimalitySystem) => Task<Result>): Task<Result>;
  /** Does something with the plan of a side's measure to itself, where there is debiasing. */
  self<Result>(side: Side, use: (system: OptimalitySystem) => Task<Result>): Task<Result>;
  /** Takes down what a solve took, and gives what it gave. */
  solved<Found extends Solving>(found: Found): Found;
  /** @param cancelled - how many times smaller than what it is the difference of a result is: errors are as much larger of it. Default 1. */
  diagnostics(cancelled?: number): DerivativeDiagnostics;
}

/** @throws what `checkDerivativeOptions` does. */
export function systemsOf(
  name: string,
  source: SolvedSource,
  options: DerivativeOptions = {},
  others: readonly string[] = [],
): SolvedSystems {
  const accuracy = checkDerivativeOptions(name, source, options, others);
  let iterations = 0;
  let residual = 0;
  let smallest = 1;
  let unsettled = 0;
  let areSettled = true;
  let reductions = 0;
  const kinks = new Map<string, number>();
  let rounding = 0;
  let rounded = 0;
  const counted = function* <Result>(task: (system: OptimalitySystem) => Task<Result>, system: OptimalitySystem) {
    rounding = Math.max(rounding, ROUNDING[system.passes.precision]);
    try {
      return yield* task(system);
    } finally {
      reductions += system.passes.reductions;
    }
  };
  const note = (name: string, rows: Side, columns: Side) => {
    const { pair, options: solved } = source;
    // |x - y|^2 / 2 is smooth; of other costs nobody knows.
    if ((solved.homogeneous && solved.p === 2) || kinks.has(name)) return;
    kinks.set(name, coincidentPoints(pair[rows], pair[columns]));
  };
  return {
    accuracy,
    *cross(use) {
      note('cross', 'x', 'y');
      const potentials = bySide((side) => potentialsOf(source.potentials, side).cross);
      return yield* withPasses(source, potentials, accuracy.tolerance, (passes) => counted(use, crossSystem(passes)));
    },
    *self(side, use) {
      note(side, side, side);
      const { self } = potentialsOf(source.potentials, side);
      if (!self) throw new InvalidOptionError('there are no potentials of measures with themselves: debias is false');
      const measure = source.pair[side];
      const reach = bySide(() => source.options.reach[side]);
      const own = { ...source, pair: { x: measure, y: measure }, options: { ...source.options, reach } };
      return yield* withPasses(own, { x: self, y: self }, accuracy.tolerance, (passes) =>
        counted(use, selfSystem(passes)),
      );
    },
    solved(found) {
      iterations = Math.max(iterations, found.iterations);
      residual = found.residuals.reduce((largest, one) => Math.max(largest, one), residual);
      smallest = Math.min(smallest, found.smallest);
      rounding = Math.max(rounding, found.rounding);
      rounded = Math.max(rounded, found.rounded);
      unsettled = Math.max(unsettled, found.unsettled);
      areSettled &&= found.unsettled <= Math.min(SETTLED, SETTLED_IN_ROOTS * Math.sqrt(found.smallest));
      return found;
    },
    diagnostics: (cancelled = 1) => ({
      estimatedError: Math.min(
        1,
        cancelled * (unsettled + source.marginalError + residual + rounding / smallest + rounded),
      ),
      iterations,
      residual,
      tolerance: accuracy.tolerance,
      converged: residual <= accuracy.tolerance,
      marginalError: source.marginalError,
      smallestEigenvalue: smallest,
      determined: smallest > SOFT * Math.max(source.marginalError, residual, rounding) && areSettled,
      coincident: [...kinks.values()].reduce((sum, count) => sum + count, 0),
      reductions,
      backend: source.backend.name,
    }),
  };
}
