import { distance, exp, type HostGradients, mul, power, type Side, squaredDistance, sub } from '@sinkhorn/core';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check } from '../../support/check.js';
import { batchOf, type Cloud, cloud } from '../../support/clouds.js';
import { kernels } from '../../support/kernels.js';
import { hausdorff, type Losses, mmd, sinkhorn } from '../../support/losses.js';
import { naiveLosses } from '../../support/naiveLosses.js';
import { fingerprint, problemText } from '../../support/oracle.js';
import type { Problem } from '../../support/problem.js';
import { type Random, random } from '../../support/random.js';

const STEP = 1e-5;

/** A loss on clouds or batches of them. */
type Loss = (
  losses: Losses,
  x: Cloud,
  y: Cloud,
  wanted: readonly Side[],
) => Promise<{ values: Float64Array; gradients: HostGradients }>;

interface NamedLoss {
  readonly loss: Loss;
  /** All that it says. */
  readonly text: string;
}

/** A way to move both clouds: what is added to points and to weights. */
interface Direction {
  readonly label: string;
  readonly side: Side;
  readonly part: 'points' | 'weights';
  readonly change: Float64Array;
}

function direction(draw: Random, side: Side, part: Direction['part'], of: Cloud, keepMass: boolean): Direction {
  const change = Float64Array.from(part === 'points' ? of.data : of.weights, () => draw.normal());
  const mean = change.reduce((sum, entry) => sum + entry, 0) / change.length;
  const kept = part === 'weights' && keepMass ? change.map((entry) => entry - mean) : change;
  // Weights stay positive: they are about 1 / N.
  const scaled = part === 'weights' ? kept.map((entry) => entry / of.weights.length) : kept;
  return { label: `${part} of ${side}`, side, part, change: scaled };
}

function along(of: Cloud, { part, change }: Direction, step: number): Cloud {
  const shift = (list: Float64Array) => list.map((entry, index) => entry + step * change[index]);
  return part === 'points' ? { ...of, data: shift(of.data) } : { ...of, weights: shift(of.weights) };
}

/** Holds the gradients of a loss to central differences, in random directions of points and weights of both clouds. */
async function checkGradients(
  subject: Subject,
  label: string,
  { loss, text }: NamedLoss,
  keepMass: boolean,
  masses = [1, 1],
): Promise<void> {
  const draw = random(9);
  const x = cloud(draw, { count: 6, dimension: 2, mass: masses[0] });
  const y = cloud(draw, { count: 5, dimension: 2, from: 0.3, mass: masses[1] });
  const directions = (['x', 'y'] as const).flatMap((side) => {
    const of = side === 'x' ? x : y;
    return (['points', 'points', 'weights', 'weights'] as const).map((part) =>
      direction(draw, side, part, of, keepMass),
    );
  });
  const { gradients } = await loss(subject, x, y, ['x', 'y']);
  // The differences need float64, and are all solved at once, as one batch.
  const precise: Losses = subject.backend.precision === 'float64' ? subject : naiveLosses();
  const both = (step: number) =>
    directions.map((to) => ({
      x: to.side === 'x' ? along(x, to, step) : x,
      y: to.side === 'y' ? along(y, to, step) : y,
    }));
  const moved = [...both(STEP), ...both(-STEP)];
  const [xs, ys] = [batchOf(moved.map((clouds) => clouds.x)), batchOf(moved.map((clouds) => clouds.y))];
  const solve = async () => (await loss(precise, xs, ys, [])).values;
  // The values of the subject itself are nobody else's.
  const key = `differences ${fingerprint(text, xs.data, xs.weights, ys.data, ys.weights)}`;
  const [values] = precise === subject ? [await solve()] : await subject.recall(key, async () => [await solve()]);
  directions.forEach(({ label: where, side, part, change }, k) => {
    const difference = (values[k] - values[k + directions.length]) / (2 * STEP);
    const gradient = gradients[side]?.[part] ?? new Float64Array();
    check(gradient.length === change.length, `${label}: the gradient in ${where} has ${gradient.length} entries`);
    const terms = change.map((entry, index) => entry * gradient[index]);
    const derivative = terms.reduce((sum, term) => sum + term, 0);
    const size = Math.sqrt(terms.reduce((sum, term) => sum + term ** 2, 0)) + Math.abs(difference);
    const error = Math.abs(derivative - difference);
    check(
      error <= subject.tolerances.difference * size,
      `${label}, ${where}: the derivative is ${derivative} and the central difference ${difference}, off by ${error / size}`,
    );
  });
}

const sinkhornLoss = (problem: Problem): NamedLoss => ({
  text: `S ${problemText(problem, 2)}`,
  loss: (losses, x, y, wanted) => sinkhorn(losses, x, y, problem, wanted),
});
const hausdorffLoss = (problem: Problem): NamedLoss => ({
  text: `H ${problemText(problem, 2)}`,
  loss: (losses, x, y, wanted) => hausdorff(losses, x, y, problem, wanted),
});

const BALANCED: readonly Problem[] = [
  { p: 1, blur: 0.2 },
  { p: 2, blur: 0.3 },
];
const UNBALANCED: readonly Problem[] = [
  { p: 1, blur: 0.2, reach: 0.6 },
  { p: 2, blur: 0.3, reach: 0.6 },
];
const ONE_SIDED: readonly Problem[] = [
  { p: 2, blur: 0.3, reach: { x: 0.5, y: 2 } },
  { p: 2, blur: 0.3, reach: { x: 0.5, y: Number.POSITIVE_INFINITY } },
];
const CUSTOM: readonly Problem[] = [
  { p: 2, blur: 0.3, cost: (x, y) => power(distance(x, y), 1.5) },
  { p: 1, blur: 0.2, cost: (x, y) => sub(1, exp(mul(-2, squaredDistance(x, y)))) },
];

/** Property 9. */
export const gradientTests: readonly ConformanceTest[] = [
  {
    id: 'property/09-gradients-sinkhorn',
    title: 'gradients of S in points and weights against central differences, also for costs that are formulas',
    async run(subject) {
      for (const problem of [...BALANCED, ...CUSTOM]) {
        await checkGradients(subject, `S, ${JSON.stringify(problem)}`, sinkhornLoss(problem), true);
      }
    },
  },
  {
    id: 'property/09-gradients-unbalanced',
    title: 'gradients of S where mass may be created and destroyed, as much or not on both sides',
    async run(subject) {
      for (const problem of [...UNBALANCED, ...ONE_SIDED]) {
        await checkGradients(subject, `S, ${JSON.stringify(problem)}`, sinkhornLoss(problem), false, [1, 1.6]);
      }
    },
  },
  {
    id: 'property/09-gradients-entropic',
    title: 'gradients of entropic transport, without debiasing, balanced and not',
    async run(subject) {
      const [balanced, unbalanced] = [BALANCED[1], UNBALANCED[1]].map((problem) => ({ ...problem, debias: false }));
      await checkGradients(subject, 'balanced', sinkhornLoss(balanced), true);
      await checkGradients(subject, 'unbalanced', sinkhornLoss(unbalanced), false, [1, 1.6]);
    },
  },
  {
    id: 'property/09-gradients-hausdorff',
    title: 'gradients of H in points and weights against central differences, balanced and not',
    async run(subject) {
      for (const problem of [...BALANCED, CUSTOM[0]]) {
        await checkGradients(subject, `H, ${JSON.stringify(problem)}`, hausdorffLoss(problem), true);
      }
      for (const problem of UNBALANCED) {
        await checkGradients(subject, `H, ${JSON.stringify(problem)}`, hausdorffLoss(problem), false, [1, 1.6]);
      }
    },
  },
  {
    id: 'property/09-gradients-mmd',
    title: 'gradients of kernel norms in points and weights against central differences',
    async run(subject) {
      for (const [label, options] of Object.entries(kernels(0.4))) {
        const loss: Loss = (losses, x, y, wanted) => mmd(losses, x, y, options, wanted);
        await checkGradients(subject, label, { loss, text: label }, false, [1, 1.6]);
      }
    },
  },
];
