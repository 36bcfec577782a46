import { blockProgram } from '../formula/blockProgram.js';
import type { Expression } from '../formula/expression.js';
import type { MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { chunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';

/** What a formula knows of the points of a side, by name: [B, N, k] each. */
export type FieldsOf = (side: Side) => Readonly<Record<string, ArrayLike<number>>>;

/** Pairs between two places where a task can be interrupted: some milliseconds of work. Raising it makes an abort wait longer. Chosen. */
const PAIRS_AT_ONCE = 65_536;

/**
 * Sums of a formula over the points of a side, and over those of the other one, at some rows of the side, in float64 on the host: [R, size].
 *
 * @param rows - counted on from one element of the batch to the next.
 */
export function* rowsOnHost(
  pair: MeasurePair,
  side: Side,
  value: Expression,
  fieldsOf: FieldsOf,
  parameters: Readonly<Record<string, number>>,
  rows: ArrayLike<number>,
): Task<{ readonly own: Float64Array; readonly others: Float64Array }> {
  const { width, compute } = blockProgram(value, parameters);
  const { size } = value;
  const { count } = pair[side];
  const fields = { x: fieldsOf('x'), y: fieldsOf('y') };
  const [own, others] = [new Float64Array(rows.length * size), new Float64Array(rows.length * size)];
  const addRow = (at: number, of: Side) => {
    const first = Math.floor(rows[at] / count) * pair[of].count;
    const total = of === side ? own : others;
    for (let from = 0; from < pair[of].count; from += width) {
      const entries = Math.min(width, pair[of].count - from);
      const values = compute(entries, ({ side: place, name, size: parts }, into) => {
        const given = fields[place === 'row' ? side : of][name];
        for (let k = 0; k < entries; k++) {
          const start = (place === 'row' ? rows[at] : first + from + k) * parts;
          for (let c = 0; c < parts; c++) into[c * width + k] = given[start + c];
        }
      });
      for (let k = 0; k < entries; k++) {
        for (let c = 0; c < size; c++) total[at * size + c] += values[c * width + k];
      }
    }
  };
  const addRows = (from: number, to: number) => {
    for (let at = from; at < to; at++) for (const of of [side, other(side)]) addRow(at, of);
  };
  yield* chunked(rows.length, addRows, Math.ceil(PAIRS_AT_ONCE / (pair.x.count + pair.y.count)));
  return { own, others };
}
