import { InvalidMeasureError } from '../errors.js';
import { atOnce } from '../tasks/preparing.js';
import { numbers } from './measure.js';

/** The numbers of a list that a user gave. @throws InvalidMeasureError naming the list, and where a number is none, or not finite. */
export function finiteNumbers(name: string, list: ArrayLike<number>): Float32Array | Float64Array {
  const values = atOnce(numbers(name, list));
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new InvalidMeasureError(`${name}[${wrong}] is ${values[wrong]}: give finite numbers`);
  return values;
}
