import { InvalidOptionError } from '../errors.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import { type Cancellation, NOTHING_CANCELS, worse } from './cancellation.js';
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
import { kindOf } from './planFormulas.js';
import { type PlanPasses, withPasses } from './planPasses.js';
import { ROUNDING, ROUNDOFF } from './rounding.js';
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

/** How many roundings are left of a sum. Raising it tells larger errors of small results. Chosen. */
const SUMMED = 4;

/** The systems of a solved problem, each with passes over its plan, and an account of what was done with them. */
export interface SolvedSystems {
  readonly accuracy: Accuracy;
  /** Does something with the plan from x to y. */
  cross<Result>(use: (system: OptimalitySystem) => Task<Result>): Task<Result>;
  /** Does something with the plan of a side's measure to itself, where there is debiasing. */
  self<Result>(side: Side, use: (system: OptimalitySystem) => Task<Result>): Task<Result>;
  /** Takes down what a solve took, and gives what it gave. */
  solved<Found extends Solving>(found: Found): Found;
  /**
   * Takes down of how large numbers a result is a sum: of changes of the plan, or of changes of potentials, whose errors are larger. Those of
   * the plan go with the norm of the error in the system, whose square is at most the error times the residual.
   */
  cancels(found: Cancellation, of?: 'plan' | 'potentials'): void;
  diagnostics(): DerivativeDiagnostics;
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
  const unsolved = { plan: 0, potentials: 0 };
  let smallest = 1;
  let unsettled = 0;
  let areSettled = true;
  let areMerged = false;
  let reductions = 0;
  const kinks = new Map<string, number>();
  let rounding = 0;
  let rounded = 0;
  let roundoff = 0;
  let entry = 0;
  const cancellations: { plan: Cancellation; potentials?: Cancellation } = { plan: NOTHING_CANCELS };
  const counted = function* <Result>(task: (system: OptimalitySystem) => Task<Result>, system: OptimalitySystem) {
    rounding = Math.max(rounding, ROUNDING[system.passes.precision]);
    roundoff = Math.max(roundoff, SUMMED * ROUNDOFF[system.passes.precision]);
    try {
      return yield* task(system);
    } finally {
      reductions += system.passes.reductions;
    }
  };
  const note = (name: string, rows: Side, columns: Side) => {
    const { pair, options: solved } = source;
    // |x - y|^2 / 2 is smooth; of other costs nobody knows.
    if (kindOf(solved) === 'square' || kinks.has(name)) return;
    kinks.set(name, coincidentPoints(pair[rows], pair[columns]));
  };
  /** Whether points fall onto each other in float32 that do not lie there, so that their slopes are lost. */
  const noteMerged = (name: string, { precision, points, pair }: PlanPasses) => {
    const known = kinks.get(name);
    if (precision === 'float64' || known === undefined) return;
    const x = { ...pair.x, points: Float32Array.from(points.x) };
    const y = pair.y === pair.x ? x : { ...pair.y, points: Float32Array.from(points.y) };
    if (coincidentPoints(x, y) > known) areMerged = true;
  };
  const estimatedError = (): number => {
    const ofPlan = unsettled + source.marginalError + rounding / smallest + rounded;
    const told = (['plan', 'potentials'] as const).map((name) => {
      const { net, parts, rounds } = cancellations[name] ?? NOTHING_CANCELS;
      // What cancels in sums over a plan is not where its errors are.
      const left = name === 'plan' ? Math.hypot(parts * residual, unsolved.plan) : parts * unsolved.potentials;
      return net * ofPlan + left + parts * entry + rounds * roundoff;
    });
    const largest = Math.max(told[0], cancellations.potentials ? told[1] : 0);
    // Of numbers that are beyond all bounds nothing is known.
    return Number.isNaN(largest) ? 1 : Math.min(1, largest);
  };
  return {
    accuracy,
    *cross(use) {
      note('cross', 'x', 'y');
      const potentials = bySide((side) => potentialsOf(source.potentials, side).cross);
      return yield* withPasses(source, potentials, accuracy.tolerance, (passes) => {
        noteMerged('cross', passes);
        return counted(use, crossSystem(passes));
      });
    },
    *self(side, use) {
      note(side, side, side);
      const { self } = potentialsOf(source.potentials, side);
      if (!self) throw new InvalidOptionError('there are no potentials of measures with themselves: debias is false');
      const measure = source.pair[side];
      const reach = bySide(() => source.options.reach[side]);
      const own = { ...source, pair: { x: measure, y: measure }, options: { ...source.options, reach } };
      return yield* withPasses(own, { x: self, y: self }, accuracy.tolerance, (passes) => {
        noteMerged(side, passes);
        return counted(use, selfSystem(passes));
      });
    },
    solved(found) {
      iterations = Math.max(iterations, found.iterations);
      residual = found.residuals.reduce((largest, one) => Math.max(largest, one), residual);
      for (const [k, one] of found.residuals.entries()) {
        unsolved.plan = Math.max(unsolved.plan, one * Math.sqrt(found.amplifications[k]));
        unsolved.potentials = Math.max(unsolved.potentials, one * found.amplifications[k]);
      }
      smallest = Math.min(smallest, found.smallest);
      rounding = Math.max(rounding, found.rounding);
      rounded = Math.max(rounded, found.rounded);
      entry = Math.max(entry, found.entry);
      unsettled = Math.max(unsettled, found.unsettled);
      areSettled &&= found.unsettled <= Math.min(SETTLED, SETTLED_IN_ROOTS * Math.sqrt(found.smallest));
      return found;
    },
    cancels(found, of = 'plan') {
      cancellations[of] = worse(cancellations[of] ?? NOTHING_CANCELS, found);
    },
    diagnostics: () => ({
      estimatedError: areMerged ? 1 : estimatedError(),
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
