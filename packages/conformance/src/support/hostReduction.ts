import type { Backend, DeviceArray, Reduction, Values } from '@sinkhorn/core';

/** An array whose numbers are at hand. */
export interface HostArray extends DeviceArray {
  readonly values: ArrayLike<number>;
}

/** A reduction over arrays that are still on the host. */
export interface HostReduction extends Reduction {
  readonly rows: Readonly<Record<string, HostArray>>;
  readonly columns: Readonly<Record<string, HostArray>>;
}

/** An array of a shape, filled entry by entry and rounded to what the backend can hold. */
export function hostArray(backend: Backend, shape: readonly number[], entry: (index: number) => number): HostArray {
  const length = shape.reduce((product, count) => product * count, 1);
  const round = backend.precision === 'float32' ? Math.fround : (value: number) => value;
  return { shape, values: Float64Array.from({ length }, (_, index) => round(entry(index))) };
}

const entries = Object.entries as <V>(record: Readonly<Record<string, V>>) => [string, V][];

/** Puts the arrays of a reduction on a backend's device; `release` frees them. */
export function upload(backend: Backend, reduction: HostReduction): { reduction: Reduction; release: () => void } {
  const arrays: DeviceArray[] = [];
  const put = (side: Readonly<Record<string, HostArray>>) =>
    Object.fromEntries(
      entries(side).map(([name, { values, shape }]) => {
        const array = backend.array(values, shape);
        arrays.push(array);
        return [name, array];
      }),
    );
  return {
    reduction: { ...reduction, rows: put(reduction.rows), columns: put(reduction.columns) },
    release() {
      for (const array of arrays) backend.release(array);
    },
  };
}

/** The results of a reduction, read back and freed; its arrays are freed before the results are read. */
export async function runReduction(backend: Backend, reduction: HostReduction): Promise<Values[]> {
  const uploaded = upload(backend, reduction);
  const results = backend.reduce(uploaded.reduction);
  uploaded.release();
  const values: Values[] = [];
  for (const result of results) {
    values.push(await backend.read(result));
    backend.release(result);
  }
  return values;
}
