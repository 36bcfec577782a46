import type { Side } from '../../src/measure/side.js';
import type { Cloud } from './clouds.js';
import type { TwofoldCost } from './costs.js';

type Pair<Value> = { readonly x: Value; readonly y: Value };
export type DensePotentials = Pair<readonly number[]>;

/** Entropic transport between two clouds, done with whole matrices in float64: what the library is held to. */
export interface DenseProblem {
  readonly x: Cloud;
  readonly y: Cloud;
  readonly cost: TwofoldCost;
  readonly epsilon: number;
  /** Strengths of the marginal constraints; Infinity where a marginal is held exactly. */
  readonly rho: Pair<number>;
}

export const BALANCED = { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY };

/** The problem of one side with itself. */
export const denseSelf = (problem: DenseProblem, side: Side): DenseProblem => ({
  ...problem,
  x: problem[side],
  y: problem[side],
  rho: { x: problem.rho[side], y: problem.rho[side] },
});

/** -eps log sum_j b_j exp((g_j - C_ij) / eps), undamped, at any points in place of one side's. */
export function denseSoftmin(
  { x, y, cost, epsilon }: DenseProblem,
  side: Side,
  potential: readonly number[],
  at = (side === 'x' ? x : y).points,
): number[] {
  const { points, weights } = side === 'x' ? y : x;
  return at.map((point) => {
    const scores = points.map((against, j) => {
      const between = side === 'x' ? cost.plain(point, against) : cost.plain(against, point);
      return weights[j] > 0 ? Math.log(weights[j]) + (potential[j] - between) / epsilon : Number.NEGATIVE_INFINITY;
    });
    const largest = Math.max(...scores);
    return -epsilon * (largest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0)));
  });
}

/** The softmin times 1 / (1 + eps / rho): the potential that is best against the other side's. */
export const denseUpdate = (
  problem: DenseProblem,
  side: Side,
  potential: readonly number[],
  at?: readonly (readonly number[])[],
): number[] =>
  denseSoftmin(problem, side, potential, at).map((value) => value / (1 + problem.epsilon / problem.rho[side]));

/** Sinkhorn's alternate updates, until nothing changes any more. */
export function densePotentials(problem: DenseProblem): DensePotentials {
  let x = problem.x.points.map(() => 0);
  let y = problem.y.points.map(() => 0);
  for (let sweep = 0; sweep < 100_000; sweep++) {
    const nextX = denseUpdate(problem, 'x', y);
    const nextY = denseUpdate(problem, 'y', nextX);
    const change = Math.max(...nextX.map((f, i) => Math.abs(f - x[i])), ...nextY.map((g, j) => Math.abs(g - y[j])));
    [x, y] = [nextX, nextY];
    if (change < 1e-14 * Math.max(1, problem.epsilon)) return { x, y };
  }
  throw new Error('the dense iteration has not come to rest');
}

/** The potential of a cloud with itself: averaged updates, until nothing changes any more. */
export function denseSelfPotential(problem: DenseProblem): readonly number[] {
  let potential = problem.x.points.map(() => 0);
  for (let sweep = 0; sweep < 1000; sweep++) {
    const next = denseUpdate(problem, 'x', potential).map((value, i) => (value + potential[i]) / 2);
    const change = Math.max(...next.map((value, i) => Math.abs(value - potential[i])));
    potential = next;
    if (change < 1e-15 * Math.max(1, problem.epsilon)) return potential;
  }
  throw new Error('the dense iteration has not come to rest');
}

/** pi_ij = a_i b_j exp((f_i + g_j - C_ij) / eps) */
export const densePlan = ({ x, y, cost, epsilon }: DenseProblem, potentials: DensePotentials): number[][] =>
  x.points.map((point, i) =>
    y.points.map(
      (against, j) =>
        x.weights[i] *
        y.weights[j] *
        Math.exp((potentials.x[i] + potentials.y[j] - cost.plain(point, against)) / epsilon),
    ),
  );

/** What a plan sends out from each point of one side. */
export const marginalOf = (plan: readonly (readonly number[])[], side: Side): number[] =>
  side === 'x'
    ? plan.map((row) => row.reduce((sum, value) => sum + value, 0))
    : plan[0].map((_, j) => plan.reduce((sum, row) => sum + row[j], 0));

/** sum_k p_k log(p_k / q_k) - p_k + q_k */
const relativeEntropy = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, value, k) => sum + (value > 0 ? value * Math.log(value / q[k]) : 0) - value + q[k], 0);

/**
 * The cost of the best plan by the definition of entropic transport, from the plan and not from the potentials:
 * <pi, C> + eps KL(pi | a x b) + rho_x KL(pi 1 | a) + rho_y KL(pi' 1 | b).
 */
export function denseTransportCost(problem: DenseProblem): number {
  const { x, y, cost, epsilon, rho } = problem;
  const plan = densePlan(problem, densePotentials(problem));
  const product = x.weights.flatMap((a) => y.weights.map((b) => a * b));
  const moved = plan.reduce(
    (sum, row, i) => sum + row.reduce((inner, mass, j) => inner + mass * cost.plain(x.points[i], y.points[j]), 0),
    0,
  );
  const created = (['x', 'y'] as const).reduce((sum, side) => {
    if (rho[side] === Number.POSITIVE_INFINITY) return sum;
    return sum + rho[side] * relativeEntropy(marginalOf(plan, side), problem[side].weights);
  }, 0);
  return moved + epsilon * relativeEntropy(plan.flat(), product) + created;
}

/** The Sinkhorn divergence: OT(a, b) - OT(a, a) / 2 - OT(b, b) / 2 + eps / 2 (m_a - m_b)^2. */
export function denseDivergence(problem: DenseProblem): number {
  const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);
  const selves = denseTransportCost(denseSelf(problem, 'x')) + denseTransportCost(denseSelf(problem, 'y'));
  const massTerm = (problem.epsilon / 2) * (total(problem.x.weights) - total(problem.y.weights)) ** 2;
  return denseTransportCost(problem) - selves / 2 + massTerm;
}
