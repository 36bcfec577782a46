import type { Lanes } from '../arithmetic/lanes.js';
import type { FunctionBuilder, Local } from '../encoding/functionBuilder.js';
import { type Vector, v128 } from '../encoding/v128.js';

/** The bytes of a vector, from byte `by` on and round again. */
const turned = (by: number) => Array.from({ length: 16 }, (_, byte) => (byte + by) % 16);

/** Combines all lanes of a vector by an operation, and leaves the result in every lane. */
export function acrossLanes(
  builder: FunctionBuilder,
  lanes: Lanes,
  operation: (left: Vector, right: Vector) => Vector,
  vector: Vector,
): Local<'v128'> {
  let result = builder.local(vector);
  for (let by = 8; by >= lanes.bytes; by /= 2) {
    result = builder.local(operation(result, v128.shuffle(result, result, turned(by))));
  }
  return result;
}

/** 0, 1, 2, ...: the number of each lane. */
export const laneNumbers = (builder: FunctionBuilder, lanes: Lanes): Local<'v128'> =>
  builder.early(lanes.constants(Array.from({ length: lanes.count }, (_, lane) => lane)));
