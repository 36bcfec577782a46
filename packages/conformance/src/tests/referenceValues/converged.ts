import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { pairOf, sinkhorn } from '../../support/losses.js';
import { allowedGradient, allowedPotential, allowedValue, scalesOf } from '../../support/scales.js';
import { cases, centred, cloudFrom, problemOf, type SinkhornCase } from './cases.js';

/** Below this distance of the contraction rate to 1 the plan splits into blocks, each with a constant of its own. */
const SMALLEST_GAP = 1e-9;
/** What is asked for then: updates between the blocks would go on forever. */
const LOOSE = 1e-6;

const difference = (one: ArrayLike<number>, two: ArrayLike<number>): number[] =>
  Array.from(one, (value, index) => value - two[index]);

async function checkConverged(subject: Subject, given: SinkhornCase): Promise<void> {
  const { tolerances } = subject;
  const { converged: exact, a, b, reach } = given;
  const [x, y] = [cloudFrom(given.x, a), cloudFrom(given.y, b)];
  const gap = 1 - exact.contraction_rate;
  const settles = gap > SMALLEST_GAP;
  const problem = { ...problemOf(given), tolerance: settles ? undefined : LOOSE };
  const scales = scalesOf(tolerances, pairOf(x, y), problem);
  for (const debias of [true, false]) {
    const label = `${given.id}${debias ? '' : ' without debiasing'}`;
    const result = await sinkhorn(subject, x, y, { ...problem, debias }, ['x', 'y']);
    const { f_ba, g_ab, f_aa, g_bb } = result.potentials;
    const allowed = allowedValue(scales, tolerances.value);
    checkClose(`${label}: value`, result.values, [debias ? exact.S : exact.OT_ab], allowed);
    for (const [side, points, weights] of [
      ['x', debias ? exact.S_grad_x : exact.OT_grad_x, a],
      ['y', debias ? exact.S_grad_y : exact.OT_grad_y, b],
    ] as const) {
      const limit = allowedGradient(scales, tolerances.gradient, weights, points.flat());
      checkClose(`${label}: gradient in ${side}`, result.gradients[side]?.points ?? [], points.flat(), limit);
    }
    if (!settles || scales.marginal > gap) continue;
    // Balanced potentials and gradients in weights are given up to a constant.
    const balanced = reach === null;
    const free = (values: ArrayLike<number>, weights: ArrayLike<number>) =>
      balanced ? centred(values, weights) : values;
    const limit = allowedPotential(scales, tolerances.value, gap);
    const f = debias ? difference(f_ba, f_aa ?? []) : f_ba;
    const g = debias ? difference(g_ab, g_bb ?? []) : g_ab;
    const exactF = debias ? difference(exact.f_ab, exact.f_aa) : exact.f_ab;
    const exactG = debias ? difference(exact.g_ab, exact.g_bb) : exact.g_ab;
    checkClose(`${label}: F`, free(f, a), free(exactF, a), limit);
    checkClose(`${label}: G`, free(g, b), free(exactG, b), limit);
    const weightGradients = [
      ['x', debias ? exact.S_grad_a : exact.OT_grad_a, a],
      ...(debias ? ([['y', exact.S_grad_b, b]] as const) : []),
    ] as const;
    for (const [side, gradient, weights] of weightGradients) {
      // (rho + eps) exp(-f / rho) varies (1 + eps / rho) times as much as f does, and more where f is below 0.
      const steepness =
        (1 + (given.blur / (reach ?? Number.POSITIVE_INFINITY)) ** given.p) * steepest(f_ba, g_ab, given);
      const found = result.gradients[side]?.weights ?? [];
      const where = `${label}: gradient in the weights of ${side}`;
      checkClose(where, free(found, weights), free(gradient, weights), limit * steepness);
    }
  }
}

/** The largest exp(-f / rho): how much more mass there may be than the weights say. */
function steepest(f: ArrayLike<number>, g: ArrayLike<number>, { reach, p }: SinkhornCase): number {
  if (reach === null) return 1;
  const lowest = Math.min(0, ...Array.from(f), ...Array.from(g));
  return Math.exp(-lowest / reach ** p);
}

/** The solutions themselves. */
export const convergedTests: readonly ConformanceTest[] = Object.entries(cases).map(([name, list]) => ({
  id: `reference/converged-${name}`,
  title: `values, potentials and gradients of the ${list.length} solved problems ${name}`,
  async run(subject) {
    for (const given of list) await checkConverged(subject, given);
  },
}));
