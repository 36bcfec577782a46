import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { preparingChunked } from '../tasks/preparing.js';
import { pause, type Task } from '../tasks/task.js';

/** Uploads very many numbers, a piece at a time where the backend takes them so: an abort is heard between pieces. */
export function* uploadChunked(
  space: Workspace,
  values: Float32Array | Float64Array,
  shape: readonly number[],
): Task<DeviceArray> {
  const { backend } = space;
  yield* pause();
  const array = space.hold(backend.room && backend.write ? backend.room(shape) : backend.array(values, shape));
  if (backend.room) {
    yield* preparingChunked(values.length, (from, to) => backend.write?.(array, values.subarray(from, to), from));
  }
  yield* pause();
  return array;
}
