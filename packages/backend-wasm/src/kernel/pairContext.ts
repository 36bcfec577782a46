import type { Program, Variable } from '@sinkhorn/core';
import type { Code } from '../encoding/code.js';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { i32x4, type Vector, v128 } from '../encoding/v128.js';
import { SIZE_ENTRIES } from './arguments.js';
import { arrayName } from './entries.js';
import { type Component, type FormulaCode, formulaCode, type Leaves, reachable, UNROLLED_SIZE } from './formulaCode.js';
import { laneNumbers } from './horizontal.js';
import { type KernelFrame, VECTOR_BYTES } from './kernelFrame.js';
import type { Tile } from './reducer.js';

/** A vector of neighbouring columns, within a loop over a tile. */
export interface ColumnVector {
  /** Index of the column in the first lane. */
  readonly column: Local<'i32'>;
  /** Loads what was stored for this vector and one of the rows. */
  load(stored: number, row: number): Vector;
  /** Stores a vector for this place and one of the rows; stored values count from 0. */
  store(stored: number, row: number, value: Vector): void;
  /** Emits what is to be done where some lanes are not of the tile, with a mask of those that are. */
  atEdges(body: (mask: Vector) => void): void;
}

/** What reducers are given: the formulas over pairs, and loops over the columns of a tile. */
export interface PairContext {
  readonly frame: KernelFrame;
  readonly formula: FormulaCode;
  /** How many rows are computed together. */
  readonly rowsAtOnce: number;
  /** Indices of the program's outputs. */
  readonly score?: number;
  readonly value?: number;
  readonly closeness?: number;
  readonly byDifferences?: number;
  /** Components of the value; 0 without one. */
  readonly valueSize: number;
  /** Emits what is the same for all pairs. */
  emitInvariants(): void;
  /** Emits what depends on the rows alone, for those from `slot` on. */
  beginRows(slot: Local<'i32'>): void;
  /** The index of one of the rows at hand. */
  rowIndex(row: number): Local<'i32'>;
  /** Emits a loop over the vectors of a tile, in which the columns of some outputs can be loaded. */
  eachVector(tile: Tile, outputs: readonly number[], body: (vector: ColumnVector) => void): void;
  /** Emits what some outputs need in the loop over vectors, as far as it has no long vectors. */
  emitPairs(output: number): void;
  /** Instructions over pairs that long vectors are made from. */
  scalarsOf(output: number): readonly number[];
  /** The two factors of an output that is one number of a pair times a long vector without others. */
  productOf(output: number): { readonly scalar: number; readonly long: number } | undefined;
  /** Rows' long variables that an output uses. */
  longRowVariables(output: number): readonly number[];
  /** How many vectors were stored for each place of a tile. */
  tileRowsUsed(): number;
}

export function pairContext(
  frame: KernelFrame,
  program: Program,
  settings: { readonly rowsAtOnce: number; readonly tileVectors: number; readonly hasScore: boolean },
): PairContext {
  const { builder, lanes, constants, parameters, address } = frame;
  const { instructions, outputs } = program;
  const { rowsAtOnce, tileVectors, hasScore } = settings;
  const numbers = laneNumbers(builder, lanes);
  const rowAddresses = new Map<string, readonly Local<'i32'>[]>();
  const pairAddresses = new Map<string, readonly Local<'i32'>[]>();
  const columnAddresses = new Map<string, Local<'i32'>>();
  let rowIndices: readonly Local<'i32'>[] = [];
  /** Bytes from the numbers of a row's first pair to those at hand. */
  let pairOffset: Local<'i32'> | undefined;
  let stored = 0;
  /** In the loop over vectors: where those at hand and those stored for them begin, how many columns are behind them, and whether they are the second of two. */
  let loop: { readonly place: Local<'i32'>; readonly left: Code<'i32'>; readonly isSecond: Local<'i32'> } | undefined;

  const [value, closeness, byDifferences]: readonly (number | undefined)[] = hasScore ? outputs.slice(1) : outputs;

  const leaves: Leaves = {
    variable(node: Variable, component: Component, row: number) {
      if (node.side === 'row') {
        const place = rowAddresses.get(node.name)?.[row] as Local<'i32'>;
        return typeof component === 'number'
          ? lanes.splatLoad(place, component * lanes.bytes)
          : lanes.splatLoad(i32.add(place, i32.mul(component, i32.constant(lanes.bytes))));
      }
      if (node.side === 'pair') {
        const place = pairAddresses.get(node.name)?.[row] as Local<'i32'>;
        return v128.load(i32.add(place, pairOffset as Local<'i32'>));
      }
      const place = columnAddresses.get(node.name) as Local<'i32'>;
      return typeof component === 'number'
        ? v128.load(place, component * VECTOR_BYTES)
        : v128.load(i32.add(place, i32.mul(component, i32.constant(VECTOR_BYTES))));
    },
    parameter: frame.parameter,
    constant: frame.constant,
    products: closeness === undefined ? undefined : products,
  };
  const formula = formulaCode(builder, lanes, constants, program, leaves, rowsAtOnce);
  const score = hasScore ? outputs[0] : undefined;
  const variables = instructions.flatMap(({ node }) => (node.type === 'variable' ? [node] : []));
  const pairs = variables.filter(({ side }) => side === 'pair');
  const tileRow = (of: number, row: number) => {
    stored = Math.max(stored, of + 1);
    return (of * rowsAtOnce + row) * tileVectors * VECTOR_BYTES;
  };

  /**
   * Products with two vectors at once, of which the second one's wait in memory: so many share the loads of a row. There is one component in the
   * loop, as engines load all that a longer body needs before they multiply, and then have no registers for it.
   */
  function products(row: Variable, column: Variable): readonly Vector[] | undefined {
    const rows = rowAddresses.get(row.name);
    const first = columnAddresses.get(column.name);
    if (!rows || !first || !loop) return undefined;
    const { place, left, isSecond } = loop;
    const totals = rows.map(() => builder.local(constants(0)));
    const kept = (index: number) => tileRow(0, index);
    builder.if(isSecond, () => {
      totals.forEach((total, index) => {
        builder.set(total, v128.load(place, kept(index)));
      });
    });
    builder.if(i32.eq(isSecond, i32.constant(0)), () => {
      const length = row.size * VECTOR_BYTES;
      const seconds = rows.map(() => builder.local(constants(0)));
      const places = rows.map((address) => builder.local(address));
      const one = builder.local(first);
      // Behind the last vector there may be no memory.
      const two = builder.local(i32.add(one, i32.mul(i32.lt(i32.constant(lanes.count), left), i32.constant(length))));
      const end = builder.local(i32.add(one, i32.constant(length)));
      builder.repeat(() => {
        const [here, next] = [one, two].map((at) => builder.local(v128.load(at)));
        places.forEach((at, index) => {
          const factor = builder.local(lanes.splatLoad(at));
          builder.set(totals[index], lanes.madd(factor, here, totals[index]));
          builder.set(seconds[index], lanes.madd(factor, next, seconds[index]));
        });
        for (const at of places) builder.set(at, i32.add(at, lanes.bytes));
        for (const at of [one, two]) builder.set(at, i32.add(at, VECTOR_BYTES));
        return i32.lt(one, end);
      });
      seconds.forEach((total, index) => {
        builder.add(v128.store(place, total, kept(index) + VECTOR_BYTES));
      });
    });
    return totals;
  }

  const scalarsOf = (output: number): readonly number[] => {
    const needed = reachable(program, [output]);
    const found = new Set<number>();
    for (const index of needed) {
      const { node, operands } = instructions[index];
      if (node.size <= UNROLLED_SIZE || node.type === 'sum') continue;
      for (const operand of operands) {
        const { node: part, varies } = instructions[operand];
        if (part.size === 1 && varies.byColumn) found.add(operand);
      }
    }
    return [...found];
  };

  return {
    frame,
    formula,
    rowsAtOnce,
    score,
    value,
    closeness,
    byDifferences,
    valueSize: value === undefined ? 0 : instructions[value].node.size,
    emitInvariants: () => formula.emit((_, { varies }) => !varies.byRow && !varies.byColumn),
    beginRows(slot) {
      rowIndices = Array.from({ length: rowsAtOnce }, (_, row) =>
        builder.local(i32.min(i32.add(i32.add(parameters.start, slot), row), i32.sub(parameters.end, 1))),
      );
      for (const node of variables.filter(({ side }) => side === 'row')) {
        const base = address(arrayName(node));
        rowAddresses.set(
          node.name,
          rowIndices.map((index) =>
            builder.local(i32.add(base, i32.mul(index, i32.constant(node.size * lanes.bytes)))),
          ),
        );
      }
      for (const node of pairs) {
        const rowBytes = i32.mul(i32.load(parameters.arguments, SIZE_ENTRIES.columns), i32.constant(lanes.bytes));
        const base = address(arrayName(node));
        pairAddresses.set(
          node.name,
          rowIndices.map((index) => builder.local(i32.add(base, i32.mul(index, rowBytes)))),
        );
      }
      formula.emit((_, { varies }) => varies.byRow && !varies.byColumn);
    },
    rowIndex: (row) => rowIndices[row],
    eachVector(tile, used, body) {
      const column = builder.local(i32.and(tile.start, i32.constant(-lanes.count)));
      const place = builder.local(tile.scratch);
      // Vectors from the start on that are whole lie less than this far behind it; one before it is further, unsigned.
      const length = builder.local(i32.sub(tile.end, tile.start));
      const whole = builder.local(i32.sub(i32.max(length, lanes.count - 1), lanes.count - 1));
      const needed = reachable(program, used);
      const columns = instructions.flatMap(({ node }, index) =>
        node.type === 'variable' && node.side === 'column' && needed.has(index) ? [node] : [],
      );
      for (const node of columns) {
        const distance = i32.mul(column, i32.constant((node.size * VECTOR_BYTES) / lanes.count));
        columnAddresses.set(node.name, builder.local(i32.add(address(arrayName(node)), distance)));
      }
      const hasPairs = pairs.length > 0;
      const offset = hasPairs ? builder.local(i32.mul(column, i32.constant(lanes.bytes))) : undefined;
      pairOffset = offset;
      const isSecond = builder.local(i32.constant(0));
      loop = { place, left: i32.sub(tile.end, column), isSecond };
      builder.repeat(() => {
        body({
          column,
          load: (of, row) => v128.load(place, tileRow(of, row)),
          store: (of, row, vector) => builder.add(v128.store(place, vector, tileRow(of, row))),
          atEdges(edge) {
            builder.if(i32.ge(i32.sub(column, tile.start), whole), () => {
              const low = lanes.fromIntegers(i32x4.splat(i32.sub(tile.start, column)));
              const high = lanes.fromIntegers(i32x4.splat(i32.sub(tile.end, column)));
              edge(builder.local(v128.and(lanes.ge(numbers, low), lanes.lt(numbers, high))));
            });
          },
        });
        formula.forget((_, { varies }) => varies.byColumn);
        for (const node of columns) {
          const place = columnAddresses.get(node.name) as Local<'i32'>;
          builder.set(place, i32.add(place, node.size * VECTOR_BYTES));
        }
        if (offset) builder.set(offset, i32.add(offset, VECTOR_BYTES));
        builder.set(place, i32.add(place, VECTOR_BYTES));
        if (closeness !== undefined) builder.set(isSecond, i32.sub(i32.constant(1), isSecond));
        builder.set(column, i32.add(column, lanes.count));
        return i32.lt(column, tile.end);
      });
    },
    emitPairs(output) {
      const needed = reachable(program, [output]);
      formula.emit((index, { varies }) => needed.has(index) && varies.byColumn);
    },
    scalarsOf,
    productOf(output) {
      const { node, operands } = instructions[output];
      const [scalar, ...others] = scalarsOf(output);
      if (node.type !== 'binary' || node.operator !== 'mul' || others.length > 0) return undefined;
      const long = operands.find((operand) => operand !== scalar);
      if (long === undefined || !operands.includes(scalar) || scalarsOf(long).length > 0) return undefined;
      return { scalar, long };
    },
    longRowVariables(output) {
      const found = new Set<number>();
      // Not through numbers, which are not made component by component: what they are made of may be shorter than the output.
      const visit = (index: number) => {
        const { node, operands } = instructions[index];
        if (node.size <= UNROLLED_SIZE) return;
        if (node.type === 'variable' && node.side === 'row') found.add(index);
        operands.forEach(visit);
      };
      visit(output);
      return [...found];
    },
    tileRowsUsed: () => stored * rowsAtOnce,
  };
}
