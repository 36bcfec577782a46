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

/** What the inner problems of a barycenter on the host have in common, in the input's units. */
export interface HostSupport {
  /** Points of the support. */
  readonly count: number;
  readonly nodes: HostPoints;
  readonly epsilon: number;
  readonly epsilons: readonly number[];
  /** The strength of the marginals' penalty; Infinity where all have one mass. */
  readonly rho: number;
  readonly costScale: number;
  costs(rows: HostPoints, columns: HostPoints): PairCosts;
}

/** The measures and the support of a barycenter on the host, in float64. */
export interface HostBarycenter extends HostSupport {
  readonly given: HostGiven;
  readonly measures: readonly HostMeasure[];
  readonly weights: readonly number[];
  readonly penalty: MarginalPenalty;
  readonly debias: boolean;
  /** The most mass that a measure has. */
  readonly mostMass: number;
  /** What solves the inner problems, where that is not this thread. */
  readonly innerSolves?: HostInnerSolves;
}

/** What a barycenter on the host was made of. */
export interface HostGiven {
  readonly p: 1 | 2;
  readonly blur: number;
  readonly reach: number;
  /** The diameter of the support and all measures, by which potentials are annealed. */
  readonly diameter: number;
  readonly support: CheckedMeasure;
  readonly measures: readonly CheckedMeasure[];
}

/** An inner problem, solved: the potential at all nodes of the support, and at the points of the measure that have mass. */
export interface HostInnerSolution {
  readonly f: Float64Array;
  readonly g: Float64Array;
  readonly marginalError: number;
  readonly passes: number;
}

/** Solves the inner problems of an evaluation, one for each measure, from potentials g near by where there are some: as `solveInnerOnHost` does. */
export type HostInnerSolves = (
  given: HostGiven,
  shares: Float64Array,
  near: readonly Float64Array[] | undefined,
) => Task<readonly HostInnerSolution[]>;

/** The marginal error of inner problems: next to nothing, and ten thousand roundings, as solves by Newton's method have. */
export const INNER_TARGET = 1e-12;
/** Steps or updates of an inner problem at most. Chosen, not measured. */
export const INNER_STEPS = 200;

/** Brings the support of a barycenter to the host. */
export function hostSupport({ p, blur, reach, diameter: longest, support }: Omit<HostGiven, 'measures'>): HostSupport {
  const kind = { cost: powerCost(p), power: p };
  return {
    count: support.count,
    nodes: support.points,
    epsilon: blur ** p,
    epsilons: annealing({ diameter: longest, blur, scaling: 0.5, p }),
    rho: reach ** p,
    costScale: longest ** p / p,
    costs: (rows, columns) => pairCosts(kind, rows, columns, support.dimension, false),
  };
}

/** Brings the measures of a barycenter to the host, and solves each against itself. */
export function* hostBarycenter(
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  { p, blur, weights, reach, debias }: BarycenterOptions,
  innerSolves?: HostInnerSolves,
): Task<HostBarycenter> {
  const given: HostGiven = { p, blur, reach, diameter: diameter([support, ...measures]), support, measures };
  const common = hostSupport(given);
  const { epsilon, rho, costScale, costs } = common;
  const found: HostMeasure[] = [];
  for (const measure of measures) {
    const element = elementOf(measure, 0, rho, false);
    const own = debias
      ? yield* ownPotential(element.side, costs, element.supportPoints, epsilon, costScale)
      : undefined;
    found.push({ element, own: own?.f });
  }
  return {
    ...common,
    given,
    measures: found,
    weights,
    penalty: kullbackLeibler(rho, 'float64'),
    debias,
    mostMass: Math.max(...measures.map(({ masses }) => masses[0])),
    innerSolves,
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
