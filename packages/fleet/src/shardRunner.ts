import { type Backend, type DeviceArray, type Expression, UnsupportedError, type Values } from '@sinkhorn/core';
import { FleetError } from './errors.js';
import { formulasOf } from './formulaNodes.js';
import { bytesOf, lengthOf, placeRows, sliceRows, valuesOf } from './rowsOfArrays.js';
import type { ArrayName, ShardJob } from './shardJob.js';
import { patternOf } from './shardPattern.js';

/** Bytes of arrays that a thread keeps on its device, and formulas that it keeps made. */
const KEPT_BYTES = 2 ** 29;
const KEPT_FORMULAS = 256;

type Fetch = (name: string) => Promise<Uint8Array>;

/** Computes rows of reductions on a backend. Arrays stay there as long as there is room; one that is gone is fetched again. */
export function shardRunner(backend: Backend): (job: ShardJob, fetched: Fetch) => Promise<Uint8Array[]> {
  const kept = new Map<string, { readonly array: DeviceArray; readonly on: Backend; readonly bytes: number }>();
  const formulas = new Map<string, Expression[]>();
  let bytes = 0;

  const formulasOfJob = (job: ShardJob): Expression[] => {
    const key = JSON.stringify(job.formulas);
    let found = formulas.get(key);
    if (!found) {
      found = formulasOf(job.formulas);
      if (formulas.size >= KEPT_FORMULAS) formulas.delete(formulas.keys().next().value as string);
      formulas.set(key, found);
    }
    if (found.length !== job.has.length) throw new FleetError('INVALID_TILE', 'a job has other formulas than it says');
    return found;
  };

  const arrayFor = async (
    on: Backend,
    name: ArrayName,
    from: number,
    to: number,
    fetched: Fetch,
  ): Promise<DeviceArray> => {
    const key = `${on.precision} ${from} ${to} ${name.shape} ${name.pieces}`;
    const known = kept.get(key);
    if (known) {
      kept.delete(key);
      kept.set(key, known);
      return known.array;
    }
    const { shape, pieces, starts } = name;
    const whole = [...shape.slice(0, -2), to - from, shape[shape.length - 1]];
    const values: Values =
      on.precision === 'float32' ? new Float32Array(lengthOf(whole)) : new Float64Array(lengthOf(whole));
    for (const [k, piece] of pieces.entries()) {
      const [first, last] = [Math.max(from, starts[k]), Math.min(to, starts[k + 1])];
      if (first >= last) continue;
      const shapeOfPiece = [...shape.slice(0, -2), starts[k + 1] - starts[k], shape[shape.length - 1]];
      const part = valuesOf(await fetched(piece), on.precision);
      if (part.length !== lengthOf(shapeOfPiece)) {
        throw new FleetError(
          'CORRUPT_BLOB',
          `a piece of an array has ${part.length} numbers, not ${lengthOf(shapeOfPiece)}`,
        );
      }
      placeRows(values, whole, sliceRows(part, shapeOfPiece, first - starts[k], last - starts[k]), first - from);
    }
    const array = on.array(values, whole);
    kept.set(key, { array, on, bytes: values.byteLength });
    bytes += values.byteLength;
    return array;
  };

  const makeRoom = () => {
    for (const [key, { array, on, bytes: size }] of kept) {
      if (bytes <= KEPT_BYTES) return;
      kept.delete(key);
      on.release(array);
      bytes -= size;
    }
  };

  return async (job, fetched) => {
    const on = job.precision === backend.precision ? backend : backend.inFloat64;
    if (!on || on.precision !== job.precision) throw new UnsupportedError(`this worker has no ${job.precision}`);
    const made = formulasOfJob(job);
    const arrays = async (names: ShardJob['rows'], part?: readonly [number, number]) => {
      const found: Record<string, DeviceArray> = {};
      for (const [variable, name] of Object.entries(names)) {
        const [from, to] = part ?? [0, name.shape[name.shape.length - 2]];
        if (to > name.shape[name.shape.length - 2])
          throw new FleetError('INVALID_TILE', 'a job has rows beyond its arrays');
        found[variable] = await arrayFor(on, name, from, to, fetched);
      }
      return found;
    };
    const blocks = job.blocks === undefined ? undefined : patternOf(await fetched(job.blocks));
    const reduction = {
      kind: job.reduction,
      ...Object.fromEntries(job.has.map((name, k) => [name, made[k]])),
      rows: await arrays(job.rows, [job.from, job.to]),
      columns: await arrays(job.columns),
      parameters: job.parameters,
      ...(blocks && { blocks }),
    };
    const results = on.reduce(reduction);
    try {
      const bytesOfResults: Uint8Array[] = [];
      for (const array of results) bytesOfResults.push(bytesOf(await on.read(array)));
      return bytesOfResults;
    } finally {
      for (const array of results) on.release(array);
      makeRoom();
    }
  };
}
