import {
  type Cotangents,
  InvalidMeasureError,
  InvalidOptionError,
  type SinkhornSolution,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { readyParameters, readySecondOrder } from '@sinkhorn/losses/ready';
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from './checkTensor.js';
import { type Clouds, checkClouds, sidesOf } from './clouds.js';
import { withDerivatives } from './differentiable.js';
import { checkReadable, inputsOf, measureOf, ofParameter, summed, tensorsLike, upstreamOf } from './onHost.js';
import { splitOptions } from './opOptions.js';
import { resultTensor } from './resultTensor.js';
import type { SinkhornDivergenceOptions } from './sinkhornDivergence.js';
import { tellsInaccurate, tellsUnknown } from './tellsInaccurate.js';

/** The options of transport, the weights of the clouds, and which gradients are wanted. */
export type MapOptions = Omit<SinkhornDivergenceOptions, 'debias' | 'normalize'>;

/** The options of the divergence whose potentials are wanted, the weights of the clouds, and which gradients are wanted. */
export type PotentialsOptions = SinkhornDivergenceOptions;

/** The potentials as tensors: [N] and [M], or [B, N] and [B, M]. */
export interface PotentialTensors {
  readonly f_ba: Tensor;
  readonly g_ab: Tensor;
  /** With debiasing only. */
  readonly f_aa?: Tensor;
  readonly g_bb?: Tensor;
}

/** A solved problem, and what of it is on the tape. */
interface OnTape {
  readonly solution: SinkhornSolution;
  readonly clouds: Clouds;
  readonly inputs: readonly Tensor[];
  /** Gradients by side as tensors, in the order of the inputs. */
  pulled(found: Cotangents): Tensor[];
}

function solved(name: string, x: Tensor, y: Tensor, options: SinkhornDivergenceOptions): OnTape {
  const { own, rest } = splitOptions(name, options);
  const clouds = checkClouds(x, y, own.weights);
  if (getBackend() === 'webgpu') {
    throw new UnsupportedError(
      `${name} solves a linear system, which has to be read, and on webgpu nothing can be read without waiting: tf.setBackend('webgl')`,
    );
  }
  if (rest.strategy === 'multiscale') {
    throw new UnsupportedError(
      `${name}: solutions of strategy 'multiscale' are of cells, and have no derivatives at points: leave it out`,
    );
  }
  const loss = sinkhornDivergence({ strategy: 'dense', ...rest });
  checkReadable(name, options.backend);
  // Ops cannot wait.
  readySecondOrder();
  if (options.parameters) readyParameters();
  const solution = loss.solveSync(measureOf(clouds.x), measureOf(clouds.y));
  own.onDiagnostics?.(solution.diagnostics);
  tellsInaccurate(name, options.onInaccurate)(solution.diagnostics);
  const sides = sidesOf(own.wrt);
  const batch = x.rank === 3 ? x.shape[0] : 1;
  return {
    solution,
    clouds,
    inputs: inputsOf({ clouds, ...own }),
    pulled: (found) => {
      tellsUnknown(name, options.onInaccurate)(found.diagnostics);
      return [
        ...sides.flatMap((side) => tensorsLike(clouds[side], found[side])),
        ...Object.entries(own.parameters.tensors).map(([of, { shape }]) =>
          resultTensor(summed(ofParameter(found.parameters, of), batch), shape),
        ),
      ];
    },
  };
}

/** What was computed, as an op: `values` belong to nobody after it. */
function asOp(
  name: string,
  inputs: readonly Tensor[],
  values: Tensor,
  pull: (upstream: Tensor) => readonly Tensor[],
): Tensor {
  const made = withDerivatives(name, inputs, values, pull);
  values.dispose();
  return made;
}

/** The options of a plan, which knows nothing of debiasing. @throws InvalidOptionError, UnsupportedError naming those that plans do not have here. */
function planOptions(name: string, options: MapOptions): SinkhornDivergenceOptions {
  if (typeof options !== 'object' || options === null) return options;
  const without = ['debias', 'normalize'].find((key) => key in options);
  if (without !== undefined) throw new InvalidOptionError(`${name} has no option '${without}': leave it out`);
  checkDifferentiable(name, options);
  return { ...options, debias: false };
}

/** @throws UnsupportedError for options whose solutions have no derivatives. */
function checkDifferentiable(name: string, { penalty, root }: SinkhornDivergenceOptions): void {
  if (penalty === undefined && !root) return;
  throw new UnsupportedError(`${name} has no derivatives with the options penalty and root: leave them out`);
}

/**
 * Where the transport plan sends each point of x on average, as a differentiable op: [N, D], or [B, N, D], with gradients in points and
 * weights of both clouds (`barycentricMapVjp` of a plan). So a layer can return a map.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for second derivatives, and on
 *   tfjs's webgpu.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { barycentricMap } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const [x, y] = [tf.tensor2d([[0], [1]]), tf.tensor2d([[5], [7]])];
 * const total = (to: tf.Tensor) => tf.sum(barycentricMap(x, to, { backend: cpu(), blur: 0.1 }));
 * // Each point of y is where one of x goes.
 * if (Math.abs(tf.grad(total)(y).dataSync()[0] - 1) > 1e-4) throw new Error('unexpected');
 * ```
 */
export function barycentricMap(x: Tensor, y: Tensor, options: MapOptions): Tensor {
  const name = 'barycentricMap';
  const { solution, inputs, pulled } = solved(name, x, y, planOptions(name, options));
  const { plan } = solution;
  const values = resultTensor(plan.barycentricMapSync(), x.shape);
  return asOp(name, inputs, values, (upstream) => pulled(plan.barycentricMapVjpSync(upstreamOf(name, upstream))));
}

/**
 * The transport plan times values, sum_j pi_ij v_j, as a differentiable op: `values` is [M] or [M, d], or [B, M] or [B, M, d] for a batch,
 * and the result has N in place of M. Gradients are in points and weights of both clouds, and in the values (`applyVjp` of a plan).
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for second derivatives, and on
 *   tfjs's webgpu.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { planApply } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const [x, y] = [tf.tensor2d([[0], [1]]), tf.tensor2d([[5], [7]])];
 * const brought = planApply(x, y, tf.tensor1d([3, 4]), { backend: cpu(), blur: 0.1 });
 * if (Math.abs(brought.dataSync()[1] - 2) > 1e-4) throw new Error('unexpected');
 * ```
 */
export function planApply(x: Tensor, y: Tensor, values: Tensor, options: MapOptions): Tensor {
  const name = 'planApply';
  checkTensor('y', y);
  checkTensor('values', values);
  if (values.shape.slice(0, y.rank - 1).join() !== y.shape.slice(0, -1).join()) {
    throw new InvalidMeasureError(
      `values has the shape [${values.shape}]: give [${y.shape.slice(0, -1)}], or as many numbers for each point of y`,
    );
  }
  const { solution, inputs, pulled } = solved(name, x, y, planOptions(name, options));
  const { plan } = solution;
  const numbers = values.dataSync<'float32'>();
  const shape = [...x.shape.slice(0, -1), ...values.shape.slice(y.rank - 1)];
  const applied = resultTensor(plan.applySync(numbers), shape);
  return asOp(name, [...inputs, values], applied, (upstream) => {
    const found = plan.applyVjpSync(numbers, upstreamOf(name, upstream));
    return [...pulled(found), resultTensor(found.values, values.shape)];
  });
}

/**
 * The dual potentials as differentiable ops, with gradients in points and weights of both clouds (`potentialsVjp` of a solution): those
 * of the transport from x to y, and with debiasing, as by default, those of each cloud with itself.
 *
 * @throws InvalidMeasureError, InvalidOptionError naming argument, index and remedy; UnsupportedError for second derivatives, and on
 *   tfjs's webgpu.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { potentials } from '@sinkhorn/tfjs';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const y = tf.tensor2d([[3, 4]]);
 * const f = (x: tf.Tensor) => tf.sum(potentials(x, y, { backend: cpu(), blur: 1, debias: false }).f_ba);
 * // Of two points f = |x - y|^2 / 4.
 * if (Math.abs(tf.grad(f)(tf.tensor2d([[0, 0]])).dataSync()[0] + 1.5) > 1e-5) throw new Error('unexpected');
 * ```
 */
export function potentials(x: Tensor, y: Tensor, options: PotentialsOptions): PotentialTensors {
  const name = 'potentials';
  const { solution, inputs, pulled } = solved(name, x, y, options);
  const one = (of: 'f_ba' | 'g_ab' | 'f_aa' | 'g_bb', points: Tensor) => {
    const values = solution.potentials[of];
    if (!values) return {};
    const computed = resultTensor(values, points.shape.slice(0, -1));
    const op = asOp(name, inputs, computed, (upstream) => {
      checkDifferentiable(name, options);
      return pulled(solution.potentialsVjpSync({ [of]: upstreamOf(name, upstream) }));
    });
    return { [of]: op };
  };
  return { ...one('f_ba', x), ...one('g_ab', y), ...one('f_aa', x), ...one('g_bb', y) } as unknown as PotentialTensors;
}
