import { InvalidMeasureError } from '@sinkhorn/losses';
import { Tensor } from '@tensorflow/tfjs-core';

/** @throws InvalidMeasureError for what is no tensor that can be used. */
export function checkTensor(name: string, tensor: Tensor): void {
  if (!(tensor instanceof Tensor)) {
    throw new InvalidMeasureError(`${name} is no tensor: give tf.tensor2d, or tf.tensor3d for a batch`);
  }
  if (tensor.isDisposed) throw new InvalidMeasureError(`${name} is disposed of: tf.keep it for as long as it is used`);
  if (tensor.dtype !== 'float32') {
    throw new InvalidMeasureError(`${name} has the type ${tensor.dtype}: tf.cast(${name}, 'float32') goes`);
  }
}
