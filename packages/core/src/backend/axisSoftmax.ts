import { InvalidFormulaError } from '../errors.js';
import type { AxisSoftmax } from './backend.js';

/**
 * How many lines a softmax along an axis has, and the shape of its result.
 *
 * @throws InvalidFormulaError where the scores are not those of lines of so many columns, or a spacing or the rate is not above 0.
 */
export function axisLines({ scores, inner, rows, columns, rate }: AxisSoftmax): {
  readonly lines: number;
  readonly shape: readonly number[];
} {
  const { shape } = scores;
  const entries = shape[shape.length - 2] / (columns.count * inner);
  if (shape[shape.length - 1] !== 1 || !Number.isInteger(entries)) {
    throw new InvalidFormulaError(
      `scores of the shape [${shape}] are not those of lines of ${columns.count} columns, ${inner} apart: there is one for each node`,
    );
  }
  for (const [name, value] of Object.entries({
    'rows.spacing': rows.spacing,
    'columns.spacing': columns.spacing,
    rate,
  })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new InvalidFormulaError(`${name} is ${value}: give a finite number above 0`);
    }
  }
  const batch = shape.length === 3 ? shape[0] : 1;
  return { lines: batch * entries * inner, shape: shape.with(-2, entries * inner * rows.count) };
}
