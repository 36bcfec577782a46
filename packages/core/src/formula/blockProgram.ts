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
  const [left, right = left] = operands.map((operand) => results[operand]);
  if (node.type === 'sum') {
    return (count) => {
      result.fill(0, 0, count);
      for (let at = 0; at < left.length; at += width) {
        for (let k = 0; k < count; k++) result[k] += left[at + k];
      }
    };
  }
  if (node.type !== 'unary' && node.type !== 'binary') return undefined;
  const apply = node.type === 'unary' ? unaryFunctions[node.operator] : binaryFunctions[node.operator];
  const loop = loops[node.operator] ?? called;
  // A number goes with every component of a vector.
  const [stepLeft, stepRight] = [left, right].map(({ length }) => (length === width ? 0 : 1));
  return (count) => {
    for (let at = 0; at < result.length; at += width) {
      loop(left.subarray(at * stepLeft), right.subarray(at * stepRight), result.subarray(at, at + count), apply);
    }
  };
}

type Loop = (u: Float64Array, v: Float64Array, into: Float64Array, apply: (u: number, v: number) => number) => void;

const called: Loop = (u, v, into, apply) => {
  for (let k = 0; k < into.length; k++) into[k] = apply(u[k], v[k]);
};

/** The operators that costs are mostly made of: engines call no function in these. */
const loops: Readonly<Record<string, Loop | undefined>> = {
  add(u, v, into) {
    for (let k = 0; k < into.length; k++) into[k] = u[k] + v[k];
  },
  sub(u, v, into) {
    for (let k = 0; k < into.length; k++) into[k] = u[k] - v[k];
  },
  mul(u, v, into) {
    for (let k = 0; k < into.length; k++) into[k] = u[k] * v[k];
  },
  square(u, _, into) {
    for (let k = 0; k < into.length; k++) into[k] = u[k] * u[k];
  },
};
