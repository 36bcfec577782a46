import { FleetError } from './errors.js';

/** Numbers cut into lists of some lengths. @throws FleetError where there are more or fewer numbers. */
export function cut(values: Float64Array, lengths: readonly number[]): Float64Array[] {
  if (lengths.reduce((total, length) => total + length, 0) !== values.length) {
    throw new FleetError('INVALID_TILE', `an inner problem has ${values.length} numbers, which are not its own`);
  }
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return values.slice(at - length, at);
  });
}
