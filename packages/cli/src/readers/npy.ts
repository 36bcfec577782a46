import { parse } from 'npyjs';
import { InputError } from '../inputError.js';
import { inTurns } from './inTurns.js';
import { readBytes } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { pointSink } from './pointSink.js';

type Numbers = ArrayLike<number | bigint | boolean>;

/**
 * Reads a .npy file of shape [N, D] or [N] into a point cloud; its columns are named 1, 2, ... D.
 *
 * Integers, booleans and floats of 16 to 64 bits are read, in C or Fortran order. Complex numbers, text, objects,
 * records and big-endian numbers are refused.
 */
export async function readNpy(file: string, choice: ColumnChoice, signal?: AbortSignal): Promise<PointCloud> {
  const bytes = await readBytes(file, signal);
  const { data, shape, fortranOrder } = parseNpy(file, bytes);
  if (shape.length !== 1 && shape.length !== 2) {
    throw new InputError(`${file}: its shape is (${shape.join(', ')}); expected (points, coordinates)`);
  }
  const [count, width = 1] = shape;
  if (data.length !== count * width) {
    throw new InputError(
      `${file}: its header promises ${count * width} numbers and it holds ${data.length}; is it cut short?`,
    );
  }
  const sink = pointSink(
    file,
    Array.from({ length: width }, (_, i) => String(i + 1)),
    choice,
  );
  const [rowStride, columnStride] = fortranOrder ? [1, count] : [width, 1];
  const cells = new Array<number>(width);
  await inTurns(count, signal, (i) => {
    for (let d = 0; d < width; d++) cells[d] = Number(data[i * rowStride + d * columnStride]);
    sink.row(cells);
  });
  return sink.finish();
}

function parseNpy(file: string, bytes: Buffer): { data: Numbers; shape: readonly number[]; fortranOrder: boolean } {
  // A copy of its own: npyjs reads from the start of an ArrayBuffer, and a Buffer may sit in the middle of a shared one.
  const buffer = new Uint8Array(bytes).buffer;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(buffer);
  } catch (error) {
    throw new InputError(`${file}: it is no .npy file that can be read (${(error as Error).message})`);
  }
  if (/^[cU]/.test(parsed.dtype)) {
    throw new InputError(`${file}: its numbers are of the type "${parsed.dtype}"; save integers or floats`);
  }
  return { data: parsed.data as unknown as Numbers, shape: parsed.shape, fortranOrder: parsed.fortranOrder };
}
