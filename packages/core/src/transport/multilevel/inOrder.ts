import type { Side } from '../../measure/side.js';
import { type SortedCloud, unsorted } from '../../spatial/sortedCloud.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import type { HostPotentials } from '../hostPotentials.js';
import type { PointFields } from './lastStep.js';
import type { MultiscaleProblem } from './problem.js';

/** Numbers of a cloud's points in the order they came in, times a factor. */
export function* inOrder(cloud: SortedCloud, values: Float64Array, size: number, factor: number): Task<Float64Array> {
  const result = new Float64Array(values.length);
  yield* unsorted(cloud, values, size, result);
  if (factor !== 1) yield* chunked(result.length, (from, to) => scale(result.subarray(from, to), factor));
  return result;
}

function scale(values: Float64Array, factor: number): void {
  for (let k = 0; k < values.length; k++) values[k] *= factor;
}

/** The potentials at all points, in the units and the order of the input. */
export function* potentialsInOrder(
  { clouds }: MultiscaleProblem,
  { x, y }: Readonly<Record<Side, PointFields>>,
  energy: number,
): Task<HostPotentials> {
  const at = (side: Side, values: Float64Array) => inOrder(clouds[side], values, 1, energy);
  return {
    f_ba: yield* at('x', x.cross.values),
    g_ab: yield* at('y', y.cross.values),
    f_aa: x.self && (yield* at('x', x.self.values)),
    g_bb: y.self && (yield* at('y', y.self.values)),
  };
}
