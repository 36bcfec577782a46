import { InvalidOptionError, UnsupportedError } from '../errors.js';
import { checkRunOptions } from '../tasks/checkRunOptions.js';
import type { RunOptions } from '../tasks/runOptions.js';
import type { Accuracy } from './optimalitySystem.js';
import type { SolvedSource } from './source.js';

/** How exactly derivatives of a solution are computed. */
export interface DerivativeOptions extends RunOptions {
  /**
   * The residual of the linear system relative to its right-hand side. Default: the tolerance of the solve, or its marginal error where
   * that is larger, since derivatives are no better than the plan they are of.
   */
  readonly tolerance?: number;
  /** Conjugate gradient steps at most. Default 1000. */
  readonly maxIterations?: number;
}

/** How derivatives were computed, and how far they can be trusted. */
export interface DerivativeDiagnostics {
  /** Conjugate gradient steps: the most that a system took. */
  readonly iterations: number;
  /**
   * The largest residual that is left of a linear system, relative to its right-hand side. Where points of small weight count as much as others, in
   * the norm without weights too.
   */
  readonly residual: number;
  /** What the residual was to be. */
  readonly tolerance: number;
  /** Whether it is. Where it is not, numbers are those of the last step. */
  readonly converged: boolean;
  /** The marginal error of the plan that derivatives are of: they are about as far off, and farther where the blur is small. */
  readonly marginalError: number;
  /**
   * About how far off derivatives are, relative to their size, 1 where nothing is known: the marginal error, the residual, what rounding
   * leaves, and by how many temperatures one more step of Newton's method would move the potentials; times of how much larger numbers a result is
   * a sum, of that of points, of weights and of lengths where that is most. Of parts of a plan that hardly move against each other up to some ten times more may be off.
   */
  readonly estimatedError: number;
  /**
   * The smallest eigenvalue of the system that was seen, between 0 and 1: 1 where potentials are tied to each other, next to 0 where the plan
   * falls into parts that exchange next to no mass, so that next to nothing says how their potentials move against each other. 0 too where
   * the steps ran out before it was found.
   */
  readonly smallestEigenvalue: number;
  /**
   * Whether it is three times above the marginal error, the residual, and what rounding leaves, and one more step of Newton's method would move
   * the potentials by a tenth of a temperature at most, and by half the root of the eigenvalue. Where it is not, changes of potentials and of gradients in weights may be wrong by a
   * number for each part of the plan, however small the residual. It is false too where numbers were too large to be told, of mass that grows far from all
   * other mass, and counted as 0: leave such points out. Otherwise solve to a smaller tolerance, which does not help where the mass between
   * parts is lost in rounding. What concerns points is as good as ever, unless the direction moves mass from one part to another.
   */
  readonly determined: boolean;
  /**
   * Points of one cloud on a different one. The cost |x - y| has no derivative there, and counts as flat; a cost of your own may have none, or
   * an infinite second one, such as |x - y|^1.5, which counts as 0. 0 for what is smooth: |x - y|^2 / 2 and the Gaussian kernel.
   */
  readonly coincident: number;
  /** Passes over all pairs. */
  readonly reductions: number;
  /** The backend that the passes were made on. */
  readonly backend: string;
}

/** Steps of conjugate gradients at most, unless the caller says. Raising it goes on for longer where a system is hopeless. Chosen. */
const MOST_ITERATIONS = 1000;
/** The relative residual after a schedule, which has no tolerance of its own: no better than its plan. */
const SCHEDULE_TOLERANCE = 1e-3;

/** Checks options and fills in defaults. @throws InvalidOptionError naming the option, UnsupportedError for a plan of cells. */
export function checkDerivativeOptions(
  name: string,
  { options: { tolerance }, marginalError, strategy, isChanged }: SolvedSource,
  options: DerivativeOptions = {},
  others: readonly string[] = [],
): Accuracy {
  if (strategy === 'separable') {
    throw new UnsupportedError(
      `${name} is of points, and this was solved along the axes of grids: set strategy: 'dense'`,
    );
  }
  if (strategy === 'multiscale') {
    throw new UnsupportedError(
      `${name} is of points, and this was solved with strategy 'multiscale', on cells: set strategy: 'dense'`,
    );
  }
  if (isChanged) {
    throw new UnsupportedError(`${name} is not there with the options penalty and root: leave them out`);
  }
  const checked = checkLinearOptions(name, options, Math.max(marginalError, tolerance ?? SCHEDULE_TOLERANCE), others);
  return { ...checked, marginalError };
}

/** Checks how exactly systems are to be solved, and fills in defaults. @throws InvalidOptionError naming the option. */
export function checkLinearOptions(
  name: string,
  options: DerivativeOptions,
  defaultTolerance: number,
  others: readonly string[] = [],
): Pick<Accuracy, 'tolerance' | 'maxIterations'> {
  checkRunOptions(options);
  const names = ['tolerance', 'maxIterations', 'signal', 'onProgress', ...others];
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    throw new InvalidOptionError(`${name} has no option '${unknown}': it has ${names.join(', ')}`);
  }
  const { tolerance = defaultTolerance, maxIterations = MOST_ITERATIONS } = options;
  // A default may be infinite, of a plan that has no marginal error that is a number.
  if (!(typeof tolerance === 'number' && tolerance > 0) || options.tolerance === Number.POSITIVE_INFINITY) {
    throw new InvalidOptionError(`tolerance is ${String(tolerance)}: give a number above 0, such as 1e-6`);
  }
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new InvalidOptionError(`maxIterations is ${String(maxIterations)}: give a whole number, 1 or more`);
  }
  return { tolerance, maxIterations };
}
