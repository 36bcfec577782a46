import { atOnce } from '../tasks/preparing.js';
import { pause, type Task } from '../tasks/task.js';
import { evaluate } from './evaluate.js';
import type { Expression } from './expression.js';

/**
 * Entries that are computed together, a number: intermediate results (8 kB each) stay in the nearest cache. Raising it makes fewer calls
 * and leaves the cache. Chosen, not measured.
 */
const ENTRIES_AT_ONCE = 1024;
/** Entries between two places where a task can be interrupted: some milliseconds. Chosen, not measured. */
const ENTRIES_BETWEEN_PAUSES = 65_536;

/**
 * An expression of row variables and parameters, all numbers, for every entry of some arrays in float64: what
 * `Workspace.map` computes on a device.
 */
export const mapOnHost = (
  expression: Expression,
  rows: Readonly<Record<string, Float64Array>>,
  parameters: Readonly<Record<string, number>>,
): Float64Array => atOnce(mapChunked(expression, rows, parameters));

/** The same as a task, which can be interrupted where there are many entries. */
export function* mapChunked(
  expression: Expression,
  rows: Readonly<Record<string, Float64Array>>,
  parameters: Readonly<Record<string, number>>,
): Task<Float64Array> {
  const mapped = new Float64Array(Math.max(1, ...Object.values(rows).map(({ length }) => length)));
  for (let from = 0; from < mapped.length; from += ENTRIES_AT_ONCE) {
    if (from % ENTRIES_BETWEEN_PAUSES === 0) yield* pause();
    // A variable's numbers for all entries go through a formula of numbers as the components of a vector do.
    const variable = ({ name }: { readonly name: string }) => rows[name].subarray(from, from + ENTRIES_AT_ONCE);
    const values = evaluate(expression, { variable, parameters });
    const part = mapped.subarray(from, from + ENTRIES_AT_ONCE);
    if (values.length === 1) part.fill(values[0]);
    else part.set(values);
  }
  return mapped;
}
