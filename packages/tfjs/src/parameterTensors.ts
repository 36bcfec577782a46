import { InvalidOptionError, type ParameterValue, type ParameterValues, UnsupportedError } from '@sinkhorn/losses';
import { getBackend, Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from './checkTensor.js';

/** Parameters of a cost or a kernel: tensors, in which there are gradients, or numbers. */
export type ParameterTensors = Readonly<Record<string, Tensor | ParameterValue>>;

/** What an op takes whose loss may read parameters. */
export interface ParameterOptions {
  /** By name: a scalar, a vector or a matrix each. Gradients are in those that are tensors. */
  readonly parameters?: ParameterTensors;
}

/** The tensors among parameters, and all of them as numbers. */
export interface GivenParameters {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly values?: ParameterValues;
}

/** @throws InvalidOptionError for tensors that are no parameters; UnsupportedError for tensors on tfjs's webgpu. */
export function givenParameters(parameters: ParameterTensors | undefined): GivenParameters {
  if (typeof parameters !== 'object' || parameters === null) return { tensors: {}, values: parameters };
  const all = Object.entries(parameters);
  return {
    tensors: Object.fromEntries(all.filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor)),
    values: Object.fromEntries(
      all.map(([name, value]) => [name, value instanceof Tensor ? numbersOf(name, value) : value]),
    ),
  };
}

function numbersOf(name: string, tensor: Tensor): ParameterValue {
  checkTensor(`parameters.${name}`, tensor);
  if (getBackend() === 'webgpu') {
    throw new UnsupportedError(
      `parameters.${name} is a tensor, and on webgpu nothing can be read without waiting: give numbers, or tf.setBackend('webgl')`,
    );
  }
  const [rows, columns] = tensor.shape;
  if (tensor.rank > 2 || tensor.size === 0) {
    throw new InvalidOptionError(
      `parameters.${name} has the shape [${tensor.shape}]: give a scalar, a vector or a matrix`,
    );
  }
  const numbers = Array.from(tensor.dataSync<'float32'>());
  if (rows === undefined) return numbers[0];
  if (columns === undefined) return numbers;
  return Array.from({ length: rows }, (_, r) => numbers.slice(r * columns, (r + 1) * columns));
}
