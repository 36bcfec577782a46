import {
  type Backend,
  type DerivativeDiagnostics,
  type Diagnostics,
  InvalidMeasureError,
  type Loss,
  type PairDirection,
  type SecondDerivatives,
  UnsupportedError,
  type WithRespectTo,
} from '@sinkhorn/losses';
import { checkBackend } from '@sinkhorn/losses/extend';
import { readySecondOrder } from '@sinkhorn/losses/ready';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Cloud, type Clouds, type Side, sidesOf, tensorsOf } from './clouds.js';
import type { Computed } from './differentiable.js';
import type { GivenParameters } from './parameterTensors.js';
import { resultTensor } from './resultTensor.js';

/** A loss and what it is of. */
export interface Problem {
  readonly loss: Loss;
  readonly clouds: Clouds;
  readonly wrt: WithRespectTo;
  readonly parameters: GivenParameters;
}

/** Computes a loss from the numbers of tensors, on a backend that can be read without waiting. */
export function onHost(
  backend: Backend | undefined,
  problem: Problem,
  tell: (diagnostics: Diagnostics) => void,
  tellProduct: (diagnostics: DerivativeDiagnostics) => void,
  wanted: boolean,
): Computed {
  const { loss, clouds, wrt, parameters } = problem;
  if (backend) checkReadable(loss.name, backend);
  const [x, y] = [measureOf(clouds.x), measureOf(clouds.y)];
  if (!wanted) {
    const { value, diagnostics } = loss.solveSync(x, y, { parameters: parameters.values });
    tell(diagnostics);
    return { value: resultTensor(value), gradients: [] };
  }
  const solution = loss.solveSync(x, y, { wrt, parameters: parameters.values });
  tell(solution.diagnostics);
  const gradients = solution.gradientsSync(wrt);
  const batch = clouds.x.points.shape.slice(0, -2);
  return {
    value: resultTensor(solution.value),
    gradients: [
      ...sidesOf(wrt).flatMap((side) => tensorsLike(clouds[side], gradients[side])),
      ...Object.entries(parameters.tensors).map(([name, { shape }]) =>
        resultTensor(ofParameter(gradients.parameters, name), [...batch, ...shape]),
      ),
    ],
    ...('hessianVectorProductSync' in solution && {
      hessianTimes: (change: Tensor, input: number) =>
        productTensors(solution as unknown as SecondDerivatives, problem, tellProduct, change, input),
    }),
  };
}

/** What an input of an op is: points or weights of a side, or a parameter. */
type Part = { readonly side: Side; readonly of: 'points' | 'weights' } | { readonly parameter: string };

/** The product of second derivatives with the change of one of the inputs, as tensors like all of them. */
function productTensors(
  solution: SecondDerivatives,
  problem: Problem,
  tell: (diagnostics: DerivativeDiagnostics) => void,
  change: Tensor,
  input: number,
): Tensor[] {
  // Ops cannot wait.
  readySecondOrder();
  const { clouds, wrt } = problem;
  const { points } = clouds.x;
  const batch = points.rank === 3 ? points.shape[0] : 1;
  const parts = partsOf(problem);
  const moved = parts[input];
  const values = upstreamOf(problem.loss.name, change);
  // A parameter changes with each element of a batch in another way: these are so many directions, of which each counts for its element.
  const directions = 'parameter' in moved ? batch : 1;
  const direction: PairDirection =
    'parameter' in moved
      ? { parameters: { [moved.parameter]: values } }
      : { [moved.side]: { [moved.of]: moved.of === 'weights' ? withoutRoundedMass(values) : values } };
  const product = solution.hessianVectorProductSync(direction, { wrt });
  tell(product.diagnostics);
  const ownElements = (all: Float64Array): Float64Array => {
    const size = all.length / (directions * batch);
    if (directions === 1) return all;
    const own = new Float64Array(batch * size);
    for (let element = 0; element < batch; element++) {
      const from = (element * batch + element) * size;
      own.set(all.subarray(from, from + size), element * size);
    }
    return own;
  };
  return parts.map((part, k) => {
    const { shape } = inputsOf(problem)[k];
    if ('parameter' in part) {
      return resultTensor(summed(ownElements(ofParameter(product.parameters, part.parameter)), batch), shape);
    }
    const found = product[part.side];
    if (!found) throw new Error(`no product of ${part.side} was computed`);
    return resultTensor(ownElements(found[part.of]), shape);
  });
}

/** The sum of vectors that lie one after the other. */
export function summed(all: Float64Array, count: number): Float64Array {
  const sum = new Float64Array(all.length / count);
  for (let k = 0; k < all.length; k++) sum[k % sum.length] += all[k];
  return sum;
}

/** The tensors that an op depends on. */
export const inputsOf = ({ clouds, wrt, parameters }: Omit<Problem, 'loss'>): Tensor[] => [
  ...tensorsOf(clouds, sidesOf(wrt)),
  ...Object.values(parameters.tensors),
];

/** What they are: points, and weights where there are any, of the sides that gradients are wanted of, and parameters. */
const partsOf = ({ clouds, wrt, parameters }: Problem): readonly Part[] => [
  ...sidesOf(wrt).flatMap((side): Part[] => [
    { side, of: 'points' },
    ...(clouds[side].weights ? [{ side, of: 'weights' } as const] : []),
  ]),
  ...Object.keys(parameters.tensors).map((parameter) => ({ parameter })),
];

/** The numbers of one parameter. */
export function ofParameter(found: Readonly<Record<string, Float64Array>> | undefined, name: string): Float64Array {
  const values = found?.[name];
  if (!values) throw new Error(`a gradient in parameters.${name} that is wanted was not computed`);
  return values;
}

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
    resultTensor(gradient.points, points.shape),
    ...(weights ? [resultTensor(gradient.weights, weights.shape)] : []),
  ];
}

type Numbers = Float32Array | Float64Array;

/**
 * The numbers of a gradient that comes to an op from what follows it.
 *
 * @throws InvalidMeasureError where they are not finite: no system can be solved for them.
 */
export function upstreamOf(op: string, upstream: Tensor): Float32Array {
  const values = upstream.dataSync<'float32'>();
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return values;
  throw new InvalidMeasureError(
    `${op}: the gradient that comes to it has ${values[wrong]} at ${wrong}: look for it in what is computed from the op`,
  );
}

/** @throws InvalidOptionError for what is no backend, UnsupportedError where one cannot be read without waiting. */
export function checkReadable(op: string, backend: Backend): void {
  checkBackend(op, backend);
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
