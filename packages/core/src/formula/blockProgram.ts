import { binaryFunctions, unaryFunctions } from './evaluate.js';
import type { Expression, Variable } from './expression.js';
import { type Instruction, program } from './program.js';

/**
 * Entries of a block, a number: its intermediate results (4 kB each) stay in the nearest cache. Raising it makes fewer calls and leaves
 * the cache. Chosen, not measured.
 */
const ENTRIES_OF_BLOCK = 512;

/** A formula that is computed for a block of entries at a time, in float64 on the host. */
export interface BlockProgram {
  /** The most entries of a block, and how far apart the components of a result are. */
  readonly width: number;
  /**
   * The formula's values for `count` entries, component by component: entry k of component c is at c * width + k.
   *
   * @param load Fills in a variable, laid out likewise.
   */
  compute(count: number, load: (variable: Variable, into: Float64Array) => void): Float64Array;
}

/** Makes a formula ready to be computed on the host, with its parameters known. */
export function blockProgram(expression: Expression, parameters: Readonly<Record<string, number>> = {}): BlockProgram {
  const { instructions, outputs } = program([expression]);
  const width = ENTRIES_OF_BLOCK;
  const results = instructions.map(({ node }) => new Float64Array(node.size * width));
  for (const [index, { node }] of instructions.entries()) {
    if (node.type === 'parameter') results[index].fill(parameters[node.name]);
    if (node.type === 'constant') {
      for (const [c, value] of node.values.entries()) results[index].fill(value, c * width, (c + 1) * width);
    }
  }
  return {
    width,
    compute(count, load) {
      for (const [index, instruction] of instructions.entries()) {
        if (instruction.node.type === 'variable') load(instruction.node, results[index]);
        else run(instruction, results, results[index], width, count);
      }
      return results[outputs[0]];
    },
  };
}

function run(
  { node, operands }: Instruction,
  results: readonly Float64Array[],
  result: Float64Array,
  width: number,
  count: number,
): void {
  const [left, right] = operands.map((operand) => results[operand]);
  if (node.type === 'unary') {
    const apply = unaryFunctions[node.operator];
    for (let at = 0; at < result.length; at += width) {
      for (let k = at; k < at + count; k++) result[k] = apply(left[k]);
    }
  } else if (node.type === 'binary') {
    const apply = binaryFunctions[node.operator];
    // A number goes with every component of a vector.
    const [stepLeft, stepRight] = [left, right].map(({ length }) => (length === width ? 0 : 1));
    for (let at = 0; at < result.length; at += width) {
      for (let k = 0; k < count; k++) result[at + k] = apply(left[at * stepLeft + k], right[at * stepRight + k]);
    }
  } else if (node.type === 'sum') {
    result.fill(0, 0, count);
    for (let at = 0; at < left.length; at += width) {
      for (let k = 0; k < count; k++) result[k] += left[at + k];
    }
  } else if (node.type === 'component') {
    result.set(left.subarray(node.index * width, node.index * width + count));
  }
}
