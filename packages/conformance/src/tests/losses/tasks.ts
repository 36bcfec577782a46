import {
  applyPlan,
  type Backend,
  barycentricMap,
  checkMeasure,
  densePlan,
  extendPotentials,
  planMarginal,
  runAsync,
  type SinkhornResult,
  sinkhornGradients,
  solveHausdorff,
  solveKernelSums,
  solveMmd,
  solveSelf,
  solveSinkhorn,
  type Task,
} from '@sinkhorn/core';
import type { Subject } from '../../conformanceTest.js';
import { batchOf, cloud } from '../../support/clouds.js';
import { kernels } from '../../support/kernels.js';
import { optionsFor, pairOf } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';

const draw = random(20);
const X = cloud(draw, { count: 7, dimension: 2 });
const Y = cloud(draw, { count: 9, dimension: 2, from: 0.3 });
export const SMALL_PAIR = pairOf(X, Y);
const BATCH = pairOf(batchOf([X, X]), batchOf([Y, Y]));
const SIDES = ['x', 'y'] as const;
const BALANCED: Problem = { blur: 0.3, tolerance: 1e-4 };
const UNBALANCED: Problem = { blur: 0.3, reach: 0.7, tolerance: 1e-4 };

/** A computation of core, on any backend. */
export interface NamedTask {
  readonly label: string;
  readonly start: (backend: Backend) => Task<unknown>;
}

/** Everything that core computes with a backend, once each on small clouds. */
export async function tasksFor(subject: Subject): Promise<NamedTask[]> {
  const options = (problem: Problem) => optionsFor(subject, SMALL_PAIR, problem);
  const balanced = options(BALANCED);
  const result: SinkhornResult = await runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, balanced));
  const source = (backend: Backend) => ({
    backend,
    pair: SMALL_PAIR,
    options: balanced,
    potentials: result.potentials,
  });
  const { gaussian } = kernels(0.3);
  const at = checkMeasure('at', cloud(draw, { count: 4, dimension: 2 }));
  const solve = (label: string, problem: Problem, pair = SMALL_PAIR): NamedTask => ({
    label,
    start: (backend) => solveSinkhorn(backend, pair, options(problem), SIDES),
  });
  return [
    solve('a solve to a tolerance', BALANCED),
    solve('an unbalanced solve', UNBALANCED),
    solve('a solve without debiasing', { ...BALANCED, debias: false }),
    solve('a solve along the schedule', { ...BALANCED, tolerance: null }),
    solve('a solve of a batch', BALANCED, BATCH),
    solve('a solve of a cloud against itself', BALANCED, { x: SMALL_PAIR.x, y: SMALL_PAIR.x }),
    {
      label: 'a warm start',
      start: (backend) => solveSinkhorn(backend, SMALL_PAIR, balanced, SIDES, { iterates: result.iterates }),
    },
    {
      label: 'gradients of a solution',
      start: (backend) => sinkhornGradients(backend, SMALL_PAIR, balanced, result, SIDES),
    },
    { label: 'a self problem', start: (backend) => solveSelf(backend, SMALL_PAIR.y, balanced) },
    {
      label: 'potentials elsewhere',
      start: (backend) => extendPotentials(backend, SMALL_PAIR, balanced, result.iterates, 'x', at),
    },
    { label: 'a marginal', start: (backend) => planMarginal(source(backend), 'y') },
    { label: 'the plan applied', start: (backend) => applyPlan(source(backend), 'x', Y.data, 2) },
    { label: 'a barycentric map', start: (backend) => barycentricMap(source(backend), 'x') },
    { label: 'a dense plan', start: (backend) => densePlan(source(backend), 'x') },
    { label: 'a Hausdorff divergence', start: (backend) => solveHausdorff(backend, SMALL_PAIR, balanced, SIDES) },
    {
      label: 'an unbalanced Hausdorff divergence',
      start: (backend) => solveHausdorff(backend, SMALL_PAIR, options(UNBALANCED), SIDES),
    },
    { label: 'a kernel norm', start: (backend) => solveMmd(backend, SMALL_PAIR, gaussian, SIDES) },
    { label: 'kernel sums', start: (backend) => solveKernelSums(backend, SMALL_PAIR.y, gaussian) },
  ];
}
