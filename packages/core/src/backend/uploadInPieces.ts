import { NUMBERS_OF_CHUNK, preparing, preparingChunked } from '../tasks/preparing.js';
import type { Task } from '../tasks/task.js';
import type { DeviceArray } from './backend.js';
import type { Workspace } from './workspace.js';

/** Uploads numbers; very many of them a piece at a time, where the backend takes them so: an abort is noticed between pieces. */
export function* uploadInPieces(
  space: Workspace,
  values: Float32Array | Float64Array,
  shape: readonly number[],
): Task<DeviceArray> {
  const { backend } = space;
  yield* preparing(values.length);
  if (values.length < NUMBERS_OF_CHUNK || !backend.room) return space.upload(values, shape);
  const array = space.hold(backend.room(shape));
  yield* preparingChunked(values.length, (from, to) => backend.write?.(array, values.subarray(from, to), from));
  return array;
}
