import type { StopSignal } from '@sinkhorn/core';
import type { Channel } from './channel.js';
import { FleetError } from './errors.js';
import type { Tile } from './tile.js';
import { fits, resultOf, type TileResult } from './tileResult.js';
import { unlessAborted } from './waiting.js';

/** How far a fleet is. */
export interface FleetProgress {
  readonly stage: 'tiles';
  /** Of all tiles, from 0 to 1. */
  readonly share: number;
  readonly done: number;
  readonly total: number;
  /** Tiles whose results were there before. */
  readonly reused: number;
  /** At the rate so far; undefined until a tile was computed. */
  readonly secondsLeft?: number;
  /** How many threads compute; 0 says that the fleet waits for a worker with its numerics. */
  readonly workers: number;
}

/** How to follow and stop what runs on a fleet. */
export interface FleetRunOptions {
  /** Aborted, it takes what nobody has begun out of the queue; the promise rejects with its reason. */
  readonly signal?: StopSignal;
  /** What it throws, or rejects with, ends the run as an abort does. */
  readonly onProgress?: (progress: FleetProgress) => void;
}

/** How often a blob that is missing or damaged is put again. */
const REPAIRS = 2;
/** Between two reports of progress. Lowering it asks the queue more often. Chosen. */
const PROGRESS_MILLISECONDS = 250;
/** Who computes is counted in every so many-th report: that takes half a millisecond of everybody's time. */
const REPORTS_OF_COUNT = 4;

/**
 * Has tiles computed, as many at a time as may wait, and gives their results by their keys. One that fails does not hold up the others.
 *
 * @param putAgain - puts the blobs of a tile into the store, also where they are.
 * @throws FleetError where tiles failed, when all others are done.
 */
export async function runTiles(
  channel: Channel,
  tiles: ReadonlyMap<string, Tile>,
  { signal, onProgress }: FleetRunOptions,
  putAgain: (tile: Tile) => Promise<void>,
): Promise<Map<string, TileResult>> {
  signal?.throwIfAborted();
  const results = new Map<string, TileResult>();
  const failed = new Map<string, Error>();
  const running = new Set<string>();
  const asked = new Set<string>();
  let reused = 0;
  let workers = await unlessAborted(channel.workers(), signal);
  const began = performance.now();
  const report = async () => {
    const done = results.size + failed.size;
    const computed = done - reused;
    await onProgress?.({
      stage: 'tiles',
      share: tiles.size === 0 ? 1 : done / tiles.size,
      done,
      total: tiles.size,
      reused,
      ...(computed > 0 && { secondsLeft: (((performance.now() - began) / computed) * (tiles.size - done)) / 1000 }),
      workers,
    });
  };
  const known = async (id: string, tile: Tile): Promise<TileResult | undefined> => {
    const bytes = await channel.result(id, tile);
    if (!bytes) return undefined;
    try {
      const result = resultOf(bytes);
      if (fits(result, tile)) return result;
    } catch {
      // Damaged: it is computed again.
    }
    await channel.forget(id);
    return undefined;
  };
  const one = async (id: string, tile: Tile) => {
    const before = await known(id, tile);
    if (before) {
      reused++;
      results.set(id, before);
      return;
    }
    for (let time = 0; ; time++) {
      if (stopped) return;
      try {
        if (time > 0) await putAgain(tile);
        // The queue was emptied meanwhile.
        if (stopped) return;
        asked.add(id);
        await channel.runTile(id, tile).finally(() => asked.delete(id));
        const found = await known(id, tile);
        if (!found) throw new FleetError('CORRUPT_BLOB', `the result of tile ${id} is damaged`);
        results.set(id, found);
        return;
      } catch (error) {
        if (error instanceof FleetError && error.code === 'CLOSED') throw error;
        const isDamaged = error instanceof FleetError && ['MISSING_BLOB', 'CORRUPT_BLOB'].includes(error.code);
        if (!isDamaged || time >= REPAIRS) {
          failed.set(id, error as Error);
          return;
        }
      }
    }
  };

  let end: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  const waiting = tiles.entries();
  let lanes = 0;
  let stopped = false;
  const lane = async () => {
    for (const [id, tile] of waiting) {
      if (stopped) break;
      running.add(id);
      await one(id, tile);
      running.delete(id);
    }
    lanes--;
    if (lanes === 0) end();
  };
  /** As many tiles on their way as those who compute now can take. */
  const open = () => {
    const left = tiles.size - results.size - failed.size - running.size;
    for (let more = Math.min(channel.ahead(workers) - lanes, left); more > 0; more--) {
      lanes++;
      lane().catch(fail);
    }
    if (lanes === 0) end();
  };
  let reports = 0;
  const tell = async () => {
    reports++;
    if (reports % REPORTS_OF_COUNT === 0) workers = await channel.workers().catch(() => workers);
    if (stopped) return;
    open();
    await report();
  };
  const timer = setInterval(() => {
    tell().catch(fail);
  }, PROGRESS_MILLISECONDS);
  timer.unref();
  signal?.addEventListener('abort', end);
  try {
    open();
    await ended;
    signal?.throwIfAborted();
    await report();
  } catch (error) {
    stopped = true;
    await channel.cancel('tiles', [...asked]);
    throw error;
  } finally {
    stopped = true;
    clearInterval(timer);
    signal?.removeEventListener('abort', end);
  }
  if (failed.size > 0) {
    const [[id, error]] = failed;
    throw new FleetError(
      'TILES_FAILED',
      `${failed.size} of ${tiles.size} tiles failed and the others are done; the first, ${id.slice(0, 12)}: ${error.message}`,
      failed,
    );
  }
  return results;
}
