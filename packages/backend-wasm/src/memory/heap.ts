import { UnsupportedError } from '@sinkhorn/core';
import { LARGEST_MEMORY_PAGES } from '../encoding/encodeModule.js';

const PAGE = 65536;
/** Bytes: a line of the cache, so that threads never write to the same one. */
const ALIGNMENT = 64;
/** Kernels load whole vectors, up to this many bytes past an array's last entry. */
const MARGIN = 16;

/** A range of memory that is free, once the job that used it last is done. */
interface FreeRange {
  start: number;
  end: number;
  lastJob: number;
}

/** The memory behind arrays: it grows as needed, and what is freed is used again. */
export interface Heap {
  /**
   * Memory for so many bytes. Jobs run in order, so memory that an earlier one may still read can be given to a later
   * one to write; what the host writes itself must be out of use: free since a job up to `doneJob`.
   */
  allocate(bytes: number, doneJob: number): number;
  /** Frees what was allocated with these bytes; jobs up to `lastJob` may use it still. */
  free(address: number, bytes: number, lastJob: number): void;
  /** Bytes in use. */
  readonly used: number;
  /** Where what is in use begins. */
  inUse(): Iterable<number>;
  /** Bytes that are free once jobs after `doneJob` are done. */
  heldBack(doneJob: number): number;
}

/** Manages the part of a memory from `start` on. */
export function heap(memory: WebAssembly.Memory, start: number): Heap {
  const ranges: FreeRange[] = [{ start, end: memory.buffer.byteLength - MARGIN, lastJob: 0 }];
  const inUse = new Set<number>();
  let used = 0;
  const roundUp = (bytes: number) => Math.ceil((bytes + MARGIN) / ALIGNMENT) * ALIGNMENT;

  const grow = (bytes: number, requested: number) => {
    const current = memory.buffer.byteLength / PAGE;
    const needed = Math.ceil(bytes / PAGE);
    // A little more each time, so that many small requests do not each ask the engine.
    const wanted = Math.min(Math.max(needed, Math.ceil(current / 8)), LARGEST_MEMORY_PAGES - current);
    const end = memory.buffer.byteLength - MARGIN;
    if (wanted < needed) {
      throw new UnsupportedError(
        `arrays of ${used + requested} bytes in all do not fit into the 4 GiB that WebAssembly can address: use fewer or smaller arrays, float32 instead of float64, or another backend`,
      );
    }
    try {
      memory.grow(wanted);
    } catch {
      throw new UnsupportedError(
        `this machine gives no memory for arrays of ${used + requested} bytes in all: use fewer or smaller arrays`,
      );
    }
    insert({ start: end, end: memory.buffer.byteLength - MARGIN, lastJob: 0 });
  };

  const insert = (range: FreeRange) => {
    const index = ranges.findIndex(({ start: other }) => other > range.start);
    ranges.splice(index < 0 ? ranges.length : index, 0, range);
  };

  /** Neighbouring ranges that jobs up to `doneJob` used last, as one: [index, how many of them, bytes]. */
  const runs = (doneJob: number): [number, number, number][] => {
    const found: [number, number, number][] = [];
    let open = false;
    ranges.forEach(({ start, end, lastJob }, index) => {
      const last = found[found.length - 1];
      if (lastJob > doneJob) open = false;
      else if (open && ranges[index - 1].end === start) {
        last[1] += 1;
        last[2] += end - start;
      } else {
        found.push([index, 1, end - start]);
        open = true;
      }
    });
    return found;
  };

  const take = (bytes: number, doneJob: number): number | undefined => {
    let best: [number, number, number] | undefined;
    for (const run of runs(doneJob)) if (run[2] >= bytes && (!best || run[2] < best[2])) best = run;
    if (!best) return undefined;
    const [index] = best;
    const address = ranges[index].start;
    const end = address + bytes;
    // Ranges stay apart, so that one in use does not hold back its neighbours.
    while (ranges[index]?.start < end && ranges[index].end <= end) ranges.splice(index, 1);
    if (ranges[index]?.start < end) ranges[index].start = end;
    return address;
  };

  return {
    allocate(bytes, doneJob) {
      const size = roundUp(bytes);
      let address = take(size, doneJob);
      if (address === undefined) {
        grow(size, bytes);
        address = take(size, doneJob);
      }
      if (address === undefined) throw new UnsupportedError(`no ${bytes} bytes of memory in one piece`);
      used += size;
      inUse.add(address);
      return address;
    },
    free(address, bytes, lastJob) {
      const size = roundUp(bytes);
      used -= size;
      inUse.delete(address);
      insert({ start: address, end: address + size, lastJob });
    },
    get used() {
      return used;
    },
    inUse: () => inUse,
    heldBack: (doneJob) =>
      ranges.reduce((sum, { start, end, lastJob }) => (lastJob > doneJob ? sum + end - start : sum), 0),
  };
}
