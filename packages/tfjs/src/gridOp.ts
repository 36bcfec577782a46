import {
  type Diagnostics,
  InvalidMeasureError,
  InvalidOptionError,
  type Loss,
  type OnInaccurate,
  type WithRespectTo,
} from '@sinkhorn/losses';
import {
  readyAdvice,
  readyGrids,
  readyHausdorff,
  readyKeptCosts,
  readyKernelNorms,
  readyRefinements,
  readySinkhorn,
  readySums,
} from '@sinkhorn/losses/ready';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { checkNames, checkOnDiagnostics, checkWithRespectTo } from './checkOptions.js';
import { checkTensor } from './checkTensor.js';
import { sidesOf } from './clouds.js';
import { differentiable } from './differentiable.js';
import { resultTensor } from './resultTensor.js';
import { tellsInaccurate } from './tellsInaccurate.js';

/** The nodes of a grid. */
export interface GridNodes {
  /** The distance of neighbouring nodes along each axis; 1 counts in pixels. */
  readonly spacing: readonly number[];
  /** The coordinates of the first node; 0 when absent. */
  readonly origin?: readonly number[];
}

/** The nodes of both grids, and of y's where they are others. */
export interface GridOpOptions extends GridNodes {
  readonly y?: GridNodes;
  /** What to do where a value is not accurate. Default 'warn'. */
  readonly onInaccurate?: OnInaccurate;
}

/** What the op of a loss on grids takes beside masses. */
export interface GridCallOptions {
  /** The masses that gradients are wanted of; the others count as constant. Default 'both'. */
  readonly wrt?: WithRespectTo;
  /** Hears how each result was reached. */
  readonly onDiagnostics?: (diagnostics: Diagnostics) => void;
}

/**
 * Any loss as a differentiable op of tfjs on histograms, images and volumes, with gradients in the masses.
 *
 * The op takes masses `x`, a tensor with one axis for each spacing, or with an axis more in front, which is a batch, and `y` likewise; it
 * gives a scalar, or [B].
 *
 * @param loss - Made for a backend that can be read without waiting. With `normalize` it compares shares, as of photographs.
 * @throws InvalidOptionError for what is no loss and for spacings that are no list. The op throws InvalidMeasureError naming argument, index
 * and remedy; UnsupportedError for second derivatives.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { gridOp } from '@sinkhorn/tfjs/transport';
 * import * as tf from '@tensorflow/tfjs';
 *
 * const distance = gridOp(sinkhornDivergence({ backend: cpu(), blur: 0.5 }), { spacing: [1, 1] });
 * const image = (row: number) => tf.oneHot(tf.tensor1d([row], 'int32'), 4).transpose().cast('float32'); // 4 x 1
 * const value = distance(image(0), image(3));
 * if (Math.abs(value.dataSync()[0] - 4.5) > 1e-4) throw new Error('unexpected');
 * ```
 */
export function gridOp(
  loss: Loss,
  options: GridOpOptions,
): <Value extends Tensor = Scalar>(x: Tensor, y: Tensor, options?: GridCallOptions) => Value {
  if (typeof loss?.valueAndGradientsSync !== 'function') {
    throw new InvalidOptionError('loss is no loss: give what sinkhornDivergence or another loss returned');
  }
  checkNames('gridOp', options, ['spacing', 'origin', 'y', 'onInaccurate']);
  const { y: nodesOfY, onInaccurate, ...nodes } = options;
  if (nodesOfY !== undefined) checkNames('y', nodesOfY, ['spacing', 'origin']);
  tellsInaccurate(loss.name, onInaccurate);
  for (const [name, given] of [
    ['spacing', nodes],
    ['y.spacing', nodesOfY ?? nodes],
  ] as const) {
    if (Array.isArray(given.spacing)) continue;
    throw new InvalidOptionError(
      `${name} is ${given.spacing}: give a list, the distance of neighbouring nodes along each axis, as [1, 1]`,
    );
  }
  // Ops cannot wait.
  readyAdvice();
  readyGrids();
  readyHausdorff();
  readyKernelNorms();
  readyKeptCosts();
  readyRefinements();
  readySinkhorn();
  readySums();
  return <Value extends Tensor>(x: Tensor, y: Tensor, given: GridCallOptions = {}) => {
    checkNames('the op of a loss on grids', given, ['wrt', 'onDiagnostics']);
    const { wrt = 'both', onDiagnostics } = given;
    checkWithRespectTo(wrt);
    checkOnDiagnostics(onDiagnostics);
    const masses = { x, y };
    const of = { x: nodes, y: nodesOfY ?? nodes };
    for (const side of ['x', 'y'] as const) checkMasses(side, masses[side], of[side]);
    const sides = sidesOf(wrt);
    const inputs = sides.map((side) => masses[side]);
    const value: Tensor = differentiable(loss.name, inputs, (wanted) => {
      const [from, to] = (['x', 'y'] as const).map((side) => ({
        grid: masses[side].dataSync<'float32'>(),
        shape: masses[side].shape,
        ...of[side],
      }));
      const found = loss.valueAndGradientsSync(from, to, { wrt });
      onDiagnostics?.(found.diagnostics);
      tellsInaccurate(loss.name, onInaccurate)(found.diagnostics);
      const gradients = sides.map((side) => {
        const slopes = found[side]?.weights;
        if (!slopes) throw new Error('a gradient that is wanted was not computed');
        return resultTensor(slopes, masses[side].shape);
      });
      const values = found.value as number | Float64Array;
      return {
        value: resultTensor(values),
        gradients: wanted ? gradients : [],
      };
    });
    return value as Value;
  };
}

function checkMasses(name: 'x' | 'y', masses: Tensor, { spacing }: GridNodes): void {
  checkTensor(name, masses);
  const more = masses.rank - spacing.length;
  if (more === 0 || more === 1) return;
  throw new InvalidMeasureError(
    `${name} has the shape [${masses.shape}], and there are ${spacing.length} spacings: give an axis for each, or one more in front for a batch`,
  );
}
