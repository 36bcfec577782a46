import { type Backend, type DeviceArray, type Loss, UnsupportedError, type WithRespectTo } from '@sinkhorn/losses';
import { solveOnDevice } from '@sinkhorn/losses/on-device';
import {
  type DataId,
  reshape,
  slice,
  type Tensor,
  tensor,
  backend as tfjsBackend,
  tidy,
  util,
} from '@tensorflow/tfjs-core';
import { type Cloud, type Clouds, sidesOf } from './clouds.js';
import type { Computed } from './differentiable.js';

/** What is used of tfjs's backend on WebGPU. */
interface TfjsWebgpu {
  readonly device: GPUDevice;
  uploadToGPU(dataId: DataId): void;
}

/** A backend of this library on a device that it shares. */
interface SharingBackend extends Backend {
  readonly device: GPUDevice;
  fromBuffer(buffer: GPUBuffer, shape: readonly number[]): DeviceArray;
  takeBuffer(array: DeviceArray): GPUBuffer;
}

/**
 * Computes a loss on the device of tfjs: tensors' buffers go in, buffers come out as tensors, and the host sees no number. All of
 * it is in the order of the device's queue: tfjs submits what writes the inputs before they are handed over, and the backend
 * submits what writes the results before tfjs copies them.
 */
export function onWebgpu(backend: Backend, loss: Loss, clouds: Clouds, wrt: WithRespectTo, wanted: boolean): Computed {
  const { device } = tfjsBackend() as unknown as TfjsWebgpu;
  if (!isSharing(backend) || backend.device !== device) {
    throw new UnsupportedError(
      `tfjs runs on webgpu, whose tensors cannot be read without waiting, and backend '${backend.name}' is not on its device: ` +
        "give backend: await webgpu({ device: tf.backend().device }), or tf.setBackend('webgl')",
    );
  }
  const lent: { readonly array: DeviceArray; readonly copy: Tensor }[] = [];
  const lend = (given: Tensor, shape: readonly number[]): DeviceArray => {
    (tfjsBackend() as unknown as TfjsWebgpu).uploadToGPU(given.dataId);
    const { buffer, tensorRef } = given.dataToGPU();
    if (!buffer) throw new Error('tfjs has no buffer for a tensor on webgpu');
    const array = backend.fromBuffer(buffer, shape);
    lent.push({ array, copy: tensorRef });
    return array;
  };
  const cloudOf = ({ points, weights }: Cloud) => ({
    points: lend(points, points.shape),
    weights: weights && lend(weights, [...weights.shape, 1]),
  });
  const sides = sidesOf(wrt);
  try {
    const device = { x: cloudOf(clouds.x), y: cloudOf(clouds.y) };
    const { value, gradients } = solveOnDevice(loss, device, wanted ? sides : []);
    const batch = clouds.x.points.shape.slice(0, -2);
    return {
      value: tensorOf(backend, value, batch),
      gradients: !wanted
        ? []
        : sides.flatMap((side) => {
            const gradient = gradients[side];
            if (!gradient) throw new Error(`no gradient of ${side} was computed`);
            const { points, weights } = clouds[side];
            const ofPoints = tensorOf(backend, gradient.points, points.shape);
            if (weights) return [ofPoints, tensorOf(backend, gradient.weights, weights.shape)];
            backend.release(gradient.weights);
            return [ofPoints];
          }),
    };
  } finally {
    for (const { array, copy } of lent) {
      backend.release(array);
      copy.dispose();
    }
  }
}

/** A result as a tensor, in memory of tfjs: the backend's buffers may be longer than the array, and are given back at once. */
function tensorOf(backend: SharingBackend, array: DeviceArray, shape: readonly number[]): Tensor {
  const buffer = backend.takeBuffer(array);
  try {
    return tidy(() => {
      const whole = tensor({ buffer }, [buffer.size / Float32Array.BYTES_PER_ELEMENT], 'float32');
      return reshape(slice(whole, 0, util.sizeFromShape([...shape])), [...shape]);
    });
  } finally {
    // tfjs has submitted the copy by now: the device destroys the buffer after it.
    buffer.destroy();
  }
}

const isSharing = (backend: Backend): backend is SharingBackend =>
  'device' in backend && 'fromBuffer' in backend && 'takeBuffer' in backend;
