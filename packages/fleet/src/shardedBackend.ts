import { randomUUID } from 'node:crypto';
import {
  type AxisSoftmax,
  axisLines,
  type Backend,
  type BlockPattern,
  type DeviceArray,
  DeviceError,
  DeviceLostError,
  InvalidFormulaError,
  permutedShape,
  type Reduction,
  resolveReduction,
  type StopSignal,
  unlessLost,
  type Values,
} from '@sinkhorn/core';
import type { Channel } from './channel.js';
import { FleetError } from './errors.js';
import { nodesOf } from './formulaNodes.js';
import { bytesOf, lengthOf, placeRows, sliceRows, valuesOf } from './rowsOfArrays.js';
import type { ArrayName, ShardJob } from './shardJob.js';
import { cutsOfPattern, partOfPattern, patternBytes } from './shardPattern.js';

/** How rows are shared out. */
export interface ShardingOptions {
  /** Into how many parts rows are cut. Bits do not depend on it. */
  readonly shards: number;
  /** Reductions over fewer pairs than this are computed by this process, with the same bits: the way to a worker takes longer. */
  readonly minPairs: number;
}

/** An array: numbers that are on their way, here or as pieces that workers made. */
interface FleetArray extends DeviceArray {
  readonly shape: readonly number[];
  /** On this process's own backend, once something asks. */
  here?: Promise<DeviceArray>;
  /** With the workers, once something asks. */
  there?: Promise<ArrayName>;
  users: number;
  released: boolean;
  /** Says that nobody asks for it any more. */
  leave?: () => void;
}

/** What is on its way to be computed, for one result or two. */
interface Computation {
  /** Whether nobody asks for a result any more. */
  isLeft(): boolean;
  /** Jobs that workers were sent. */
  readonly jobs: Set<string>;
}

/** How often arrays are said to be needed still, a sixth of the time that they are kept. */
const TOUCH_MILLISECONDS = 600_000;
/** Bytes of a piece of an array that is uploaded. */
const PIECE_BYTES = 2 ** 25;

/**
 * A backend whose large reductions are cut by rows: workers compute the rows, this process what is small. Every row is computed as one
 * machine computes it, so that the bits are the same for any number of parts.
 */
export function shardedBackend(channel: Channel, local: Backend, { shards, minPairs }: ShardingOptions): Backend {
  const session = randomUUID();
  const { precision } = local;
  const held = new Set<FleetArray>();
  let serial = 0;
  let disposed = false;
  let lose: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  lost.catch(() => {});
  let inFloat64: Backend | undefined;

  const check = () => {
    if (disposed) throw new DeviceLostError('this fleet was closed or disposed of: open a new one');
  };
  const stored = (array: DeviceArray): FleetArray => {
    check();
    if (!held.has(array as FleetArray))
      throw new InvalidFormulaError('this array was released, or belongs to another backend');
    return array as FleetArray;
  };
  /** Names of what lies with the workers, or will. */
  const live = new Set<string>();
  const newName = () => {
    const name = `${session}-${(serial++).toString(36)}`;
    live.add(name);
    return name;
  };
  const drop = (names: readonly string[]) => {
    for (const name of names) live.delete(name);
    channel.arrays.drop(names).catch(() => {});
  };
  const touching = setInterval(() => {
    if (live.size > 0) channel.arrays.touch([...live]).catch(() => {});
  }, TOUCH_MILLISECONDS);
  touching.unref();
  const add = (shape: readonly number[], from: Pick<FleetArray, 'here' | 'there' | 'leave'>): FleetArray => {
    const array: FleetArray = { shape: [...shape], users: 0, released: false, ...from };
    array.here?.catch(() => {});
    array.there?.catch(() => {});
    held.add(array);
    return array;
  };
  const free = (array: FleetArray) => {
    array.leave?.();
    array.here?.then((found) => local.release(found)).catch(() => {});
    array.there?.then(({ pieces }) => drop(pieces)).catch(() => {});
  };
  /** Keeps arrays for as long as something computes with them. */
  const using = async <Result>(arrays: readonly FleetArray[], work: () => Promise<Result>): Promise<Result> => {
    for (const array of arrays) array.users++;
    try {
      return await work();
    } finally {
      for (const array of arrays) {
        array.users--;
        if (array.released && array.users === 0) free(array);
      }
    }
  };

  const nobodyAsks = () => new FleetError('CLOSED', 'nobody asks for it any more');
  /**
   * Computes results from arrays. When all of them are released before they are there, as those of a solve that was stopped, it ends: jobs go out of
   * the queue, and what it computes with is let go, which may be what other jobs are computed for.
   */
  const computing = <Result>(
    results: number,
    arrays: readonly FleetArray[],
    work: (computation: Computation) => Promise<Result>,
  ) => {
    let asked = results;
    let end = () => {};
    const left = new Promise<never>((_, reject) => {
      end = () => reject(nobodyAsks());
    });
    left.catch(() => {});
    const jobs = new Set<string>();
    const made = using(arrays, () => Promise.race([work({ isLeft: () => asked === 0, jobs }), left]));
    const leave = () => {
      asked--;
      if (asked > 0) return;
      end();
      if (jobs.size > 0) channel.cancel('shards', [...jobs]).catch(() => {});
    };
    return { made, leave };
  };

  const evenStarts = (rows: number, parts: number) =>
    Array.from({ length: parts + 1 }, (_, k) => Math.floor((rows * k) / parts));
  const fetchedValues = async ({ shape, pieces, starts }: ArrayName): Promise<Values> => {
    const whole: Values =
      precision === 'float32' ? new Float32Array(lengthOf(shape)) : new Float64Array(lengthOf(shape));
    await Promise.all(
      pieces.map(async (piece, k) =>
        placeRows(whole, shape, valuesOf(await channel.arrays.get(piece), precision), starts[k]),
      ),
    );
    return whole;
  };
  const onHere = (array: FleetArray): Promise<DeviceArray> => {
    array.here ??= (array.there as Promise<ArrayName>).then(async (name) =>
      local.array(await fetchedValues(name), name.shape),
    );
    array.here.catch(() => {});
    return array.here;
  };
  const onThere = (array: FleetArray): Promise<ArrayName> => {
    array.there ??= (array.here as Promise<DeviceArray>).then(async (found) => {
      const values = await local.read(found);
      const { shape } = array;
      const rows = shape[shape.length - 2];
      const starts = evenStarts(rows, Math.max(1, Math.min(rows, Math.ceil(values.byteLength / PIECE_BYTES))));
      const pieces = starts.slice(1).map(newName);
      await Promise.all(
        pieces.map((piece, k) =>
          channel.arrays.put(piece, bytesOf(sliceRows(values, shape, starts[k], starts[k + 1]))),
        ),
      );
      return { shape, pieces, starts };
    });
    array.there.catch(() => {});
    return array.there;
  };

  const inputsOf = ({ rows, columns }: Reduction) =>
    [...Object.values(rows), ...Object.values(columns)] as FleetArray[];

  const computeHere = (reduction: Reduction, results: number) =>
    computing(results, inputsOf(reduction), async ({ isLeft }): Promise<readonly DeviceArray[]> => {
      const load = async (arrays: Reduction['rows']) =>
        Object.fromEntries(
          await Promise.all(
            Object.entries(arrays).map(async ([name, array]) => [name, await onHere(array as FleetArray)]),
          ),
        );
      const [rows, columns] = [await load(reduction.rows), await load(reduction.columns)];
      check();
      if (isLeft()) throw nobodyAsks();
      return local.reduce({ ...reduction, rows, columns });
    });

  const computeThere = (reduction: Reduction, rowCount: number, shapes: readonly (readonly number[])[]) =>
    computing(shapes.length, inputsOf(reduction), async ({ isLeft, jobs }): Promise<readonly ArrayName[]> => {
      const load = async (arrays: Reduction['rows']) =>
        Object.fromEntries(
          await Promise.all(
            Object.entries(arrays).map(async ([name, array]) => [name, await onThere(array as FleetArray)]),
          ),
        );
      const [rows, columns] = await Promise.all([load(reduction.rows), load(reduction.columns)]);
      const has = (['score', 'value', 'finish'] as const).filter((name) => reduction[name] !== undefined);
      const formulas = nodesOf(has.map((name) => reduction[name] as NonNullable<Reduction['score']>));
      const { blocks } = reduction;
      const cuts = blocks ? cutsOfPattern(blocks, shards) : undefined;
      const starts = cuts && blocks ? cuts.map((cut) => blocks.rowStarts[cut]) : evenStarts(rowCount, shards);
      const patterns: string[] = [];
      const outs: string[] = [];
      const parts = await Promise.all(
        starts.slice(1).map(async (to, k) => {
          const from = starts[k];
          if (from === to) return undefined;
          if (isLeft()) throw nobodyAsks();
          let pattern: string | undefined;
          if (blocks && cuts) {
            pattern = newName();
            patterns.push(pattern);
            await channel.arrays.put(pattern, patternBytes(partOfPattern(blocks, cuts[k], cuts[k + 1])));
          }
          const out = shapes.map(newName);
          outs.push(...out);
          const job: ShardJob = {
            kind: 'shard',
            numerics: channel.numerics,
            precision,
            reduction: reduction.kind,
            formulas,
            has,
            rows,
            columns,
            parameters: reduction.parameters,
            from,
            to,
            ...(pattern !== undefined && { blocks: pattern }),
            out,
          };
          if (isLeft()) throw nobodyAsks();
          jobs.add(out[0]);
          await channel.runShard(out[0], job).finally(() => jobs.delete(out[0]));
          return { out, to };
        }),
      ).catch((error) => {
        drop([...patterns, ...outs]);
        throw new DeviceError(`the fleet could not compute rows: ${(error as Error).message}`, { cause: error });
      });
      drop(patterns);
      const made = parts.filter((part) => part !== undefined);
      return shapes.map((shape, k) => ({
        shape,
        pieces: made.map(({ out }) => out[k]),
        starts: [0, ...made.map(({ to }) => to)],
      }));
    });

  const copyOf = (blocks: BlockPattern): BlockPattern => ({
    rowStarts: blocks.rowStarts.slice(),
    columnStarts: blocks.columnStarts.slice(),
    offsets: blocks.offsets.slice(),
    columnBlocks: blocks.columnBlocks.slice(),
  });
  const pairsOf = ({ rowStarts, columnStarts, offsets, columnBlocks }: BlockPattern) => {
    let pairs = 0;
    for (let r = 0; r + 1 < rowStarts.length; r++) {
      for (let k = offsets[r]; k < offsets[r + 1]; k++) {
        pairs +=
          (columnStarts[columnBlocks[k] + 1] - columnStarts[columnBlocks[k]]) * (rowStarts[r + 1] - rowStarts[r]);
      }
    }
    return pairs;
  };

  /** Softmaxes along axes are too quick to be worth the way to workers: this process takes them, where its backend has them. */
  const alongAxis = (name: 'logSumExpAlongAxis' | 'logSumExpByDistance') => {
    if (!local[name]) return undefined;
    return (given: AxisSoftmax): DeviceArray => {
      const scores = stored(given.scores);
      const { shape } = axisLines(given);
      const own = { ...given, rows: { ...given.rows }, columns: { ...given.columns } };
      // One line of the same nodes: what the way does not allow has to be said at once, before the scores are here.
      const line = local.array(new Float32Array(own.columns.count), [own.columns.count, 1]);
      try {
        local.release(local[name]?.({ ...own, scores: line, inner: 1 }) as DeviceArray);
      } finally {
        local.release(line);
      }
      const { made, leave } = computing(1, [scores], async ({ isLeft }) => {
        const found = await onHere(scores);
        check();
        if (isLeft()) throw nobodyAsks();
        return local[name]?.({ ...own, scores: found }) as DeviceArray;
      });
      return add(shape, { here: made, leave });
    };
  };
  const permuteHere = (given: DeviceArray, order: Uint32Array): DeviceArray => {
    const array = stored(given);
    const shape = permutedShape(array.shape, order);
    const kept = order.slice();
    const { made, leave } = computing(1, [array], async ({ isLeft }) => {
      const found = await onHere(array);
      check();
      if (isLeft()) throw nobodyAsks();
      return local.permute?.(found, kept) as DeviceArray;
    });
    return add(shape, { here: made, leave });
  };

  return {
    name: 'fleet',
    precision,
    permute: local.permute && permuteHere,
    logSumExpAlongAxis: alongAxis('logSumExpAlongAxis'),
    logSumExpByDistance: alongAxis('logSumExpByDistance'),
    description: `${shards} shards, ${channel.numerics.backend} in ${precision}`,
    get inFloat64() {
      if (local.inFloat64 && !disposed) inFloat64 ??= shardedBackend(channel, local.inFloat64, { shards, minPairs });
      return inFloat64;
    },
    array(values, shape) {
      check();
      return add(shape, { here: Promise.resolve(local.array(values, shape)) });
    },
    reduce(given) {
      check();
      const resolved = resolveReduction(given);
      for (const array of inputsOf(given)) stored(array);
      const reduction: Reduction = {
        ...given,
        rows: { ...given.rows },
        columns: { ...given.columns },
        parameters: { ...given.parameters },
        ...(given.blocks && { blocks: copyOf(given.blocks) }),
      };
      const { batch, batched, rows, columns, resultSize } = resolved;
      const shape = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
      const hasSecond = given.kind === 'softmaxMean' || given.kind === 'min';
      const shapes = hasSecond ? [shape(resultSize), shape(1)] : [shape(resultSize)];
      const pairs = batch * (reduction.blocks ? pairsOf(reduction.blocks) : rows * columns);
      // Rows that a worker made stay there: a map of them goes to where they are.
      const isFar =
        rows > 1 && Object.keys(given.rows).length > 0 && (pairs >= minPairs || isMapOfFar(reduction, rows));
      if (!isFar) {
        const { made, leave } = computeHere(reduction, shapes.length);
        return shapes.map((each, k) => add(each, { here: made.then((arrays) => arrays[k]), leave }));
      }
      const { made, leave } = computeThere(reduction, rows, shapes);
      return shapes.map((each, k) => add(each, { there: made.then((names) => names[k]), leave }));
    },
    async read(given, signal?: StopSignal) {
      const array = stored(given);
      return using([array], async () => {
        signal?.throwIfAborted();
        const values = array.here
          ? array.here.then((found) => local.read(found))
          : (array.there as Promise<ArrayName>).then(fetchedValues);
        values.catch(() => {});
        let stop = () => {};
        const aborted = new Promise<never>((_, reject) => {
          stop = () => reject(signal?.reason);
          signal?.addEventListener('abort', stop);
        });
        aborted.catch(() => {});
        try {
          return await Promise.race([values, lost, aborted]);
        } finally {
          signal?.removeEventListener('abort', stop);
        }
      });
    },
    release(given) {
      const array = unlessLost(() => stored(given));
      if (!array) return;
      held.delete(array);
      array.released = true;
      if (array.users === 0) free(array);
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      lose(new DeviceLostError('this fleet was closed or disposed of: open a new one'));
      inFloat64?.dispose();
      clearInterval(touching);
      for (const array of held) if (array.there) array.there.then(({ pieces }) => drop(pieces)).catch(() => {});
      held.clear();
      local.dispose();
    },
  };

  function isMapOfFar({ columns, rows }: Reduction, count: number): boolean {
    const arrays = Object.values(rows) as FleetArray[];
    return Object.keys(columns).length === 0 && count ** 2 >= minPairs && arrays.every(({ here }) => !here);
  }
}
