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
  const results: Float64Array[] = [];
  for (const { node, operands } of instructions) {
    results.push(
      node.type === 'component'
        ? // A part of a vector stands where the vector does.
          results[operands[0]].subarray(node.index * width, (node.index + 1) * width)
        : new Float64Array(node.size * width),
    );
  }
  for (const [index, { node }] of instructions.entries()) {
    if (node.type === 'parameter') results[index].fill(parameters[node.name]);
    if (node.type === 'constant') {
      for (const [c, value] of node.values.entries()) results[index].fill(value, c * width, (c + 1) * width);
    }
  }
  const variables = instructions.flatMap(({ node }, index) =>
    node.type === 'variable' ? [{ node, result: results[index] }] : [],
  );
  const steps = instructions.flatMap((instruction, index) => stepOf(instruction, results, results[index], width) ?? []);
  return {
    width,
    compute(count, load) {
      for (const { node, result } of variables) load(node, result);
      for (const step of steps) step(count);
      return results[outputs[0]];
    },
  };
}

/** Computes a node for some entries; undefined where there is nothing to compute. */
function stepOf(
  { node, operands }: Instruction,
  results: readonly Float64Array[],
  result: Float64Array,
  width: number,
): ((count: number) => void) | undefined {
  const [left, right] = operands.map((operand) => results[operand]);
  if (node.type === 'unary') {
    const loop = node.operator === 'square' ? squares : undefined;
    const apply = unaryFunctions[node.operator];
    return (count) => {
      for (let at = 0; at < result.length; at += width) {
        if (loop) loop(left, result, at, count);
        else for (let k = at; k < at + count; k++) result[k] = apply(left[k]);
      }
    };
  }
  if (node.type === 'binary') {
    const loop = binaryLoops[node.operator];
    const apply = binaryFunctions[node.operator];
    // A number goes with every component of a vector.
    const [stepLeft, stepRight] = [left, right].map(({ length }) => (length === width ? 0 : 1));
    return (count) => {
      for (let at = 0; at < result.length; at += width) {
        const fromLeft = at * stepLeft;
        const fromRight = at * stepRight;
        if (loop) loop(left, fromLeft, right, fromRight, result, at, count);
        else for (let k = 0; k < count; k++) result[at + k] = apply(left[fromLeft + k], right[fromRight + k]);
      }
    };
  }
  if (node.type !== 'sum') return undefined;
  return (count) => {
    result.fill(0, 0, count);
    for (let at = 0; at < left.length; at += width) {
      for (let k = 0; k < count; k++) result[k] += left[at + k];
    }
  };
}

type BinaryLoop = (
  left: Float64Array,
  fromLeft: number,
  right: Float64Array,
  fromRight: number,
  into: Float64Array,
  at: number,
  count: number,
) => void;

// The operators that costs are mostly made of, each in a loop of its own: engines call no function there.

const binaryLoops: Readonly<Record<string, BinaryLoop | undefined>> = {
  add(left, fromLeft, right, fromRight, into, at, count) {
    for (let k = 0; k < count; k++) into[at + k] = left[fromLeft + k] + right[fromRight + k];
  },
  sub(left, fromLeft, right, fromRight, into, at, count) {
    for (let k = 0; k < count; k++) into[at + k] = left[fromLeft + k] - right[fromRight + k];
  },
  mul(left, fromLeft, right, fromRight, into, at, count) {
    for (let k = 0; k < count; k++) into[at + k] = left[fromLeft + k] * right[fromRight + k];
  },
};

function squares(values: Float64Array, into: Float64Array, at: number, count: number): void {
  for (let k = at; k < at + count; k++) into[k] = values[k] * values[k];
}
