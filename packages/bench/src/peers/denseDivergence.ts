import type { CloudPair } from '../clouds/problems.js';
import type { DenseTools } from './denseTools.js';

/** What a peer computes: the Sinkhorn divergence and its gradient in x. */
export interface DenseResult {
  readonly value: number;
  readonly gradient: Float32Array;
}

/** What a divergence waits for before it goes on: numbers that it needs, or potentials to be done. */
type Waiting<Vector> = { readonly type: 'read' | 'ready'; readonly vectors: readonly Vector[] };
type Steps<Vector, Result> = Generator<Waiting<Vector>, Result, Float32Array[]>;

/**
 * The Sinkhorn divergence for p = 2 with GeomLoss's schedule, softmin by softmin as this library takes it, but from cost
 * matrices that are computed once and kept. The three problems go one after the other, so that at most the two matrices
 * of one of them are there.
 */
export function denseDivergence<Matrix, Vector>(
  tools: DenseTools<Matrix, Vector>,
  clouds: CloudPair,
  epsilons: readonly number[],
): DenseResult {
  const steps = divergence(tools, clouds, epsilons);
  let step = steps.next([]);
  while (!step.done) {
    const { type, vectors } = step.value;
    step = steps.next(type === 'read' ? vectors.map(tools.read) : []);
  }
  return step.value;
}

/** The same without blocking, for GPUs. */
export async function denseDivergenceLater<Matrix, Vector>(
  tools: DenseTools<Matrix, Vector>,
  clouds: CloudPair,
  epsilons: readonly number[],
): Promise<DenseResult> {
  const steps = divergence(tools, clouds, epsilons);
  let step = steps.next([]);
  while (!step.done) {
    const { type, vectors } = step.value;
    if (type === 'ready') await Promise.all(vectors.map(tools.ready));
    step = steps.next(type === 'read' ? await Promise.all(vectors.map(tools.readLater)) : []);
  }
  return step.value;
}

function* divergence<Matrix, Vector>(
  tools: DenseTools<Matrix, Vector>,
  { x, y }: CloudPair,
  epsilons: readonly number[],
): Steps<Vector, DenseResult> {
  const epsilon = epsilons[epsilons.length - 1];
  const gradient = (costs: Matrix, potential: Vector, columns: Float32Array): Vector[] => {
    const ofX = tools.gradient(costs, potential, epsilon, { rows: x, columns });
    return [ofX.potential, ofX.gradient];
  };
  const last = (costs: Matrix, potential: Vector) => tools.softmin(costs, potential, epsilon);
  const [crossX, crossGradient, crossY] = yield* solve(
    tools,
    () => [tools.costs(x, y), tools.costs(y, x)],
    epsilons,
    ([xy, yx], [f, g]) => [...gradient(xy, g, y), last(yx, f)],
  );
  const [selfX, selfGradient] = yield* solve(
    tools,
    () => [tools.costs(x, x)],
    epsilons,
    ([xx], [f]) => gradient(xx, f, x),
  );
  const [selfY] = yield* solve(
    tools,
    () => [tools.costs(y, y)],
    epsilons,
    ([yy], [g]) => [last(yy, g)],
  );
  return {
    value: mean(crossX) - mean(selfX) + mean(crossY) - mean(selfY),
    gradient: crossGradient.map((value, k) => value - selfGradient[k]),
  };
}

/** Takes the potentials of a problem, two of them or one against itself, along the schedule, and reads what is made of them. */
function* solve<Matrix, Vector>(
  tools: DenseTools<Matrix, Vector>,
  make: () => Matrix[],
  epsilons: readonly number[],
  finish: (costs: readonly Matrix[], potentials: readonly Vector[]) => Vector[],
): Steps<Vector, Float32Array[]> {
  const costs = make();
  const partner = (index: number) => costs.length - 1 - index;
  let potentials = costs.map((matrix) => tools.softmin(matrix, undefined, epsilons[0]));
  for (const epsilon of epsilons) {
    const before = potentials;
    potentials = costs.map((matrix, k) => tools.average(matrix, before[partner(k)], before[k], epsilon));
    yield { type: 'ready', vectors: potentials };
    before.forEach(tools.free);
  }
  const results = finish(costs, potentials);
  const numbers = yield { type: 'read', vectors: results };
  for (const array of [...costs, ...potentials, ...results]) tools.free(array);
  return numbers;
}

/** In float64. */
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
