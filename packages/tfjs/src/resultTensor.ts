import { InvalidMeasureError } from '@sinkhorn/losses';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';

/**
 * A result as a tensor, which has float32.
 *
 * @param shape - That of a scalar for a number, and that of a vector for numbers, when absent.
 * @throws InvalidMeasureError where a number is too large for float32: as an infinity it would spoil all that is computed from it.
 */
export function resultTensor(
  result: number | Float32Array | Float64Array,
  shape: number[] = typeof result === 'number' ? [] : [result.length],
): Tensor {
  const values = typeof result === 'number' ? [result] : result;
  const rounded = values instanceof Float32Array ? values : Float32Array.from(values);
  const beyond = rounded.findIndex((value, k) => !Number.isFinite(value) && Number.isFinite(values[k]));
  if (beyond < 0) return tensor(rounded, shape);
  throw new InvalidMeasureError(
    `a result is ${values[beyond].toPrecision(3)}, and tensors hold float32, up to 3.4e38: divide coordinates and blur by a common length`,
  );
}
