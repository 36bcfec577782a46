import { diameter, type HostGradient, type MeasurePair, type Side } from '@sinkhorn/core';
import type { EngineDiagnostics, LossGradients, Solved } from '../engine.js';
import type { Term } from '../sumOfLosses.js';

/** The accuracy that losses have as a default: what a sum may be off by where its parts are within what was asked of them. */
const ACCURACY = 1e-3;

/** What the errors of a sum are made of. */
interface Added {
  readonly pair: MeasurePair;
  readonly terms: readonly Term[];
  readonly parts: readonly Solved[];
  readonly values: Float64Array;
  /** The gradients of the parts, and of the sum. */
  readonly gradients: readonly LossGradients[];
  readonly total: LossGradients;
}

type Errors = Pick<EngineDiagnostics, 'valueError' | 'gradientError' | 'weightsError' | 'floor' | 'accurate'>;

/**
 * The errors of a sum: those of its parts add up, and may be far more of the sum than of each where parts cancel, as differences of losses do
 * and gradients where a sum is least.
 */
export function sumErrors({ pair, terms, parts, values, gradients, total }: Added): Errors {
  const told = parts.map(({ diagnostics }) => diagnostics);
  const sizes = terms.map(({ weight }) => Math.abs(weight));
  const floor = sizes.reduce((sum, size, k) => sum + size * told[k].floor, 0);
  let valueError = 0;
  for (const [element, value] of values.entries()) {
    const off = sizes.reduce((sum, size, k) => {
      return sum + size * told[k].valueError * Math.max(Math.abs(parts[k].values[element]), told[k].floor);
    }, 0);
    valueError = Math.max(valueError, over(off, Math.max(Math.abs(value), floor)));
  }
  // A gradient in the points that is less than this is taken to be as large.
  const longest = diameter([pair.x, pair.y]) || 1;
  const errorOf = (of: 'points' | 'weights', key: 'gradientError' | 'weightsError', least: (side: Side) => number) => {
    let worst: number | undefined;
    for (const side of ['x', 'y'] as const) {
      const sum = total[side];
      if (!sum || told.some((one) => one[key] === undefined)) continue;
      const { batch } = pair[side];
      for (let element = 0; element < batch; element++) {
        const off = sizes.reduce((all, size, k) => {
          const length = normOf((gradients[k][side] as HostGradient)[of], element, batch);
          return all + size * (told[k][key] ?? 0) * Math.max(length, told[k].floor * least(side));
        }, 0);
        worst = Math.max(worst ?? 0, over(off, Math.max(normOf(sum[of], element, batch), floor * least(side))));
      }
    }
    return worst;
  };
  const weightsError = errorOf(
    'weights',
    'weightsError',
    (side) => Math.sqrt(pair[side].count) / Math.max(...pair.x.masses, ...pair.y.masses),
  );
  // Nodes do not move: the gradient of a grid is the one in its masses.
  const gradientError = pair.x.grid ? weightsError : errorOf('points', 'gradientError', () => 1 / longest);
  // What was asked of parts is known of them alone: where they are accurate, none of their errors is more than it.
  const within = Math.max(ACCURACY, ...told.flatMap((one) => [one.valueError, one.gradientError ?? 0]));
  const accurate = told.every((one) => one.accurate) && Math.max(valueError, gradientError ?? 0) <= within;
  return { valueError, gradientError, weightsError, floor, accurate };
}

const over = (error: number, size: number): number => (error === 0 ? 0 : error / Math.max(size, Number.MIN_VALUE));

function normOf(values: ArrayLike<number>, element: number, batch: number): number {
  const length = values.length / batch;
  let square = 0;
  for (let k = element * length; k < (element + 1) * length; k++) square += values[k] ** 2;
  return Math.sqrt(square);
}
