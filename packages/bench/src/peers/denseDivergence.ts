import type { DenseGradient, DenseTools } from './denseTools.js';

/** What a peer computes: the Sinkhorn divergence and its gradient in x. */
export interface DenseResult {
  readonly value: number;
  readonly gradient: Float32Array;
}

/**
 * The Sinkhorn divergence for p = 2 with GeomLoss's schedule, softmin by softmin as this library takes it, but from cost
 * matrices that are computed once and kept. The three problems go one after the other, so that at most the two matrices
 * of one of them are there.
 */
export function denseDivergence<Matrix, Vector>(
  tools: DenseTools<Matrix, Vector>,
  { x, y }: { readonly x: Float32Array; readonly y: Float32Array },
  epsilons: readonly number[],
): DenseResult {
  const epsilon = epsilons[epsilons.length - 1];
  const gradient = (costs: Matrix, potential: Vector, columns: Float32Array): DenseGradient =>
    tools.gradient(costs, potential, epsilon, { rows: x, columns });
  const last = (costs: Matrix, potential: Vector): Float32Array => {
    const softmin = tools.softmin(costs, potential, epsilon);
    const values = tools.read(softmin);
    tools.free(softmin);
    return values;
  };
  const cross = solve(
    tools,
    () => [tools.costs(x, y), tools.costs(y, x)],
    epsilons,
    ([xy, yx], [f, g]) => ({
      x: gradient(xy, g, y),
      y: last(yx, f),
    }),
  );
  const selfX = solve(
    tools,
    () => [tools.costs(x, x)],
    epsilons,
    ([xx], [f]) => gradient(xx, f, x),
  );
  const selfY = solve(
    tools,
    () => [tools.costs(y, y)],
    epsilons,
    ([yy], [g]) => last(yy, g),
  );
  return {
    value: mean(cross.x.potential) - mean(selfX.potential) + mean(cross.y) - mean(selfY),
    gradient: cross.x.gradient.map((value, k) => value - selfX.gradient[k]),
  };
}

/** Takes the potentials of a problem, two of them or one against itself, along the schedule, and hands them on. */
function solve<Matrix, Vector, Result>(
  tools: DenseTools<Matrix, Vector>,
  make: () => Matrix[],
  epsilons: readonly number[],
  finish: (costs: readonly Matrix[], potentials: readonly Vector[]) => Result,
): Result {
  const costs = make();
  const partner = (index: number) => costs.length - 1 - index;
  let potentials = costs.map((matrix) => tools.softmin(matrix, undefined, epsilons[0]));
  for (const epsilon of epsilons) {
    const before = potentials;
    potentials = costs.map((matrix, k) => tools.average(matrix, before[partner(k)], before[k], epsilon));
    before.forEach(tools.free);
  }
  const result = finish(costs, potentials);
  for (const array of [...costs, ...potentials]) tools.free(array);
  return result;
}

/** In float64. */
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
