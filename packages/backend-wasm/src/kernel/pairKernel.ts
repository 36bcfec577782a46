import { type Expression, type Program, program, type ReductionKind, type Variable } from '@sinkhorn/core';
import type { Lanes } from '../arithmetic/lanes.js';
import { i32 } from '../encoding/i32.js';
import { BLOCK_ENTRIES } from './arguments.js';
import { arrayName, type Entries, eachEntries } from './entries.js';
import { formulaCode, type Leaves, UNROLLED_SIZE } from './formulaCode.js';
import { encodeKernel, type Kernel } from './kernel.js';
import { argumentLayout, kernelFrame, VECTOR_BYTES } from './kernelFrame.js';
import { storeOutput } from './mapKernel.js';
import { minimumReducer } from './minimumReducer.js';
import { type PairContext, pairContext } from './pairContext.js';
import type { Reducer } from './reducer.js';
import { softmaxReducer } from './softmaxReducer.js';
import { sumReducer } from './sumReducer.js';

/** The formulas of a pass over pairs, after what depends on columns alone was taken out. */
export interface PairFormulas {
  /** With a reducer beside the kinds of reductions 'one' array is written, or 'both'. */
  readonly kind: ReductionKind | 'one' | 'both';
  readonly reducer?: (context: PairContext) => Reducer;
  /** In powers of two where the kind takes its exponential. */
  readonly score?: Expression;
  readonly value?: Expression;
  /** Of values that are kept: above 0 in pairs that take `byDifferences` in place of `value`. */
  readonly closeness?: Expression;
  readonly byDifferences?: Expression;
  /** Of the row and what was reduced; absent where nothing is. */
  readonly finish?: Expression;
}

/** Scratch memory that the states of a call's rows may take. */
const STATE_BYTES = 256 * 1024;
/** Rows of a call at most. Raising it needs more scratch for nothing: columns of a tile are in the cache by then. Chosen, not measured. */
const MOST_ROWS = 64;
/** At most so many rows share the loads of a column. */
export const ROWS_AT_ONCE = 4;
/** A tile of columns stays in the first level of cache, together with the scores of the rows at hand. */
const TILE_BYTES = 32 * 1024;
/** Vectors of columns in a tile, at least and at most, however little or much a column takes. Chosen, not measured. */
const FEWEST_TILE_VECTORS = 16;
const MOST_TILE_VECTORS = 128;

/**
 * A kernel that reduces over the columns of its rows' block list: a tile of columns at a time, and in each some rows at
 * once. The order in which a row's columns are added up depends on the columns alone.
 */
export function pairKernel(
  lanes: Lanes,
  shared: boolean,
  { kind, reducer: own, score, value, closeness, byDifferences, finish }: PairFormulas,
): Kernel {
  const pairProgram = program([score, value, closeness, byDifferences].filter((one) => one !== undefined));
  const finishProgram = program(finish ? [finish] : []);
  const variables = [...variablesOf(pairProgram), ...variablesOf(finishProgram)].filter(
    ({ side }) => side !== 'reduced',
  );
  const second = kind === 'softmaxMean' || kind === 'min' || kind === 'both';
  const arrays = [...new Set(variables.map(arrayName)), 'main', ...(second ? ['second'] : [])];
  const layout = argumentLayout(arrays, [pairProgram, finishProgram], lanes);
  const frame = kernelFrame(lanes, layout);
  const { builder, parameters, constants } = frame;

  const columnSizes = variables.reduce((total, { side, size }) => total + (side === 'column' ? size : 0), 1);
  const tileVectors = tileLength(columnSizes);

  const rowsAtOnce = howManyRows(lanes, pairProgram, score !== undefined);
  const rows = builder.local(i32.sub(parameters.end, parameters.start));
  const context = pairContext(frame, pairProgram, {
    rowsAtOnce,
    tileVectors,
    hasScore: score !== undefined,
  });
  const reducer = own?.(context) ?? makeReducer(kind, context);
  const slots = Math.max(
    ROWS_AT_ONCE,
    Math.min(MOST_ROWS, Math.floor(STATE_BYTES / reducer.stateBytes / ROWS_AT_ONCE) * ROWS_AT_ONCE),
  );
  const reducedOffset = slots * reducer.stateBytes;
  const tileOffset = reducedOffset + slots * lanes.bytes * reducer.reducedCount;
  const states = parameters.scratch;
  const reduced = builder.local(i32.add(parameters.scratch, i32.constant(reducedOffset)));
  const tile = builder.local(i32.add(parameters.scratch, i32.constant(tileOffset)));

  /** Emits a loop over the states of rows, `step` at a time. */
  const eachState = (
    step: number,
    body: (slot: ReturnType<typeof builder.local<'i32'>>, state: typeof slot) => void,
  ) => {
    const slot = builder.local(i32.constant(0));
    const state = builder.local(states);
    builder.repeat(() => {
      body(slot, state);
      builder.set(slot, i32.add(slot, step));
      builder.set(state, i32.add(state, step * reducer.stateBytes));
      return i32.lt(slot, rows);
    });
  };

  eachState(rowsAtOnce, (_, state) => {
    for (let row = 0; row < rowsAtOnce; row++) reducer.begin(state, row * reducer.stateBytes);
  });

  context.emitInvariants();
  const entry = builder.local(parameters.listStart);
  const blockEntry = (index: typeof entry) =>
    i32.load(i32.add(i32.load(parameters.arguments, BLOCK_ENTRIES.columnBlocks), i32.shl(index, 2)));
  const startOf = (block: typeof entry, offset = 0) =>
    i32.load(i32.add(i32.load(parameters.arguments, BLOCK_ENTRIES.columnStarts), i32.shl(block, 2)), offset);
  builder.while(
    () => i32.lt(entry, parameters.listEnd),
    () => {
      const block = builder.local(blockEntry(entry));
      const start = builder.local(startOf(block));
      builder.set(entry, i32.add(entry, 1));
      // Blocks that follow one another are one run of columns.
      const more = builder.local(i32.lt(entry, parameters.listEnd));
      builder.while(
        () => more,
        () => {
          builder.set(more, i32.eq(blockEntry(entry), i32.add(block, 1)));
          builder.if(more, () => {
            builder.set(block, i32.add(block, 1));
            builder.set(entry, i32.add(entry, 1));
            builder.set(more, i32.lt(entry, parameters.listEnd));
          });
        },
      );
      const end = builder.local(startOf(block, 4));
      const tileStart = builder.local(start);
      builder.while(
        () => i32.lt(tileStart, end),
        () => {
          const aligned = i32.and(tileStart, i32.constant(-lanes.count));
          const next = builder.local(i32.add(aligned, tileVectors * lanes.count));
          const tileEnd = builder.local(i32.min(next, end));
          eachState(rowsAtOnce, (slot, state) => {
            context.beginRows(slot);
            reducer.addTile({ start: tileStart, end: tileEnd, scratch: tile, state });
          });
          builder.set(tileStart, tileEnd);
        },
      );
    },
  );

  if (finish) finishRows(finish);
  return {
    ...encodeKernel(frame, shared),
    scratchBytes: tileOffset + tileVectors * VECTOR_BYTES * context.tileRowsUsed(),
    rowsAtMost: slots,
  };

  function finishRows(finish: Expression): void {
    eachState(1, (slot, state) => {
      const place = builder.local(i32.add(reduced, i32.mul(slot, i32.constant(lanes.bytes))));
      reducer.end(state, place, slots * lanes.bytes);
    });
    eachEntries(frame, parameters.start, parameters.end, (entries) => {
      const slot = i32.sub(entries.first, parameters.start);
      const place = builder.local(i32.add(reduced, i32.mul(slot, i32.constant(lanes.bytes))));
      const results = reducer.results(place, slots * lanes.bytes);
      const formula = formulaCode(builder, lanes, constants, finishProgram, finishLeaves(entries), 1);
      formula.emit(() => true);
      storeOutput(formula, entries, { array: 'main', size: finish.size, layout: 'entries' }, finishProgram.outputs[0]);
      if (second) entries.store('second', 1, 0, results.second ?? constants(0));

      function finishLeaves(current: Entries): Leaves {
        return {
          variable: (node, component) =>
            node.side === 'reduced'
              ? node.name === 'logSumExp'
                ? (results.second ?? constants(0))
                : results.main(component)
              : current.load(arrayName(node), node.size, component),
          parameter: frame.parameter,
          constant: frame.constant,
        };
      }
    });
  }
}

const variablesOf = ({ instructions }: Program): Variable[] =>
  instructions.flatMap(({ node }) => (node.type === 'variable' ? [node] : []));

/** By trial: 4 rows are best or near it, but for short formulas in float32 with fused instructions, where 2 are. */
function howManyRows({ fused, precision }: Lanes, { instructions }: Program, hasScore: boolean): number {
  const short = instructions.every(({ node }) => node.size <= UNROLLED_SIZE);
  return fused && hasScore && short && precision === 'float32' ? ROWS_AT_ONCE / 2 : ROWS_AT_ONCE;
}

function tileLength(columnSizes: number): number {
  const fitting = Math.floor(TILE_BYTES / (VECTOR_BYTES * columnSizes));
  return Math.max(FEWEST_TILE_VECTORS, Math.min(MOST_TILE_VECTORS, 2 ** Math.floor(Math.log2(Math.max(1, fitting)))));
}

function makeReducer(kind: PairFormulas['kind'], context: ReturnType<typeof pairContext>): Reducer {
  switch (kind) {
    case 'logSumExp':
    case 'softmaxMean':
      return softmaxReducer(context);
    case 'sum':
      return sumReducer(context);
    case 'min':
      return minimumReducer(context);
  }
  throw new Error(`'${kind}' needs a reducer`);
}
