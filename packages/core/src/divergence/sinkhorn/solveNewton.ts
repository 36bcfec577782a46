import { UnsupportedError } from '../../errors.js';
import { diameter } from '../../measure/frame.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import { findAsymmetry } from '../../measure/symmetry.js';
import type { Task } from '../../tasks/task.js';
import { checkProblem } from '../../transport/checkProblem.js';
import { strengths } from '../../transport/context.js';
import type { SinkhornResult, SinkhornStart } from '../../transport/dualSolver.js';
import type { NewtonContext } from '../../transport/newton/elementProblem.js';
import { joinElements } from '../../transport/newton/joinElements.js';
import { type SolvedElement, solveElement } from '../../transport/newton/solveElement.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from '../../transport/options.js';
import { better, isEnough } from './better.js';

/**
 * The relative marginal error that a solve on the host comes to unless it is asked for less: next to nothing, and ten thousand roundings.
 * Raising it saves about a Newton step, which doubles the digits.
 */
const TARGET = 1e-12;
/**
 * Solves entropic transport on the host in float64, by Newton's method where alternating updates are slow: for problems that are too
 * small for a device, and for blurs that are too small for sweeps.
 *
 * @returns undefined where the measures are large and nearly all of their pairs count.
 */
export function* solveNewton(
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart = {},
): Task<SinkhornResult | undefined> {
  const found = yield* solveFrom(pair, options, start);
  if (!found || !start.iterates || isEnough(found, options)) return found;
  // A start that leads astray, as where mass of one far point stands at the wrong ones, is no reason to end there.
  const anew = yield* solveFrom(pair, options, { selfY: start.selfY });
  return anew && better(found, anew);
}

function* solveFrom(
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart,
): Task<SinkhornResult | undefined> {
  checkProblem(pair, options);
  const rho = strengths(options);
  const isBalanced = rho.x === Number.POSITIVE_INFINITY && rho.y === Number.POSITIVE_INFINITY;
  const order = compareContent(pair.x, pair.y);
  const isSame =
    order === 0 && rho.x === rho.y && (options.homogeneous || findAsymmetry(options.cost, pair) === undefined);
  const context: NewtonContext = {
    pair,
    options,
    rho,
    isBalanced,
    first: order <= 0 ? 'x' : 'y',
    isSame,
    longest: diameter([pair.x, pair.y]),
    target: Math.min(options.tolerance ?? DEFAULT_TOLERANCE, TARGET),
    maxIterations: options.maxIterations,
  };
  const solved: SolvedElement[] = [];
  for (let element = 0; element < pair.x.batch; element++) {
    const one = yield* solveElement(context, element, start);
    if (!one) return undefined;
    solved.push(one);
  }
  return yield* joinElements(context, solved, start);
}

/** The same where nothing else is wanted. @throws UnsupportedError where it is no method for the problem. */
export function* solveOnlyNewton(
  pair: MeasurePair,
  options: SinkhornOptions,
  start: SinkhornStart = {},
): Task<SinkhornResult> {
  const result = yield* solveNewton(pair, options, start);
  if (result) return result;
  throw new UnsupportedError(
    "method 'newton' is not for this: nearly all pairs count at this blur; use 'auto' or 'alternating'",
  );
}
