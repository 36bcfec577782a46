import { type Backend, type Diagnostics, energyDistance, sinkhornDivergence } from 'sinkhorn';
import type { TaskContext } from '../task';

export interface PairInput {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly p: 1 | 2;
}

/** The divergence at one blur, and its plan as a matrix: for a few hundred points. */
export interface PlanResult {
  readonly blur: number;
  readonly value: number;
  /** [N, M] */
  readonly plan: Float64Array;
  readonly diagnostics: Diagnostics;
}

/** The Sinkhorn divergence and its plan at every blur, and the kernel norm that the divergence tends to as blur grows. */
export async function curve(
  { x, y, p, blurs }: PairInput & { readonly blurs: readonly number[] },
  { backend, signal, update }: TaskContext<PlanResult>,
): Promise<{ limit: number }> {
  for (const blur of blurs) {
    await update(await solveAt(backend, { x, y, p, blur }, signal));
    signal.throwIfAborted();
  }
  const [a, b] = [planar(x), planar(y)];
  return { limit: p === 1 ? await energyDistance({ backend }).value(a, b) : meansApart(x, y) ** 2 / 2 };
}

/** The divergence and its plan at one blur. */
export async function plan(
  input: PairInput & { readonly blur: number },
  { backend, signal }: TaskContext<never>,
): Promise<PlanResult> {
  return solveAt(backend, input, signal);
}

async function solveAt(
  backend: Backend,
  { x, y, p, blur }: PairInput & { readonly blur: number },
  signal: AbortSignal,
): Promise<PlanResult> {
  const solution = await sinkhornDivergence({ backend, p, blur }).solve(planar(x), planar(y), { signal });
  return { blur, value: solution.value, plan: await solution.plan.dense(), diagnostics: solution.diagnostics };
}

const planar = (points: Float64Array) => ({ points, dimension: 2 });

/** The distance of the means: for p = 2 half its square is the kernel norm of -|x - y|^2 / 2. */
function meansApart(x: Float64Array, y: Float64Array): number {
  const mean = (points: Float64Array, d: number) =>
    points.reduce((sum, v, k) => sum + (k % 2 === d ? v : 0), 0) / (points.length / 2);
  return Math.hypot(mean(x, 0) - mean(y, 0), mean(x, 1) - mean(y, 1));
}
