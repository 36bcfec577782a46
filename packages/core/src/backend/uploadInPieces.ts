import { NUMBERS_OF_CHUNK, preparingChunked } from '../tasks/preparing.js';
import { pause, type Task } from '../tasks/task.js';
import type { DeviceArray } from './backend.js';
import type { Workspace } from './workspace.js';

/** Uploads numbers; very many of them a piece at a time, where the backend takes them so: an abort is heard between pieces. */
export function* uploadInPieces(
  space: Workspace,
  values: Float32Array | Float64Array,
  shape: readonly number[],
): Task<DeviceArray> {
  const { backend } = space;
  if (values.length < NUMBERS_OF_CHUNK) return space.upload(values, shape);
  yield* pause();
  const array = space.hold(backend.room && backend.write ? backend.room(shape) : backend.array(values, shape));
  if (backend.room) {
    yield* preparingChunked(values.length, (from, to) => backend.write?.(array, values.subarray(from, to), from));
  }
  yield* pause();
  return array;
}
