import { type AxisSoftmax, axisLines } from '@sinkhorn/core';
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
import { type AxisTiles, axisTiles, filledUp, isExactInFloat32 } from './kernel/axisTiles.js';

/** Less than this share of a sum, as a power of two, is left out of it. */
const NEGLIGIBLE = { float32: 30, float64: 58 } as const;
/** Operations for each node of a line and tile that it meets, and how many tiles it meets: tasks are cut by them. Measured roughly. */
const OPERATIONS_PER_TILE = 40;
const TILES_SEEN = 8;

/** Softmaxes along an axis of arrays of these lanes; where sums may be in float32, by the narrower ones. */
export function softmaxAlongAxis(engine: Engine, lanes: Lanes, narrower: Lanes) {
  const kernels = new Map<Lanes, CompiledKernel>();
  return <Result>(
    given: AxisSoftmax,
    scores: StoredArray,
    computed: (shape: readonly number[], run: (main: StoredArray) => void) => Result,
  ): Result => {
    const { lines, shape } = axisLines(given);
    const tiles = axisTiles(given);
    const summing = given.sums === 'float32' && isExactInFloat32(tiles) ? narrower : lanes;
    return computed(shape, (main) => {
      let kernel = kernels.get(summing);
      if (!kernel) {
        kernel = engine.compile(axisKernel(lanes, summing, engine.workers !== undefined));
        kernels.set(summing, kernel);
      }
      dispatch(engine, summing, kernel, given, lines, tiles, { scores, main });
    });
  };
}

function dispatch(
  engine: Engine,
  lanes: Lanes,
  kernel: CompiledKernel,
  { inner, rows, columns }: AxisSoftmax,
  lines: number,
  tiles: AxisTiles,
  { scores, main }: Readonly<Record<'scores' | 'main', StoredArray>>,
): void {
  const { allocate, words, releaseAll } = scratchMemory(engine);
  const numbers = (values: ArrayLike<number>): number => {
    const address = allocate(values.length * lanes.bytes, true);
    const { buffer } = engine.memory;
    const place =
      lanes.bytes === 4
        ? new Float32Array(buffer, address, values.length)
        : new Float64Array(buffer, address, values.length);
    place.set(values);
    return address;
  };
  const { rowsPerTile, columnsPerTile, rowTiles, columnTiles } = tiles;
  const [rowsFilled, columnsFilled] = [filledUp(rowsPerTile), filledUp(columnsPerTile)];
  try {
    const known: Record<(typeof AXIS_WORDS)[number], number> = {
      lines,
      inner,
      rows: rows.count,
      columns: columns.count,
      rowsPerTile,
      columnsPerTile,
      rowsFilled,
      columnsFilled,
      rowTiles,
      columnTiles,
      within: numbers(tiles.within),
      columnTilts: numbers(tiles.columnTilts),
      rowTilts: numbers(tiles.rowTilts),
      bounds: numbers(tiles.bounds),
      // Exponents are rounded by half on each side.
      negligible: numbers([NEGLIGIBLE[lanes.precision] + Math.log2(columns.count) + 1]),
    };
    const table = words(AXIS_WORDS.map((name) => known[name]));
    const address = allocate(argumentBytes(kernel.layout), true);
    const arrays = { scores: { address: scores.address, stride: 0 }, main: { address: main.address, stride: 0 } };
    const places = { columnStarts: 0, columnBlocks: table };
    writeArguments(kernel.layout, engine.memory.buffer, address, places, undefined, arrays, {});
    const groups = Math.ceil(lines / lanes.count);
    const even = groups / ((engine.workers?.threads ?? 1) * TASKS_PER_THREAD);
    const operations = (rows.count + columns.count) * Math.min(TILES_SEEN, columnTiles) * OPERATIONS_PER_TILE;
    const most = (engine.workers ? OPERATIONS_PER_TASK : OPERATIONS_PER_OWN_TASK) / operations;
    const rowsPerTask = Math.max(1, Math.ceil(Math.min(even, most)));
    engine.run({
      kernel: { ...kernel, scratchBytes: axisScratchBytes(columnsFilled, columnTiles, rowsFilled) },
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
