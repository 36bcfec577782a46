import { InvalidOptionError } from '@sinkhorn/core';
import type { ParameterValue, ParameterValues } from '../parameterValues.js';

/** One parameter among all numbers: where it begins, and its shape, [] for a number. */
export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly size: number;
}

/** The parameters of a formula one after the other, row by row. */
export interface Layout {
  readonly places: readonly Place[];
  readonly size: number;
}

export const shown = (shape: readonly number[]): string =>
  shape.length === 0 ? 'a number' : `of shape [${shape.join(', ')}]`;

/** @throws InvalidOptionError naming the parameter, and where its numbers are none. */
function flattened(
  name: string,
  value: ParameterValue,
): { readonly shape: readonly number[]; readonly values: number[] } {
  if (typeof value === 'number') return { shape: [], values: finite(name, [value]) };
  if (!isList(value) || value.length === 0) {
    throw new InvalidOptionError(
      `parameters.${name} is ${described(value)}: give a number, a vector, or a matrix as a list of rows`,
    );
  }
  if (!isList(value[0])) return { shape: [value.length], values: finite(name, value as ArrayLike<number>) };
  const rows = Array.from(value as ArrayLike<ArrayLike<number>>);
  const columns = rows[0]?.length;
  const wrong = rows.findIndex((row) => !isList(row) || row.length === 0 || row.length !== columns);
  if (wrong >= 0) {
    throw new InvalidOptionError(
      `parameters.${name}[${wrong}] has ${rows[wrong]?.length || 'no'} numbers: give rows of one length, ${columns ? `that of the first, ${columns}` : 'of one number or more'}`,
    );
  }
  return { shape: [rows.length, columns], values: rows.flatMap((row, r) => finite(`${name}[${r}]`, row)) };
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

const described = (value: unknown): string =>
  typeof value === 'string'
    ? `'${value}'`
    : isList(value)
      ? value.length > 0
        ? 'a list'
        : 'an empty list'
      : typeof value === 'object' && value !== null
        ? 'an object'
        : String(value);

function finite(name: string, values: ArrayLike<number>): number[] {
  return Array.from(values, (value, k) => {
    if (Number.isFinite(value)) return value;
    throw new InvalidOptionError(`parameters.${name} has ${described(value)} at ${k}: give finite numbers`);
  });
}

/** @throws InvalidOptionError for what has no names. */
function checkNamed(parameters: ParameterValues): void {
  const isList = Array.isArray(parameters) || ArrayBuffer.isView(parameters);
  if (typeof parameters === 'object' && parameters !== null && !isList && Object.keys(parameters).length > 0) return;
  throw new InvalidOptionError('parameters is no object of numbers: give names and values, such as { scale: 2 }');
}

/** The parameters that a loss was made with: what there is, and their values. @throws InvalidOptionError where they are none. */
export function layoutOf(parameters: ParameterValues): { readonly layout: Layout; readonly values: Float64Array } {
  checkNamed(parameters);
  const places: Place[] = [];
  const all: number[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    const { shape, values } = flattened(name, value);
    places.push({ name, shape, from: all.length, size: values.length });
    all.push(...values);
  }
  return { layout: { places, size: all.length }, values: Float64Array.from(all) };
}

/** Other values for some of the parameters. @throws InvalidOptionError for names and shapes that the loss does not have. */
export function changedValues({ places }: Layout, before: Float64Array, parameters: ParameterValues): Float64Array {
  checkNamed(parameters);
  const all = before.slice();
  for (const [name, value] of Object.entries(parameters)) {
    const place = places.find((one) => one.name === name);
    if (!place) {
      throw new InvalidOptionError(
        `parameters has '${name}': the loss was made with ${places.map((one) => one.name).join(', ')}`,
      );
    }
    const { shape, values } = flattened(name, value);
    if (shape.join() !== place.shape.join()) {
      throw new InvalidOptionError(
        `parameters.${name} is ${shown(shape)}, and the loss was made with one that is ${shown(place.shape)}: values may change in a call, not shapes`,
      );
    }
    all.set(values, place.from);
  }
  return all;
}

/**
 * Numbers by name: [.., R, C] each, flat.
 *
 * @param all One after the other what has `size` numbers, one for each of the parameters.
 */
export function byName({ places, size }: Layout, all: Float64Array): Readonly<Record<string, Float64Array>> {
  const count = all.length / size;
  return Object.fromEntries(
    places.map((place) => {
      const values = new Float64Array(count * place.size);
      for (let k = 0; k < count; k++) {
        values.set(all.subarray(k * size + place.from, k * size + place.from + place.size), k * place.size);
      }
      return [place.name, values];
    }),
  );
}
