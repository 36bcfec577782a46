import {
  type Backend,
  type Diagnostics,
  type InaccurateOptions,
  type Loss,
  type OnInaccurate,
  UnsupportedError,
} from '@sinkhorn/losses';
import { readyParameters } from '@sinkhorn/losses/ready';
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { checkClouds } from './clouds.js';
import { differentiable } from './differentiable.js';
import { inputsOf, onHost } from './onHost.js';
import { onWebgpu } from './onWebgpu.js';
import { type NumberOptions, type OpOptions, splitOptions } from './opOptions.js';
import type { ParameterOptions } from './parameterTensors.js';
import { tellsInaccurate, tellsUnknown } from './tellsInaccurate.js';

/** Runs a loss as an op: on tfjs's device where that is a WebGPU device, elsewhere from the numbers of the tensors. */
export function runOp<
  Value extends Tensor,
  Options extends OpOptions & ParameterOptions & InaccurateOptions & { readonly backend: Backend },
>(name: string, make: (options: NumberOptions<Options>) => Loss, x: Tensor, y: Tensor, options: Options): Value {
  const { own, rest } = splitOptions(name, options);
  // Ops cannot wait.
  if (options.parameters) readyParameters();
  return runLoss(name, make(rest), x, y, options.backend, own, options.onInaccurate);
}

/** Runs a loss as an op, on the backend that it was made for. */
export function runLoss<Value extends Tensor>(
  name: string,
  loss: Loss,
  x: Tensor,
  y: Tensor,
  backend: Backend | undefined,
  own: ReturnType<typeof splitOptions>['own'],
  onInaccurate?: OnInaccurate,
): Value {
  const clouds = checkClouds(x, y, own.weights);
  const { wrt, onDiagnostics, parameters } = own;
  const problem = { loss, clouds, wrt, parameters };
  const tell = (diagnostics: Diagnostics) => {
    onDiagnostics?.(diagnostics);
    tellsInaccurate(name, onInaccurate)(diagnostics);
  };
  const onDevice = getBackend() === 'webgpu';
  if (onDevice && onDiagnostics) {
    throw new UnsupportedError(
      'onDiagnostics: on webgpu nothing is read back, so there is nothing to tell; leave it out',
    );
  }
  if (onDevice && !backend) {
    throw new UnsupportedError(
      `${name}: on webgpu the backend that the loss was made for has to be told: op(loss, { backend })`,
    );
  }
  // Its rank follows from that of x, which the type of a tensor need not tell.
  const value: Tensor = differentiable(name, inputsOf(problem), (wanted) =>
    onDevice && backend
      ? onWebgpu(backend, loss, clouds, wrt, wanted)
      : onHost(backend, problem, tell, tellsUnknown(name, onInaccurate), wanted),
  );
  return value as Value;
}
