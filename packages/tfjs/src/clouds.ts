import { InvalidMeasureError, type WithRespectTo } from '@sinkhorn/losses';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkTensor } from './checkTensor.js';
import type { OpOptions } from './opOptions.js';

/** A side of a pair of clouds. */
export type Side = 'x' | 'y';

/** One cloud, or a batch of them, as tensors. */
export interface Cloud {
  /** [N, D] or [B, N, D] */
  readonly points: Tensor;
  /** [N] or [B, N] */
  readonly weights?: Tensor;
}

export type Clouds = Readonly<Record<Side, Cloud>>;

/**
 * Checks tensors as far as their shapes tell.
 *
 * @throws InvalidMeasureError naming the argument and the remedy.
 */
export function checkClouds(x: Tensor, y: Tensor, weights: NonNullable<OpOptions['weights']>): Clouds {
  return { x: checkCloud('x', x, weights.x), y: checkCloud('y', y, weights.y) };
}

function checkCloud(name: Side, points: Tensor, weights: Tensor | undefined): Cloud {
  checkTensor(name, points);
  const { shape } = points;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new InvalidMeasureError(`${name} has the shape [${shape}]: give [N, D], or [B, N, D] for a batch`);
  }
  const axis = shape.indexOf(0);
  if (axis >= 0) throw new InvalidMeasureError(`${name} has the shape [${shape}]: axis ${axis} is empty`);
  if (weights === undefined) return { points };
  checkTensor(`weights.${name}`, weights);
  const needed = shape.slice(0, -1);
  if (weights.shape.join() !== needed.join()) {
    throw new InvalidMeasureError(
      `weights.${name} has the shape [${weights.shape}]: give [${needed}], one for each point of ${name}`,
    );
  }
  return { points, weights };
}

const SIDES: Readonly<Record<WithRespectTo, readonly Side[]>> = { x: ['x'], y: ['y'], both: ['x', 'y'] };

/** The sides that gradients are wanted of. */
export const sidesOf = (wrt: WithRespectTo): readonly Side[] => SIDES[wrt];

/** The tensors of some sides that a value depends on: points, and weights where there are any. */
export const tensorsOf = (clouds: Clouds, sides: readonly Side[]): Tensor[] =>
  sides.flatMap((side) => {
    const { points, weights } = clouds[side];
    return weights ? [points, weights] : [points];
  });
