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

/** Puts the elements of a batch together, in the units of the input. */
export function* joinElements(
  { pair, options, rho, isBalanced, isSame, longest }: NewtonContext,
  solved: readonly SolvedElement[],
  start: SinkhornStart,
): Task<SinkhornResult> {
  const epsilon = options.blur ** options.p;
  const joined = (side: Side, of: (one: SolvedElement) => Float64Array | undefined): Float64Array | undefined => {
    const parts = solved.map(of);
    if (parts.some((part) => part === undefined)) return undefined;
    const { count } = pair[side];
    const result = new Float64Array(count * solved.length);
    for (const [element, part] of parts.entries()) result.set(part as Float64Array, element * count);
    return result;
  };
  const potentialsOf = (
    of: (one: SolvedElement, side: Side, problem: 'cross' | 'self') => Float64Array | undefined,
  ) => {
    const f_ba = joined('x', (one) => of(one, 'x', 'cross'));
    const g_ab = joined('y', (one) => of(one, 'y', 'cross'));
    if (!f_ba || !g_ab) throw new Error('there is no potential of the cross problem');
    return {
      f_ba,
      g_ab,
      f_aa: joined('x', (one) => of(one, 'x', 'self')),
      g_bb: joined('y', (one) => of(one, 'y', 'self')),
    } satisfies HostPotentials;
  };
  const inShares = yield* balanced(pair, options, {
    potentials: potentialsOf((one, side, problem) => one.final[side][problem]?.potential),
    iterates: potentialsOf((one, side, problem) => one.iterates[side][problem]),
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
