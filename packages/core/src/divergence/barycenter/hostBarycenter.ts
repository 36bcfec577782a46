import { powerCost } from '../../geometry/cost.js';
import { kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { MarginalPenalty } from '../../marginal/penalty.js';
import { diameter } from '../../measure/frame.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { Task } from '../../tasks/task.js';
import { annealing } from '../../transport/annealing.js';
import { elementOf, type HostElement } from '../../transport/newton/hostElement.js';
import type { HostProblem, HostSide } from '../../transport/newton/hostProblem.js';
import { type HostPoints, type PairCosts, pairCosts } from '../../transport/newton/pairCosts.js';
import { selfUpdates } from '../../transport/newton/selfUpdates.js';
import type { BarycenterOptions } from './problem.js';

/** A measure of a barycenter on the host, with its potential against itself. */
export interface HostMeasure {
  readonly element: HostElement;
  /** At the points that have mass; nothing where the objective is not debiased. */
  readonly own?: Float64Array;
}

/** The measures and the support of a barycenter on the host, in float64 and in the input's units. */
export interface HostBarycenter {
  /** Points of the support. */
  readonly count: number;
  readonly nodes: HostPoints;
  readonly measures: readonly HostMeasure[];
  readonly weights: readonly number[];
  readonly epsilon: number;
  readonly epsilons: readonly number[];
  /** The strength of the marginals' penalty; Infinity where all have one mass. */
  readonly rho: number;
  readonly penalty: MarginalPenalty;
  readonly debias: boolean;
  readonly costScale: number;
  /** The most mass that a measure has. */
  readonly mostMass: number;
  costs(rows: HostPoints, columns: HostPoints): PairCosts;
}

/** The marginal error of inner problems: next to nothing, and ten thousand roundings, as solves by Newton's method have. */
export const INNER_TARGET = 1e-12;
/** Steps or updates of an inner problem at most. Chosen, not measured. */
export const INNER_STEPS = 200;

/** Brings the measures of a barycenter to the host, and solves each against itself. */
export function* hostBarycenter(
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  { p, blur, weights, reach, debias }: BarycenterOptions,
): Task<HostBarycenter> {
  const all = [support, ...measures];
  const { dimension, points: nodes } = support;
  const epsilon = blur ** p;
  const rho = reach ** p;
  const longest = diameter(all);
  const costScale = longest ** p / p;
  const kind = { cost: powerCost(p), power: p };
  const costs = (rows: HostPoints, columns: HostPoints) => pairCosts(kind, rows, columns, dimension, false);
  const found: HostMeasure[] = [];
  for (const measure of measures) {
    const element = elementOf(measure, 0, rho, false);
    const own = debias
      ? yield* ownPotential(element.side, costs, element.supportPoints, epsilon, costScale)
      : undefined;
    found.push({ element, own: own?.f });
  }
  return {
    count: support.count,
    nodes,
    measures: found,
    weights,
    epsilon,
    epsilons: annealing({ diameter: longest, blur, scaling: 0.5, p }),
    rho,
    penalty: kullbackLeibler(rho, 'float64'),
    debias,
    costScale,
    mostMass: Math.max(...measures.map(({ masses }) => masses[0])),
    costs,
  };
}

/** The potential of a measure with itself, at its points, from one near by or from nothing. */
export function* ownPotential(
  side: HostSide,
  costs: HostBarycenter['costs'],
  points: HostPoints,
  epsilon: number,
  costScale: number,
  start: Float64Array = new Float64Array(side.weights.length),
) {
  const problem: HostProblem = { costs: costs(points, points), x: side, y: side, costScale };
  return yield* selfUpdates(problem, epsilon, start, { target: INNER_TARGET, maxIterations: INNER_STEPS });
}
