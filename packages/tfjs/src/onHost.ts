import {
  type Backend,
  type Diagnostics,
  type Loss,
  type PairDirection,
  type SecondDerivatives,
  UnsupportedError,
  type WithRespectTo,
} from '@sinkhorn/losses';
import { readySecondOrder } from '@sinkhorn/losses/ready';
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { type Cloud, type Clouds, type Side, sidesOf, tensorsOf } from './clouds.js';
import type { Computed } from './differentiable.js';

/** Computes a loss from the numbers of tensors, on a backend that can be read without waiting. */
export function onHost(
  backend: Backend | undefined,
  loss: Loss,
  clouds: Clouds,
  wrt: WithRespectTo,
  tell: (diagnostics: Diagnostics) => void,
  wanted: boolean,
): Computed {
  if (backend) checkReadable(backend);
  const [x, y] = [measureOf(clouds.x), measureOf(clouds.y)];
  if (!wanted) {
    const { value, diagnostics } = loss.solveSync(x, y);
    tell(diagnostics);
    return { value: valueTensor(value), gradients: [] };
  }
  const solution = loss.solveSync(x, y, { wrt });
  tell(solution.diagnostics);
  const gradients = solution.gradientsSync(wrt);
  const inputs = tensorsOf(clouds, sidesOf(wrt)).map(({ shape }) => shape);
  return {
    value: valueTensor(solution.value),
    gradients: sidesOf(wrt).flatMap((side) => tensorsLike(clouds[side], gradients[side])),
    ...('hessianVectorProductSync' in solution && {
      hessianTimes: (change: Tensor, input: number) =>
        productTensors(solution as unknown as SecondDerivatives, clouds, wrt, change, input, inputs),
    }),
  };
}

/** The product of second derivatives with the change of one of the inputs, as tensors like all of them. */
function productTensors(
  solution: SecondDerivatives,
  clouds: Clouds,
  wrt: WithRespectTo,
  change: Tensor,
  input: number,
  shapes: readonly (readonly number[])[],
): Tensor[] {
  // Ops cannot wait.
  readySecondOrder();
  const parts = partsOf(clouds, wrt);
  const [side, part] = parts[input];
  const values = change.dataSync<'float32'>();
  const direction: PairDirection = { [side]: { [part]: part === 'weights' ? withoutRoundedMass(values) : values } };
  const product = solution.hessianVectorProductSync(direction, { wrt });
  return parts.map(([of, name], k) => {
    const found = product[of];
    if (!found) throw new Error(`no product of ${of} was computed`);
    return tensor(float32(found[name]), [...shapes[k]]);
  });
}

/** What the inputs of an op are: points, and weights where there are any, of the sides that gradients are wanted of. */
const partsOf = (clouds: Clouds, wrt: WithRespectTo): (readonly [Side, 'points' | 'weights'])[] =>
  sidesOf(wrt).flatMap((side) => [
    [side, 'points'] as const,
    ...(clouds[side].weights ? [[side, 'weights'] as const] : []),
  ]);

/** Changes of weights that keep the mass but for the rounding of float32, without that. */
function withoutRoundedMass(values: Float32Array): Float64Array {
  const changes = Float64Array.from(values);
  const [sum, size] = [changes.reduce((a, b) => a + b, 0), changes.reduce((a, b) => a + Math.abs(b), 0)];
  return Math.abs(sum) <= ROUNDED * size ? changes.map((value) => value - sum / changes.length) : changes;
}

/** What float32 leaves of a sum that is 0, relative. Chosen: some hundred roundings. */
const ROUNDED = 1e-4;

/** Gradients of a side as tensors: in the points, and in the weights where there are tensors of them. */
export function tensorsLike(
  { points, weights }: Cloud,
  gradient: { readonly points: Numbers; readonly weights: Numbers } | undefined,
): Tensor[] {
  if (!gradient) throw new Error('a gradient that is wanted was not computed');
  return [
    tensor(float32(gradient.points), points.shape),
    ...(weights ? [tensor(float32(gradient.weights), weights.shape)] : []),
  ];
}

type Numbers = Float32Array | Float64Array;

/** @throws UnsupportedError where a backend cannot be read without waiting. */
export function checkReadable(backend: Backend): void {
  if (backend.readSync) return;
  throw new UnsupportedError(
    `backend '${backend.name}' cannot be read without waiting, as ops of tfjs must be: give backend: await wasm(), or cpu(); ` +
      "or tf.setBackend('webgpu') and webgpu({ device: tf.backend().device })",
  );
}

export const measureOf = ({ points, weights }: Cloud) => ({
  data: points.dataSync<'float32'>(),
  shape: points.shape,
  weights: weights?.dataSync<'float32'>(),
});

export const float32 = (values: Numbers): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

const valueTensor = (value: number | Float64Array): Tensor =>
  typeof value === 'number' ? tensor(value) : tensor(Float32Array.from(value), [value.length]);
