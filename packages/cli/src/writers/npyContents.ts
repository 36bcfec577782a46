/** An array of float64, row by row, as a file of NumPy, version 1.0: a header of a multiple of 64 bytes, and the numbers. */
export function npyContents({
  values,
  shape,
}: {
  readonly values: Float64Array;
  readonly shape: readonly number[];
}): Uint8Array {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const contents = Buffer.alloc(length + 8 * values.length);
  contents.write(`\x93NUMPY\x01\x00`, 'latin1');
  contents.writeUInt16LE(length - 10, 8);
  contents.write(`${text.padEnd(length - 11)}\n`, 10, 'latin1');
  values.forEach((value, k) => {
    contents.writeDoubleLE(value, length + 8 * k);
  });
  return contents;
}
