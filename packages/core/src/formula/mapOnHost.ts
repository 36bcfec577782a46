import { blockProgram } from './blockProgram.js';
import type { Expression } from './expression.js';

/**
 * An expression of row variables and parameters, all numbers, for every entry of some arrays in float64: what
 * `Workspace.map` computes on a device.
 */
export function mapOnHost(
  expression: Expression,
  rows: Readonly<Record<string, ArrayLike<number>>>,
  parameters: Readonly<Record<string, number>>,
): Float64Array {
  const block = blockProgram(expression, parameters);
  const entries = Math.max(1, ...Object.values(rows).map(({ length }) => length));
  const mapped = new Float64Array(entries);
  for (let from = 0; from < entries; from += block.width) {
    const count = Math.min(block.width, entries - from);
    const values = block.compute(count, ({ name }, into) => {
      for (let k = 0; k < count; k++) into[k] = rows[name][from + k];
    });
    mapped.set(values.subarray(0, count), from);
  }
  return mapped;
}
