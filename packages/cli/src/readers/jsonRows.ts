import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { numberedNames } from './headerRule.js';
import { describeValue, isArray, isObject, type JsonValue } from './jsonValue.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink } from './pointSink.js';

/** Takes the points of a JSON file one by one, each an array of numbers or an object of them; the first decides which. */
export interface JsonRows {
  /** `line` is where an editor shows the row, if each has a line to itself. */
  row(value: JsonValue, line?: number): void;
  finish(notes?: readonly string[]): PointCloud;
}

/** Makes the rows of one file; the columns `notByDefault` are coordinates only when they are chosen. */
export function jsonRows(file: string, choice: ColumnChoice, notByDefault: readonly string[] = []): JsonRows {
  let sink: PointSink | undefined;
  let width = 0;
  let keys: readonly string[] | undefined;
  let known: ReadonlySet<string> | undefined;
  let count = 0;

  const begin = (first: JsonValue): PointSink => {
    if (isArray(first)) {
      width = first.length;
      return pointSink(file, numberedNames(width), choice);
    }
    if (isObject(first)) {
      keys = first.keys;
      return pointSink(file, keys, choice, { defaults: keys.filter((key) => !notByDefault.includes(key)) });
    }
    throw new InputError(
      `${file}: row 1 is ${describeValue(first)}; each point must be an array of numbers, as [1] in one dimension, or an object`,
    );
  };
  return {
    row(value, line) {
      sink ??= begin(value);
      count++;
      const place = line === undefined ? `row ${count}` : `line ${line} (row ${count})`;
      if (keys) {
        if (!isObject(value))
          throw new InputError(`${file}: ${place} is ${describeValue(value)} and row 1 is an object`);
        if (value.keys === keys) return sink.row(value.values, line);
        known ??= new Set(keys);
        const added = choice.columns ? undefined : value.keys.find((key) => !known?.has(key));
        if (added !== undefined)
          throw new InputError(
            `${file}: ${place} has "${added}", which row 1 lacks; choose among row 1's with --columns`,
          );
        const own = new Map(value.keys.map((key, k) => [key, value.values[k]]));
        return sink.row(
          keys.map((key) => own.get(key)),
          line,
        );
      }
      if (!isArray(value)) throw new InputError(`${file}: ${place} is ${describeValue(value)} and row 1 is an array`);
      if (value.length !== width) {
        throw new InputError(
          `${file}: ${place} has ${value.length} values and row 1 has ${width}; make all rows equally long`,
        );
      }
      sink.row(value, line);
    },
    finish(notes) {
      if (!sink) throw new InputError(`${file}: it holds no points`);
      return sink.finish(notes);
    },
  };
}
