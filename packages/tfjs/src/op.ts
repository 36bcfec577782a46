import {
  type Backend,
  type Diagnostics,
  type InaccurateOptions,
  type Loss,
  type OnInaccurate,
  UnsupportedError,
} from '@sinkhorn/losses';
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { checkClouds, sidesOf, tensorsOf } from './clouds.js';
import { differentiable } from './differentiable.js';
import { onHost } from './onHost.js';
import { onWebgpu } from './onWebgpu.js';
import { type OpOptions, splitOptions } from './opOptions.js';
import { tellInaccurate } from './tellInaccurate.js';

/** Runs a loss as an op: on tfjs's device where that is a WebGPU device, elsewhere from the numbers of the tensors. */
export function runOp<
  Value extends Tensor,
  Options extends OpOptions & InaccurateOptions & { readonly backend: Backend },
>(
  name: string,
  make: (options: Omit<Options, keyof OpOptions>) => Loss,
  x: Tensor,
  y: Tensor,
  options: Options,
): Value {
  const { own, rest } = splitOptions(name, options);
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
  const { wrt, onDiagnostics } = own;
  const tell = (diagnostics: Diagnostics) => {
    onDiagnostics?.(diagnostics);
    tellInaccurate(name, onInaccurate, diagnostics);
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
  const value: Tensor = differentiable(name, tensorsOf(clouds, sidesOf(wrt)), (wanted) =>
    onDevice && backend
      ? onWebgpu(backend, loss, clouds, wrt, wanted)
      : onHost(backend, loss, clouds, wrt, tell, wanted),
  );
  return value as Value;
}
