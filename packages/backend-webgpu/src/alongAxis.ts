import { type AxisSoftmax, axisLines, UnsupportedError } from '@sinkhorn/core';
import { type AxisTiles, axisTiles, filledUp, negligibleBelow, TILE_STEP } from '@sinkhorn/core/axis-tiles';
import type { PooledBuffer } from './device/bufferPool.js';
import type { CompiledKernel } from './device/pipelines.js';
import type { BufferRange, Step } from './device/steps.js';
import type { Engine } from './job.js';
import { AXIS_WORDS, largestExponents, MOST_COLUMNS, tiledSoftmax } from './kernel/axisKernels.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { portions } from './portions.js';
import type { StoredArray } from './storedArray.js';

/** Tiles of columns that rows meet, and operations for each node and column of them: submissions are cut by these. Not measured. */
const TILES_SEEN = 8;
const OPERATIONS_PER_COLUMN = 4;

/**
 * Enqueues softmaxes along an axis (`Backend.logSumExpAlongAxis`), by tiles.
 *
 * @param allocate makes the array of results, and `drop` frees it
 * @throws UnsupportedError for spacings that tiles do not allow, and for arrays in several pieces
 */
export function softmaxAlongAxis(
  engine: Engine,
  given: AxisSoftmax,
  scores: StoredArray,
  allocate: (shape: readonly number[]) => StoredArray,
  drop: (array: StoredArray) => void,
): StoredArray {
  const { lines, shape } = axisLines(given);
  const tiles = axisTiles(given);
  const main = allocate(shape);
  try {
    const [into, from] = [main, scores].map(onePiece);
    enqueue(engine, given, lines, tiles, { scores, main, into, from });
  } catch (error) {
    drop(main);
    throw error;
  }
  return main;
}

function onePiece({ pieces }: StoredArray) {
  if (pieces.length === 1) return pieces[0];
  throw new UnsupportedError(
    'logSumExpAlongAxis: an array is longer than what this device binds at once (maxStorageBufferBindingSize)',
  );
}

interface Arrays extends Readonly<Record<'scores' | 'main', StoredArray>> {
  readonly from: StoredArray['pieces'][number];
  readonly into: StoredArray['pieces'][number];
}

function enqueue(
  engine: Engine,
  { inner, rows, columns }: AxisSoftmax,
  lines: number,
  tiles: AxisTiles,
  { scores, main, from, into }: Arrays,
): void {
  if (lines === 0) return;
  const { rowsPerTile, columnsPerTile, rowTiles, columnTiles } = tiles;
  const [rowsFilled, columnsFilled] = [filledUp(rowsPerTile), filledUp(columnsPerTile)];
  const threadsPerLine = rowsFilled / TILE_STEP;
  const together = Math.min(
    lines,
    Math.floor(WORKGROUP_SIZE / threadsPerLine),
    Math.floor(MOST_COLUMNS / columnsFilled),
  );
  const tables = [tiles.within, tiles.columnTilts, tiles.rowTilts, tiles.bounds];
  const places = tables.map((_, k) => tables.slice(0, k).reduce((sum, { length }) => sum + length / 2, 0));
  const all = new Float32Array(tables.reduce((sum, { length }) => sum + length, 0));
  for (const [k, table] of tables.entries()) all.set(table, 2 * places[k]);

  const taken: PooledBuffer[] = [];
  const scratch = (bytes: number): GPUBuffer => {
    const pooled = engine.pool.take(bytes);
    taken.push(pooled);
    return pooled.buffer;
  };
  try {
    const kernels = [engine.kernel('largestExponents', largestExponents), engine.kernel('tiledSoftmax', tiledSoftmax)];
    const table = scratch(all.byteLength);
    engine.queue.write(undefined, table, all);
    const largest = scratch(4 * lines * columnTiles);
    // A caller's buffer is bound from a place that the device can bind.
    const ahead = from.offset % engine.bindingAlignment;
    const bound: BufferRange = {
      buffer: from.buffer,
      offset: from.offset - ahead,
      size: Math.max(4, ahead + from.bytes),
    };
    const others = [table, largest, into.buffer].map((buffer) => ({ buffer, offset: 0 }));
    const words = {
      ...{ lines, inner, rows: rows.count, columns: columns.count, rowsPerTile, columnsPerTile, rowsFilled },
      ...{ columnsFilled, columnTiles, together, start: ahead / 4, groupStart: 0, tileStart: 0 },
      ...{ columnTilts: places[1], rowTilts: places[2], bounds: places[3] },
      negligible: new Uint32Array(Float32Array.of(negligibleBelow('float32', columns.count)).buffer)[0],
    };
    const run = (
      kernel: CompiledKernel,
      ranges: readonly BufferRange[],
      extent: { readonly groups: number; readonly elements: number },
      perGroup: number,
    ) =>
      function* (room: () => number): Generator<Step, void> {
        for (const { group, groups, element, elements } of portions({ ...extent, splits: 1 }, perGroup, room)) {
          const here = { ...words, groupStart: group, tileStart: element };
          const uniforms = new Uint32Array(Math.ceil(AXIS_WORDS.length / 4) * 4);
          AXIS_WORDS.forEach((name, index) => {
            uniforms[index] = here[name];
          });
          const operations = groups * elements * perGroup;
          yield { type: 'run', kernel, ranges, uniforms, groups: [groups, elements, 1], operations };
        }
      };
    const groups = Math.ceil((lines * columnTiles) / WORKGROUP_SIZE);
    const find = run(kernels[0], [bound, others[1]], { groups, elements: 1 }, WORKGROUP_SIZE * columnsPerTile);
    const sum = run(
      kernels[1],
      [bound, ...others],
      { groups: Math.ceil(lines / together), elements: rowTiles },
      together * (rowsFilled * Math.min(TILES_SEEN, columnTiles) * columnsFilled * OPERATIONS_PER_COLUMN + columnTiles),
    );
    engine.queue.add({
      kernels,
      reads: [scores],
      writes: [main],
      wanted: false,
      *steps(room) {
        yield* find(room);
        yield* sum(room);
      },
    });
  } finally {
    // Work is done in order: what is enqueued from now on may use the same memory.
    for (const pooled of taken) engine.pool.give(pooled);
  }
}
