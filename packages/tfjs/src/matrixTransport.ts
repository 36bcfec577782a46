import { type Diagnostics, InvalidMeasureError, InvalidOptionError } from '@sinkhorn/losses';
import { type MatrixTransportOptions, matrixTransport as transport } from '@sinkhorn/losses/matrix';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { checkOnDiagnostics, checkWeights } from './checkOptions.js';
import { checkTensor } from './checkTensor.js';
import { differentiable } from './differentiable.js';
import { checkReadable } from './onHost.js';
import { resultTensor } from './resultTensor.js';
import { tellsInaccurate } from './tellsInaccurate.js';

/** The options of the loss, with weights as tensors. */
export interface MatrixOpOptions extends Omit<MatrixTransportOptions, 'cost' | 'debias'> {
  /** [N] and [M], each 0 or more; 1/N where there are none. */
  readonly weights?: { readonly x?: Tensor; readonly y?: Tensor };
  /** Hears how each result was reached. */
  readonly onDiagnostics?: (diagnostics: Diagnostics) => void;
}

/**
 * Entropic transport for a matrix of costs, [N, M], as an op of tfjs, with gradients in the costs, which are the plan, and in weights. So any
 * cost that tfjs computes can be learned.
 *
 * @returns a scalar.
 * @throws InvalidOptionError, InvalidMeasureError naming argument and remedy; UnsupportedError for second derivatives, and for a backend
 * that cannot be read without waiting.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { matrixTransport } from '@sinkhorn/tfjs/transport';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const costs = tf.tensor2d([[0, 1], [1, 0]]);
 * const plan = tf.grad((cost) => matrixTransport(cost, { backend: cpu(), blur: 0.01 }))(costs);
 * const [stays, goes] = plan.dataSync();
 * if (Math.abs(stays - 0.5) > 1e-6 || goes > 1e-6) throw new Error('unexpected');
 * ```
 */
export function matrixTransport(costs: Tensor, options: MatrixOpOptions): Scalar {
  const name = 'matrixTransport';
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(`${name} needs options: give { backend } at least`);
  }
  const { weights = {}, onDiagnostics, ...rest } = options;
  checkWeights(weights);
  checkOnDiagnostics(onDiagnostics);
  checkTensor('costs', costs);
  if (costs.rank !== 2) throw new InvalidMeasureError(`costs has shape [${costs.shape}]: give [N, M]`);
  const [{ x, y }, [n, m]] = [weights, costs.shape];
  for (const [side, given, count] of [['x', x, n] as const, ['y', y, m] as const]) {
    if (given === undefined) continue;
    checkTensor(`weights.${side}`, given);
    if (given.rank === 1 && given.size === count) continue;
    throw new InvalidMeasureError(`weights.${side} has shape [${given.shape}]: give [${count}], one for each point`);
  }
  checkReadable(name, rest.backend);
  tellsInaccurate(name, rest.onInaccurate);
  const given = [x, y].flatMap((side) => (side ? [side] : []));
  const value = differentiable(name, [costs, ...given], (wanted) => {
    const cost = { matrix: costs.dataSync<'float32'>(), shape: costs.shape };
    const solution = transport({ ...rest, cost }).solveSync(x?.dataSync<'float32'>(), y?.dataSync<'float32'>());
    onDiagnostics?.(solution.diagnostics);
    tellsInaccurate(name, rest.onInaccurate)(solution.diagnostics);
    const gradients: Tensor[] = [];
    if (wanted) {
      const slopes = solution.gradients;
      gradients.push(resultTensor(slopes.matrix, costs.shape));
      if (x) gradients.push(resultTensor(slopes.x, x.shape));
      if (y) gradients.push(resultTensor(slopes.y, y.shape));
    }
    return { value: resultTensor(solution.value), gradients };
  });
  return value as Scalar;
}
