import type { Diagnostics, Solution } from 'sinkhorn';
import { type LossChoice, makeLoss } from '../lossChoice';
import type { TaskContext } from '../task';

export interface FlowInput {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly dimension: number;
  readonly losses: readonly LossChoice[];
  readonly steps: number;
  /** 1 is brisk and safe. */
  readonly speed: number;
}

/** The state of every loss's flow after a step. */
export interface FlowUpdate {
  readonly step: number;
  readonly flows: readonly {
    readonly points: Float64Array;
    readonly value: number;
    readonly diagnostics: Diagnostics;
  }[];
}

/** No point goes farther than this in one step, as when gradients are clipped. */
const LONGEST_STEP = 0.05;

/** Gradient descent, each point by its own weight, under several losses side by side. */
export async function flow(
  { x, y, dimension, losses, steps, speed }: FlowInput,
  { backend, signal, update }: TaskContext<FlowUpdate>,
): Promise<void> {
  const count = x.length / dimension;
  const states = losses.map((choice) => ({
    target: makeLoss(backend, choice).target({ points: y, dimension }),
    rate: speed * rateOf(choice),
    points: x,
    start: undefined as Solution | undefined,
  }));
  for (let step = 0; step <= steps; step++) {
    const flows: FlowUpdate['flows'][number][] = [];
    for (const state of states) {
      const { points, start } = state;
      const solution: Solution = await state.target.solve({ points, dimension }, { start, signal, wrt: 'x' });
      const { x: gradient } = await solution.gradients('x');
      state.start = solution;
      state.points = moved(points, gradient.points, dimension, state.rate * count);
      flows.push({ points, value: Number(solution.value), diagnostics: solution.diagnostics });
    }
    await update({ step, flows });
    signal.throwIfAborted();
  }
}

/** Gradients have units of their own for each loss: a rate that suits them. */
function rateOf({ kind, p, blur }: LossChoice): number {
  switch (kind) {
    case 'energy':
      return 0.04;
    case 'gaussian':
      return 0.2 * blur ** 2;
    case 'laplacian':
      return 0.04 * blur;
    default:
      return p === 2 ? 0.12 : 0.04;
  }
}

function moved(points: Float64Array, gradient: ArrayLike<number>, dimension: number, rate: number): Float64Array {
  const result = points.slice();
  for (let i = 0; i < points.length; i += dimension) {
    let square = 0;
    for (let d = 0; d < dimension; d++) square += (rate * gradient[i + d]) ** 2;
    const clip = Math.min(1, LONGEST_STEP / Math.sqrt(square || 1));
    for (let d = 0; d < dimension; d++) result[i + d] -= clip * rate * gradient[i + d];
  }
  return result;
}
