import { diameter } from '../../measure/frame.js';
import { bySide, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { balanced } from '../balancedPotentials.js';
import { penalties, temperaturesIn } from '../context.js';
import type { SinkhornResult, SinkhornStart } from '../dualSolver.js';
import { errorsOfNothing, type SolveErrors, worstErrors } from '../errors.js';
import type { HostPotentials } from '../hostPotentials.js';
import { DEFAULT_TOLERANCE } from '../options.js';
import { sinkhornValue, weightGradient } from '../value.js';
import type { NewtonContext } from './elementProblem.js';
import type { SolvedElement } from './solveElement.js';
import { solveErrors } from './solveErrors.js';

/** A potential of the cross problem, and one of the side with itself, where there is one. */
interface OfSide {
  readonly cross: Float64Array;
  readonly self?: Float64Array;
}

/** Puts the elements of a batch together, in the units of the input. */
export function* joinElements(
  { pair, options, rho, isBalanced, isSame, longest }: NewtonContext,
  solved: readonly SolvedElement[],
  start: SinkhornStart,
): Task<SinkhornResult> {
  const epsilon = options.blur ** options.p;
  const joined = (side: Side, parts: readonly Float64Array[]): Float64Array => {
    const { count } = pair[side];
    const result = new Float64Array(count * parts.length);
    for (const [element, part] of parts.entries()) result.set(part, element * count);
    return result;
  };
  const potentialsOf = (of: (one: SolvedElement, side: Side) => OfSide): HostPotentials => {
    const crossOf = (side: Side) =>
      joined(
        side,
        solved.map((one) => of(one, side).cross),
      );
    const selfOf = (side: Side) => {
      const parts = solved.map((one) => of(one, side).self);
      return parts.every((part) => part !== undefined) ? joined(side, parts) : undefined;
    };
    return { f_ba: crossOf('x'), g_ab: crossOf('y'), f_aa: selfOf('x'), g_bb: selfOf('y') };
  };
  const inShares = yield* balanced(pair, options, {
    potentials: potentialsOf(({ final }, side) => ({
      cross: final[side].cross.potential,
      self: final[side].self?.potential,
    })),
    iterates: potentialsOf(({ iterates: found }, side) => found[side]),
  });
  const ofMasses = (potential: Float64Array, side: Side): Float64Array => {
    const { count, masses } = pair[side];
    return potential.map((value, k) => value - (epsilon / 2) * Math.log(masses[Math.floor(k / count)]));
  };
  const [potentials, iterates] = [inShares.potentials, inShares.iterates].map(
    ({ f_ba, g_ab, f_aa, g_bb }): HostPotentials =>
      isBalanced
        ? {
            f_ba: ofMasses(f_ba, 'x'),
            g_ab: ofMasses(g_ab, 'y'),
            f_aa: f_aa && ofMasses(f_aa, 'x'),
            g_bb: g_bb && ofMasses(g_bb, 'y'),
          }
        : { f_ba, g_ab, f_aa, g_bb },
  );
  // What masses add to all potentials cancels between them, and at a wide blur it would take their digits along.
  const exact = options.debias ? inShares : { potentials, iterates };
  const slopes = bySide((side) => {
    const { count, dimension, masses } = pair[side];
    const result = new Float64Array(solved.length * count * dimension);
    for (const [element, { final }] of solved.entries()) {
      const mass = isBalanced ? masses[element] : 1;
      const { cross, self } = final[side];
      for (let k = 0; k < count * dimension; k++) {
        result[element * count * dimension + k] = mass * (cross.slopes[k] - (self ? self.slopes[k] : 0));
      }
    }
    return result;
  });
  // What masses differ by, no plan can make up for.
  const unequal = (element: number) => (isBalanced ? Math.abs(pair.x.masses[element] / pair.y.masses[element] - 1) : 0);
  const marginalError = Math.max(...solved.map((one, element) => Math.max(one.marginalError, unequal(element))));
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  const { epsilons } = temperaturesIn({ length: 1 }, options.diameter ?? diameter([pair.x, pair.y]), options);
  const values = yield* sinkhornValue(pair, exact.potentials, epsilon, penalties(options), exact.iterates);
  const slopesOf = (side: Side) => weightGradient(pair, side, exact.potentials, epsilon, penalties(options));
  const weightSlopes = { x: yield* slopesOf('x'), y: yield* slopesOf('y') };
  const errors = worstErrors(solved.map((one, element) => errorsOf(one, element)));
  return {
    values,
    potentials,
    iterates,
    gradients: bySide((side) => ({ points: slopes[side], weights: weightSlopes[side] })),
    iterations: Math.max(...solved.map(({ steps }) => steps)),
    reductions: solved.reduce((total, { passes }) => total + passes, 0),
    epsilons: start.iterates ? [epsilon] : epsilons,
    marginalError,
    converged: marginalError <= tolerance,
    method: 'newton',
    errors: isSame && options.debias ? errorsOfNothing(errors) : errors,
  };

  function errorsOf(
    { final, selves, costScale, remaining, crossError, selfError }: SolvedElement,
    element: number,
  ): SolveErrors {
    return solveErrors({
      value: values[element],
      epsilon,
      costScale,
      isFormula: !options.homogeneous,
      longest,
      crossError,
      selfError,
      remaining,
      sides: bySide((side) => {
        const { weights, masses, count, dimension } = pair[side];
        return {
          weights: weights.subarray(element * count, (element + 1) * count),
          rho: rho[side],
          ...final[side],
          selfMissing: selves[side]?.missing,
          unit: isBalanced ? masses[element] : 1,
          pointSlopes: slopes[side].subarray(element * count * dimension, (element + 1) * count * dimension),
          weightSlopes: weightSlopes[side].subarray(element * count, (element + 1) * count),
        };
      }),
    });
  }
}
