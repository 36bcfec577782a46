import { type Backend, column, type DeviceArray, mul, row } from '@sinkhorn/core';

/** Three times five, on a backend; or the first of many rows, times five. */
export async function product(backend: Backend, rows?: DeviceArray): Promise<number> {
  const u = rows ?? backend.array([3], [1, 1]);
  const v = backend.array([5], [1, 1]);
  const value = mul(row('u'), column('v'));
  const [result] = backend.reduce({ kind: 'sum', value, rows: { u }, columns: { v }, parameters: {} });
  const [number] = await backend.read(result);
  for (const array of rows ? [v, result] : [u, v, result]) backend.release(array);
  return number;
}
