import { type AxisSoftmax, axisLines } from '@sinkhorn/core';
import { axisTiles, filledUp, isExactInFloat32, negligibleBelow } from '@sinkhorn/core/axis-tiles';
import type { Lanes } from './arithmetic/lanes.js';
import {
  OPERATIONS_PER_OWN_TASK,
  OPERATIONS_PER_TASK,
  type StoredArray,
  scratchMemory,
  TASKS_PER_THREAD,
} from './dispatch.js';
import type { CompiledKernel, Engine } from './engine.js';
import { argumentBytes, writeArguments } from './kernel/arguments.js';
import { AXIS_WORDS, axisKernel, axisScratchBytes } from './kernel/axisKernel.js';
import { DISTANCE_WORDS, distanceKernel, distanceScratchBytes } from './kernel/distanceKernel.js';
import { distanceTables, isDistanceExactInFloat32 } from './kernel/distanceTables.js';

/** Operations for each node of a line and tile that it meets, and how many tiles it meets: tasks are cut by them. Measured roughly. */
const OPERATIONS_PER_TILE = 40;
const TILES_SEEN = 8;
/** The same for each node where sums go from column to column. Chosen by the number of instructions, not measured. */
const OPERATIONS_PER_NODE = 80;

/** Softmaxes along an axis of arrays of these lanes; where sums may be in float32, by the narrower ones. */
export function softmaxAlongAxis(engine: Engine, lanes: Lanes, narrower: Lanes) {
  const tiled = ways(engine, lanes, narrower, axisKernel, (given) => {
    const tiles = axisTiles(given);
    const { rowsPerTile, columnsPerTile, rowTiles, columnTiles } = tiles;
    const [rowsFilled, columnsFilled] = [filledUp(rowsPerTile), filledUp(columnsPerTile)];
    const sizes = { rowsPerTile, columnsPerTile, rowsFilled, columnsFilled, rowTiles, columnTiles };
    return {
      isExactInFloat32: isExactInFloat32(tiles),
      scratchBytes: axisScratchBytes(columnsFilled, columnTiles, rowsFilled),
      operations: Math.min(TILES_SEEN, columnTiles) * OPERATIONS_PER_TILE,
      words: (known, { numbers }, { precision }) => {
        const tables = {
          within: numbers(tiles.within),
          columnTilts: numbers(tiles.columnTilts),
          rowTilts: numbers(tiles.rowTilts),
          bounds: numbers(tiles.bounds),
          negligible: numbers([negligibleBelow(precision, given.columns.count)]),
        };
        const all = { ...known, ...sizes, ...tables };
        return AXIS_WORDS.map((name) => all[name]);
      },
    };
  });
  const swept = ways(engine, lanes, narrower, distanceKernel, (given) => {
    const tables = distanceTables(given);
    return {
      isExactInFloat32: isDistanceExactInFloat32(tables),
      scratchBytes: distanceScratchBytes(given.columns.count),
      operations: OPERATIONS_PER_NODE,
      words: (known, { numbers, wide, words }) => {
        const places = {
          columnBits: wide(tables.columnBits),
          rowTilts: numbers(tables.rowTilts),
          columnsBefore: words(tables.columnsBefore),
        };
        const all = { ...known, ...places };
        return DISTANCE_WORDS.map((name) => all[name]);
      },
    };
  });
  /** Where the cost is the square of the distance, and where it is the distance. */
  return { squares: tiled, distances: swept };
}

/** What a kernel along an axis finds, and how much it has to do. */
interface Prepared {
  readonly isExactInFloat32: boolean;
  readonly scratchBytes: number;
  /** For each node of a line. */
  readonly operations: number;
  words(known: Sizes, memory: HostMemory, summing: Lanes): readonly number[];
}

type Sizes = Readonly<Record<'lines' | 'inner' | 'rows' | 'columns', number>>;

/** Puts numbers where kernels find them, and gives their address: in the precision of sums, in float64, and whole ones. */
type HostMemory = Readonly<Record<'numbers' | 'wide' | 'words', (values: ArrayLike<number>) => number>>;

/** A way to take softmaxes along an axis: by a kernel, and what is prepared for it. */
function ways(
  engine: Engine,
  lanes: Lanes,
  narrower: Lanes,
  kernelFor: (stored: Lanes, lanes: Lanes, shared: boolean) => Parameters<Engine['compile']>[0],
  prepare: (given: AxisSoftmax) => Prepared,
) {
  const kernels = new Map<Lanes, CompiledKernel>();
  return <Result>(
    given: AxisSoftmax,
    scores: StoredArray,
    computed: (shape: readonly number[], run: (main: StoredArray) => void) => Result,
  ): Result => {
    const { lines, shape } = axisLines(given);
    const prepared = prepare(given);
    const summing = given.sums === 'float32' && prepared.isExactInFloat32 ? narrower : lanes;
    return computed(shape, (main) => {
      let kernel = kernels.get(summing);
      if (!kernel) {
        kernel = engine.compile(kernelFor(lanes, summing, engine.workers !== undefined));
        kernels.set(summing, kernel);
      }
      dispatch(engine, summing, kernel, given, lines, prepared, { scores, main });
    });
  };
}

function dispatch(
  engine: Engine,
  lanes: Lanes,
  kernel: CompiledKernel,
  { inner, rows, columns }: AxisSoftmax,
  lines: number,
  prepared: Prepared,
  { scores, main }: Readonly<Record<'scores' | 'main', StoredArray>>,
): void {
  const { allocate, words, releaseAll } = scratchMemory(engine);
  const placed = (kind: typeof Float32Array | typeof Float64Array) => (values: ArrayLike<number>) => {
    const address = allocate(values.length * kind.BYTES_PER_ELEMENT, true);
    new kind(engine.memory.buffer, address, values.length).set(values);
    return address;
  };
  const memory = {
    numbers: placed(lanes.bytes === 4 ? Float32Array : Float64Array),
    wide: placed(Float64Array),
    words,
  };
  try {
    const sizes = { lines, inner, rows: rows.count, columns: columns.count };
    const table = words(prepared.words(sizes, memory, lanes));
    const address = allocate(argumentBytes(kernel.layout), true);
    const arrays = { scores: { address: scores.address, stride: 0 }, main: { address: main.address, stride: 0 } };
    const places = { columnStarts: 0, columnBlocks: table };
    writeArguments(kernel.layout, engine.memory.buffer, address, places, undefined, arrays, {});
    const groups = Math.ceil(lines / lanes.count);
    const even = groups / ((engine.workers?.threads ?? 1) * TASKS_PER_THREAD);
    const operations = (rows.count + columns.count) * prepared.operations;
    const most = (engine.workers ? OPERATIONS_PER_TASK : OPERATIONS_PER_OWN_TASK) / operations;
    const rowsPerTask = Math.max(1, Math.ceil(Math.min(even, most)));
    engine.run({
      kernel: { ...kernel, scratchBytes: prepared.scratchBytes },
      reads: [scores.address],
      writes: [main.address],
      arguments: address,
      elements: 1,
      tasksPerElement: Math.ceil(groups / rowsPerTask),
      taskTable: 0,
      rows: groups,
      rowsPerTask,
      operations: groups * operations,
    });
  } finally {
    releaseAll();
  }
}
