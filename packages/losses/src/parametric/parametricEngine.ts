import { bySide, type HostGradients, type MeasurePair, type Side } from '@sinkhorn/core';
import type { Engine, LossGradients, Solved } from '../engine.js';
import type { Loss } from '../loss.js';
import { engineOf, extendOf } from '../makeLoss.js';
import type { ParametricFormula, ParametricSolved, ParametricSource } from '../parameters.js';
import type { ParameterValues } from '../parameterValues.js';
import type { Solution } from '../solution.js';
import { byName, changedValues, type Layout, layoutOf } from './layout.js';
import { gathered, lifted, lowered } from './lifted.js';
import { liftedFormula } from './liftedFormula.js';
import { parametricSolution } from './parametricSolution.js';

interface Precomputed {
  readonly values: Float64Array;
  readonly of: unknown;
}

/** Float32 points have gradients in float32. */
const ROUNDING = 2 ** -24;

/** What computes a loss whose formula reads parameters: the loss of points that carry them. */
export function parametricEngine<S extends Solution>({
  option,
  options,
  make,
}: ParametricSource<S>): Pick<Engine<Precomputed, ParametricSolved<S>>, 'prepare' | 'solve'> {
  const { layout, values: defaults } = layoutOf(options.parameters as ParameterValues);
  const formula = liftedFormula(option, options[option] as ParametricFormula, layout);
  const loss: Loss<S> = make({ [option]: formula });
  const engine = engineOf(loss, 'loss') as Engine<unknown, Solved>;
  return {
    *prepare(y) {
      return { values: defaults, of: yield* engine.prepare(lifted(y, defaults)) };
    },
    *solve(pair, wrt, { precomputed, start, parameters }) {
      const values = parameters !== undefined ? changedValues(layout, defaults, parameters) : defaults;
      const x = lifted(pair.x, values);
      const raised: MeasurePair = { x, y: pair.y === pair.x ? x : lifted(pair.y, values) };
      // A gradient in parameters has a part from the points of either side.
      const result = yield* engine.solve(raised, wrt.length > 0 ? ['x', 'y'] : [], {
        precomputed: precomputed?.values.every((value, k) => value === values[k]) ? precomputed.of : undefined,
        start: start?.inner,
      });
      const rounding = [pair.x, pair.y].some(({ points }) => points instanceof Float32Array) ? ROUNDING : 0;
      const solved: ParametricSolved<S> = {
        values: result.values,
        gradients: wrt.length > 0 ? gradientsIn(pair, layout, result.gradients) : {},
        get diagnostics() {
          const { diagnostics } = result;
          const { gradientError } = diagnostics;
          return gradientError === undefined
            ? diagnostics
            : { ...diagnostics, gradientError: gradientError + rounding };
        },
        *gradientsOf() {
          return gradientsIn(pair, layout, yield* result.gradientsOf(['x', 'y']));
        },
        inner: result,
        solution: (plain) =>
          parametricSolution(extendOf(loss)(plain, { engine, pair: raised, result }), { plain, pair, layout, values }),
      };
      return solved;
    },
  };
}

function gradientsIn(pair: MeasurePair, layout: Layout, gradients: HostGradients): LossGradients {
  const { x, y } = gradients;
  if (!x || !y) return {};
  const { size } = layout;
  const of = { x, y };
  const total = (side: Side) => gathered(of[side].points, pair[side].dimension, size, pair[side].count);
  const ofY = total('y');
  return {
    ...bySide((side) => lowered(of[side], pair[side], size)),
    parameters: byName(
      layout,
      total('x').map((value, k) => value + ofY[k]),
    ),
  };
}
