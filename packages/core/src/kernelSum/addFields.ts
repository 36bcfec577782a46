import type { DeviceArray } from '../backend/backend.js';
import type { Field } from '../spatial/field.js';
import { read, type Task } from '../tasks/task.js';
import { gradientUnit } from './kernelFields.js';
import type { MmdProblem } from './problem.js';

export const emptyField = (count: number, dimension: number): Required<Field> => ({
  values: new Float64Array(count),
  gradients: new Float64Array(count * dimension),
});

/** Adds what `kernelFields` gave to a field, for the rows from a place on, frees it, and gives the place after them. */
export function* addFields(
  { space, kind, parameters, dimension }: MmdProblem,
  fields: DeviceArray,
  { values, gradients }: Required<Field>,
  place: number,
): Task<number> {
  const unit = gradientUnit(kind, parameters.inverseBlur);
  const found = yield* read(space.backend, fields);
  space.release(fields);
  const count = found.length / (dimension + 1);
  for (let k = 0; k < count; k++) {
    for (let c = 0; c < dimension; c++) {
      gradients[(place + k) * dimension + c] += unit * found[k * (dimension + 1) + c];
    }
    values[place + k] += found[k * (dimension + 1) + dimension];
  }
  return place + count;
}
