import type { HostGradients, MmdOptions, Side } from '@sinkhorn/core';
import { distance, power, runAsync, solveSinkhorn } from '@sinkhorn/core';
import { hessianVectorProduct } from '@sinkhorn/core/hessian';
import type { PairProduct } from '@sinkhorn/core/second-order';
import { batchOf, type Cloud, cloud, cloudOf, concatenate, translated, weighted } from '../support/clouds.js';
import { kernels } from '../support/kernels.js';
import { hausdorff, type Losses, mmd, optionsFor, pairOf, sinkhorn } from '../support/losses.js';
import type { Problem } from '../support/problem.js';
import { random } from '../support/random.js';

/** One loss of two clouds, with gradients in points and weights of both. */
export interface ResultProblem {
  readonly id: string;
  readonly x: Cloud;
  readonly y: Cloud;
  /** What decides how precise a result can be; for a kernel norm, with its blur. */
  readonly problem: Problem;
  readonly loss: 'sinkhorn' | 'hausdorff' | 'hessian' | MmdOptions;
}

export const SIDES: readonly Side[] = ['x', 'y'];

const draw = random(40);
const X = cloud(draw, { count: 13, dimension: 2 });
const Y = cloud(draw, { count: 9, dimension: 2, from: 0.3 });
// More than a tile, and no multiple of the width of a vector.
const WIDE_X = cloud(draw, { count: 130, dimension: 3 });
const WIDE_Y = cloud(draw, { count: 67, dimension: 3, from: 0.2 });
const LINE_X = cloud(draw, { count: 21, dimension: 1 });
const LINE_Y = cloud(draw, { count: 18, dimension: 1, from: -0.4 });
const HIGH_X = cloud(draw, { count: 11, dimension: 17 });
const HIGH_Y = cloud(draw, { count: 8, dimension: 17, from: 0.1 });

const doubled = (of: Cloud): Cloud => ({
  data: concatenate([of.data, of.data]),
  shape: [2 * of.shape[0], of.shape[1]],
  weights: concatenate([of.weights, of.weights]).map((weight) => weight / 2),
});
const withoutFirst = (of: Cloud): Cloud => {
  const kept = of.weights.map((weight, index) => (index === 0 ? 0 : weight));
  const mass = kept.reduce((sum, weight) => sum + weight, 0);
  return weighted(
    of,
    kept.map((weight) => weight / mass),
  );
};

const heavy = (of: Cloud, mass: number): Cloud =>
  weighted(
    of,
    of.weights.map((weight) => weight * mass),
  );

const transport = (id: string, problem: Problem, x = X, y = Y): ResultProblem => ({
  id,
  x,
  y,
  problem,
  loss: 'sinkhorn',
});
const covering = (id: string, problem: Problem, x = X, y = Y): ResultProblem => ({
  id,
  x,
  y,
  problem,
  loss: 'hausdorff',
});
const second = (id: string, problem: Problem): ResultProblem => ({ id, x: X, y: Y, problem, loss: 'hessian' });
const norm = (kernel: 'gaussian' | 'laplacian' | 'energy', x = X, y = Y): ResultProblem => ({
  id: `${kernel}-${x.shape.join('x')}`,
  x,
  y,
  problem: { p: 1, blur: 0.3 },
  loss: kernels(0.3)[kernel],
});

/** Every loss, option and shape of input that takes a way of its own through the solvers. */
export const resultProblems: readonly ResultProblem[] = [
  transport('balanced-p1', { p: 1, blur: 0.1 }),
  transport('balanced-p2', { p: 2, blur: 0.1 }),
  transport('schedule-p1', { p: 1, blur: 0.1, tolerance: null }),
  transport('schedule-p2', { p: 2, blur: 0.05, tolerance: null, scaling: 0.7 }),
  transport('unbalanced-p1', { p: 1, blur: 0.1, reach: 0.5 }, X, heavy(Y, 1.7)),
  transport('unbalanced-p2', { p: 2, blur: 0.1, reach: 0.5 }, X, heavy(Y, 1.7)),
  transport('unbalanced-each', { p: 2, blur: 0.2, reach: { x: 0.4, y: 2 } }, heavy(X, 0.6), Y),
  transport('unbalanced-one-side', { p: 2, blur: 0.2, reach: { x: 0.5, y: Number.POSITIVE_INFINITY } }),
  transport('entropic-p1', { p: 1, blur: 0.2, debias: false }),
  transport('entropic-p2', { p: 2, blur: 0.2, debias: false }),
  transport('entropic-unbalanced', { p: 2, blur: 0.2, reach: 0.7, debias: false }, X, heavy(Y, 2)),
  transport('cost-of-ones-own', { p: 2, blur: 0.3, cost: (x, y) => power(distance(x, y), 1.5) }),
  transport('line', { p: 2, blur: 0.05 }, LINE_X, LINE_Y),
  transport('wide', { p: 2, blur: 0.15 }, WIDE_X, WIDE_Y),
  transport('wide-schedule', { p: 1, blur: 0.1, tolerance: null }, WIDE_X, WIDE_Y),
  transport('many-dimensions', { p: 2, blur: 0.5 }, HIGH_X, HIGH_Y),
  transport(
    'batch',
    { p: 2, blur: 0.2 },
    batchOf([X, doubled(X), X].map(first13)),
    batchOf([Y, Y, translated(Y, [1, -1])]),
  ),
  transport('duplicates', { p: 2, blur: 0.2 }, doubled(X), doubled(Y)),
  transport('zero-weights', { p: 2, blur: 0.2 }, withoutFirst(X), Y),
  transport('far-apart', { p: 2, blur: 1, tolerance: 1e-4 }, X, translated(Y, [80, 60])),
  transport('far-from-origin', { p: 1, blur: 0.2 }, translated(X, [1000, -1000]), translated(Y, [1000, -1000])),
  transport('single-points', { p: 2, blur: 0.2 }, cloudOf([[0.25, -1]]), cloudOf([[1.5, 0.75]])),
  transport('small-blur', { p: 2, blur: 0.04, tolerance: 1e-4 }),
  transport('large-blur', { p: 2, blur: 10 }),
  transport('same-cloud', { p: 2, blur: 0.2 }, X, X),
  covering('hausdorff-p1', { p: 1, blur: 0.1 }),
  covering('hausdorff-p2', { p: 2, blur: 0.1 }),
  covering('hausdorff-unbalanced', { p: 2, blur: 0.1, reach: 0.6 }, X, heavy(Y, 1.5)),
  covering('hausdorff-wide', { p: 2, blur: 0.2 }, WIDE_X, WIDE_Y),
  second('hessian-p1', { p: 1, blur: 0.3 }),
  second('hessian-p2', { p: 2, blur: 0.3 }),
  second('hessian-reach', { p: 2, blur: 0.3, reach: { x: 0.7, y: 1.2 } }),
  norm('gaussian'),
  norm('laplacian'),
  norm('energy'),
  norm('energy', WIDE_X, WIDE_Y),
];

/** As many points as X has: elements of a batch are of one size. */
function first13(of: Cloud): Cloud {
  const weights = of.weights.slice(0, 13);
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  return { data: of.data.slice(0, 26), shape: [13, 2], weights: weights.map((weight) => weight / mass) };
}

/** A direction of no pattern in points and weights, in which no mass changes: by sums and products alone, as engines differ in Math.sin. */
function directionOf({ data, shape, weights }: Cloud) {
  const [count] = shape;
  const spread = (k: number, step: number) => 2 * (((k + 1) * step) % 1) - 1;
  const moves = Float64Array.from(weights, (_, k) => spread(k, 0.6180339887) / count);
  const mean = moves.reduce((sum, move) => sum + move, 0) / count;
  return {
    points: Float64Array.from(data, (_, k) => spread(k, 0.7548776662)),
    weights: moves.map((move) => move - mean),
  };
}

/** The loss, and in place of its gradients the products of its Hessian with a direction. */
async function hessian(losses: Losses, { x, y, problem }: ResultProblem) {
  const { backend, tolerances } = losses;
  const pair = pairOf(x, y);
  const options = optionsFor(losses, pair, problem);
  const { values, potentials, marginalError } = await runAsync(solveSinkhorn(backend, pair, options));
  const source = { backend, pair, given: pair, normalize: false, options, potentials, marginalError };
  const direction = { x: directionOf(x), y: directionOf(y) };
  const asked = { tolerance: tolerances.gradient / 10, wrt: 'both' } as const;
  const product = hessianVectorProduct({ ...source, strategy: 'dense' }, direction, asked);
  const found = (await runAsync(product)) as Required<PairProduct>;
  return { values, gradients: { x: found.x, y: found.y } };
}

/** A loss and its gradients, or what these change by. */
interface ProblemResult {
  readonly values: Float64Array;
  readonly gradients: HostGradients;
}

/** What a loss is and its gradients, or what they change by in a direction, on a backend. */
export function solveProblem(losses: Losses, given: ResultProblem): Promise<ProblemResult> {
  const { x, y, problem, loss } = given;
  if (loss === 'hessian') return hessian(losses, given);
  if (loss === 'sinkhorn') return sinkhorn(losses, x, y, problem, SIDES);
  if (loss === 'hausdorff') return hausdorff(losses, x, y, problem, SIDES);
  return mmd(losses, x, y, loss, SIDES);
}
