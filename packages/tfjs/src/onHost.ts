import { type Backend, type Diagnostics, type Loss, UnsupportedError, type WithRespectTo } from '@sinkhorn/losses';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { type Cloud, type Clouds, sidesOf } from './clouds.js';
import type { Computed } from './differentiable.js';

/** Computes a loss from the numbers of tensors, on a backend that can be read without waiting. */
export function onHost(
  backend: Backend,
  loss: Loss,
  clouds: Clouds,
  wrt: WithRespectTo,
  tell: (diagnostics: Diagnostics) => void,
  wanted: boolean,
): Computed {
  if (!backend.readSync) {
    throw new UnsupportedError(
      `backend '${backend.name}' cannot be read without waiting, as ops of tfjs must be: give backend: await wasm(), or cpu(); ` +
        "or tf.setBackend('webgpu') and webgpu({ device: tf.backend().device })",
    );
  }
  const [x, y] = [measureOf(clouds.x), measureOf(clouds.y)];
  if (!wanted) {
    const { value, diagnostics } = loss.solveSync(x, y);
    tell(diagnostics);
    return { value: valueTensor(value), gradients: [] };
  }
  const { value, diagnostics, ...gradients } = loss.valueAndGradientsSync(x, y, { wrt });
  tell(diagnostics);
  return {
    value: valueTensor(value),
    gradients: sidesOf(wrt).flatMap((side) => {
      const gradient = gradients[side];
      if (!gradient) throw new Error(`no gradient of ${side} was computed`);
      const { points, weights } = clouds[side];
      return [
        tensor(float32(gradient.points), points.shape),
        ...(weights ? [tensor(float32(gradient.weights), weights.shape)] : []),
      ];
    }),
  };
}

const measureOf = ({ points, weights }: Cloud) => ({
  data: points.dataSync<'float32'>(),
  shape: points.shape,
  weights: weights?.dataSync<'float32'>(),
});

const float32 = (values: Float32Array | Float64Array): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

const valueTensor = (value: number | Float64Array): Tensor =>
  typeof value === 'number' ? tensor(value) : tensor(Float32Array.from(value), [value.length]);
