import { binaryFunctions, unaryFunctions } from './evaluate.js';
import type { Expression } from './expression.js';
import { type Instruction, program } from './program.js';

/** So many entries are computed at a time: their intermediate results stay in the nearest cache. */
const ENTRIES_AT_ONCE = 512;

/**
 * An expression of row variables and parameters, all numbers, for every entry of some arrays in float64: what
 * `Workspace.map` computes on a device.
 */
export function mapOnHost(
  expression: Expression,
  rows: Readonly<Record<string, ArrayLike<number>>>,
  parameters: Readonly<Record<string, number>>,
): Float64Array {
  const { instructions, outputs } = program([expression]);
  const count = Math.max(1, ...Object.values(rows).map(({ length }) => length));
  const results = instructions.map(() => new Float64Array(ENTRIES_AT_ONCE));
  for (const [index, { node }] of instructions.entries()) {
    if (node.type === 'parameter') results[index].fill(parameters[node.name]);
    if (node.type === 'constant') results[index].fill(node.values[0]);
  }
  const mapped = new Float64Array(count);
  for (let from = 0; from < count; from += ENTRIES_AT_ONCE) {
    const entries = Math.min(ENTRIES_AT_ONCE, count - from);
    for (const [index, instruction] of instructions.entries()) run(instruction, results, index, rows, from, entries);
    mapped.set(results[outputs[0]].subarray(0, entries), from);
  }
  return mapped;
}

function run(
  { node, operands }: Instruction,
  results: readonly Float64Array[],
  index: number,
  rows: Readonly<Record<string, ArrayLike<number>>>,
  from: number,
  entries: number,
): void {
  const result = results[index];
  if (node.type === 'variable') {
    const values = rows[node.name];
    for (let k = 0; k < entries; k++) result[k] = values[from + k];
  } else if (node.type === 'unary') {
    const apply = unaryFunctions[node.operator];
    const argument = results[operands[0]];
    for (let k = 0; k < entries; k++) result[k] = apply(argument[k]);
  } else if (node.type === 'binary') {
    const apply = binaryFunctions[node.operator];
    const [left, right] = operands.map((operand) => results[operand]);
    for (let k = 0; k < entries; k++) result[k] = apply(left[k], right[k]);
  }
}
