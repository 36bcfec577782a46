/** A square matrix of float64 as a file of NumPy, version 1.0: a header of a multiple of 64 bytes, and the numbers, row by row. */
export function npyBytes(values: Float64Array, count: number): Uint8Array {
  const said = `{'descr': '<f8', 'fortran_order': False, 'shape': (${count}, ${count}), }`;
  const length = Math.ceil((10 + said.length + 1) / 64) * 64;
  const header = Buffer.from(`\x93NUMPY\x01\x00\0\0${said.padEnd(length - 11)}\n`, 'latin1');
  header.writeUInt16LE(length - 10, 8);
  return Buffer.concat([header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}
