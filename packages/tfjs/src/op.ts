import { type Backend, type Diagnostics, type InaccurateOptions, type Loss, UnsupportedError } from '@sinkhorn/losses';
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
  const loss = make(rest);
  const clouds = checkClouds(x, y, own.weights);
  const { wrt, onDiagnostics } = own;
  const tell = (diagnostics: Diagnostics) => {
    onDiagnostics?.(diagnostics);
    tellInaccurate(name, options.onInaccurate, diagnostics);
  };
  const onDevice = getBackend() === 'webgpu';
  if (onDevice && onDiagnostics) {
    throw new UnsupportedError(
      'onDiagnostics: on webgpu nothing is read back, so there is nothing to tell; leave it out',
    );
  }
  // Its rank follows from that of x, which the type of a tensor need not tell.
  const value: Tensor = differentiable(name, tensorsOf(clouds, sidesOf(wrt)), (wanted) =>
    onDevice
      ? onWebgpu(options.backend, loss, clouds, wrt, wanted)
      : onHost(options.backend, loss, clouds, wrt, tell, wanted),
  );
  return value as Value;
}
