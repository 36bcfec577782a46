import { readFile } from 'node:fs/promises';
import { dump } from 'npyjs';
import { describe, expect, it } from 'vitest';
import { readGrid } from '../src/readers/readGrid.js';
import type { ReadOptions } from '../src/readers/readPoints.js';
import { readPoints } from '../src/readers/readPoints.js';
import { type BadFile, describeFiles, type GoodFile } from './describeFiles.js';
import { fixture } from './fixture.js';
import { useFolder } from './helpers.js';

// The fixtures were written by NumPy 2.4.

const folder = useFolder();

const right: [what: string, name: string, options: ReadOptions, columns: string[], points: number[]][] = [
  ['big-endian doubles', 'bigEndian.npy', {}, ['1', '2'], [1.5, -2, 3, 1e300]],
  ['big-endian integers in Fortran order', 'bigEndianFortran.npy', {}, ['1', '2', '3'], [1, -2, 3, 4, 5, 65_000]],
  ['records, and 2^53 itself', 'pairs.npy', {}, ['x', 'n'], [1.5, 2 ** 53, 2.5, 3]],
  [
    'records within records, aligned, of both byte orders',
    'records.npy',
    {},
    ['name', 'position.1', 'position.2', 'inner.w'],
    [7, 1, 2, 0.5, 8, 3, 4.5, 0.25],
  ],
  ['chosen fields', 'records.npy', { columns: ['position.2'], weights: 'inner.w' }, ['position.2'], [2, 4.5]],
  ['numbers beside text', 'text.npy', { columns: ['x'] }, ['x'], [0]],
  ['the only array of an .npz, compressed', 'one.npz', {}, ['1', '2'], [1.5, 2, 3, 4.25, 5, 6]],
  ['the chosen array of an .npz', 'several.npz', { array: 'after' }, ['1', '2'], [2.5, 3, 4, 5.25, 6, 7]],
];

const refused: [what: string, name: string, options: ReadOptions, message: string][] = [
  ['integers beyond 2^53', 'beyond.npy', {}, 'row 2, column "n": 9007199254740993 is beyond 2^53'],
  ['text in records', 'text.npy', {}, 'it holds text; save numbers, as with array.astype(float) or choose among x'],
  ['several arrays', 'several.npz', {}, 'it holds several arrays; choose one of before, after, mass with --array'],
  ['weights that are all 0', 'noMass.npz', {}, 'all weights are 0; give one row or more some weight'],
  ['an array that is not there', 'several.npz', { array: 'x' }, 'there is no array "x"; choose one of before'],
];

/** A .npy file of version 1. */
function npy(header: string, data: Uint8Array): Buffer {
  const text = `${header}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00\0\0', 'latin1');
  start.writeUInt16LE(text.length, 8);
  return Buffer.concat([start, Buffer.from(text, 'latin1'), data]);
}

const doubles = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
const header = (descr: string, shape: string): string =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;

const refusedContents: [what: string, contents: Buffer, message: string][] = [
  ['truth', npy(header("'|b1'", '(2, 1)'), Uint8Array.of(1, 0)), 'row 1, column "1": "true" is no number, in whatever'],
  [
    'truth among chosen fields',
    npy(header("[('x', '<f8'), ('b', '|b1')]", '(1,)'), new Uint8Array(9)),
    'row 1, column "b": "false" is no number',
  ],
  [
    'more bytes than promised',
    npy(header("'<f8'", '(1, 1)'), doubles(1, 2)),
    'promises 1 points and more bytes follow',
  ],
  ['fewer bytes than promised', npy(header("'<f8'", '(9999999999, 2)'), doubles(1, 2)), 'points and it holds 1'],
  [
    'more coordinates than there is memory for',
    npy(header("'<f8'", '(1, 1000000000)'), doubles(1, 2)),
    'more than 4194304 coordinates',
  ],
  [
    'records of more numbers than there is memory for',
    npy(header("[('a', [('b', '<f4', (1000,))], (1000000,))]", '(1,)'), doubles(1, 2)),
    'more than 4194304 numbers each',
  ],
  ['a negative shape', npy(header("'<f8'", '(-1, 2)'), doubles(1, 2)), 'lacks a valid "descr"'],
  ['no shape', npy("{'descr': '<f8'}", doubles(1)), 'lacks a valid "descr"'],
  ['no dictionary', npy('import os', doubles(1)), 'its header cannot be understood'],
  ['a nested header', npy('['.repeat(1000), doubles(1)), 'nested too deeply'],
  ['no coordinates', npy(header("'<f8'", '(5, 0)'), doubles()), 'the points have no coordinates'],
  ['one number', npy(header("'<f8'", '()'), doubles(1)), 'its shape is ()'],
  ['objects', npy(header("'|O'", '(1,)'), doubles(1)), 'it holds Python objects'],
  ['long doubles', npy(header("'<f16'", '(1,)'), doubles(1, 2)), 'longer than 64 bits'],
  ['a cut header', Buffer.from('\x93NUMPY\x01\x00\x76\x00{', 'latin1'), 'its header is not whole'],
  ['nothing but the magic', Buffer.from('\x93NUMPY', 'latin1'), 'its header is not whole'],
  ['a version to come', Buffer.from('\x93NUMPY\x04\x00\0\0', 'latin1'), 'version 4 of .npy is unknown'],
  [
    'infinity',
    npy(header("'<f8'", '(1, 2)'), doubles(1, Number.NEGATIVE_INFINITY)),
    '-Infinity is not a finite number',
  ],
];

describe('files of NumPy', () => {
  it.each(right)('right: %s', async (_, name, options, columns, points) => {
    const cloud = await readPoints(fixture(name), options);
    expect(cloud.columns).toEqual(columns);
    expect([...cloud.points]).toEqual(points);
  });

  it.each(refused)('refused: %s', async (_, name, options, message) => {
    await expect(readPoints(fixture(name), options)).rejects.toThrow(message);
  });

  it.each(refusedContents)('refused: %s', async (_, contents, message) => {
    await expect(readPoints(await folder.write('a.npy', contents))).rejects.toThrow(message);
  });

  it('truth on a grid is a mask: masses 1 and 0', async () => {
    const file = await folder.write('mask.npy', npy(header("'|b1'", '(2, 2)'), Uint8Array.of(1, 0, 1, 1)));
    expect([...(await readGrid(file, { spacing: [1] })).grid]).toEqual([1, 0, 1, 1]);
  });

  it('weights of an .npz are an array beside the points', async () => {
    const cloud = await readPoints(fixture('measure.npz'));
    expect([...cloud.points]).toEqual([1.5, 2, 3, 4.25, 5, 6]);
    expect([...(cloud.weights ?? [])]).toEqual([0.2, 0.3, 0.5]);
    const other = await readPoints(fixture('several.npz'), { array: 'before', weights: 'mass' });
    expect([...(other.weights ?? [])]).toEqual([0.2, 0.3, 0.5]);
    expect(other.notes).toEqual([expect.stringContaining('after were not read')]);
  });

  it('damage to an .npz is seen', async () => {
    const bytes = await readFile(fixture('measure.npz'));
    const at = bytes.indexOf(doubles(4.25));
    bytes[at + 6] ^= 1;
    await expect(readPoints(await folder.write('a.npz', bytes))).rejects.toThrow('its check sum is not right');
    await expect(readPoints(await folder.write('b.npz', bytes.subarray(0, 300)))).rejects.toThrow('damaged or no .npz');
  });

  it('zipped arrays that grow too large are refused', async () => {
    await expect(readPoints(fixture('one.npz'), { maxUnzipped: 100 })).rejects.toThrow('--max-unzipped');
  });

  it('halves, with subnormals', async () => {
    const bits = Uint16Array.of(0x3c00, 0x0001, 0x8400, 0x7bff);
    const file = await folder.write('a.npy', npy(header("'<f2'", '(4,)'), new Uint8Array(bits.buffer)));
    expect([...(await readPoints(file)).points]).toEqual([1, 2 ** -24, -(2 ** -14), 65_504]);
  });

  it('rows with NaN are left out when that is asked for', async () => {
    const file = await folder.write('a.npy', npy(header("'<f8'", '(2, 2)'), doubles(1, Number.NaN, 3, 4)));
    const cloud = await readPoints(file, { missing: 'drop' });
    expect([...cloud.points]).toEqual([3, 4]);
    expect(cloud.notes).toEqual([expect.stringContaining('1 of 2 rows')]);
  });
});

/** A .npy file as npyjs writes it. */
function dumped(
  values: Float64Array | Float32Array | Int32Array | BigInt64Array,
  shape: number[],
  fortran = false,
): Uint8Array {
  const bytes = new Uint8Array(dump(values, shape));
  if (!fortran) return bytes;
  // Both words are five letters long once a space is added, so that the header keeps its length.
  return Buffer.from(Buffer.from(bytes).toString('latin1').replace('False', 'True '), 'latin1');
}

const good: GoodFile[] = [
  {
    what: 'float64 NPY',
    name: 'a.npy',
    contents: dumped(Float64Array.of(1, 2, 3, 4, 5, 6), [3, 2]),
    columns: ['1', '2'],
    points: [1, 2, 3, 4, 5, 6],
  },
  {
    what: 'float32 NPY',
    name: 'a.npy',
    contents: dumped(Float32Array.of(0.5, 2), [1, 2]),
    columns: ['1', '2'],
    points: [0.5, 2],
  },
  { what: 'int32 NPY', name: 'a.npy', contents: dumped(Int32Array.of(-1, 2), [2, 1]), columns: ['1'], points: [-1, 2] },
  {
    what: 'int64 NPY',
    name: 'a.npy',
    contents: dumped(BigInt64Array.of(-1n, 2n), [2, 1]),
    columns: ['1'],
    points: [-1, 2],
  },
  {
    what: 'one-dimensional NPY',
    name: 'a.npy',
    contents: dumped(Float64Array.of(7, 8), [2]),
    columns: ['1'],
    points: [7, 8],
  },
  {
    what: 'Fortran order NPY',
    name: 'a.npy',
    contents: dumped(Float64Array.of(1, 3, 5, 2, 4, 6), [3, 2], true),
    columns: ['1', '2'],
    points: [1, 2, 3, 4, 5, 6],
  },
  {
    what: 'NPY columns by number',
    name: 'a.npy',
    contents: dumped(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
    choice: { columns: ['3', '1'], weights: '2' },
    columns: ['3', '1'],
    points: [3, 1, 6, 4],
    weights: [2, 5],
  },
];

const bad: BadFile[] = [
  { what: 'text as NPY', name: 'a.npy', contents: 'x,y\n1,2\n', message: 'it is no .npy file' },
  {
    what: 'a cut NPY',
    name: 'a.npy',
    contents: dumped(Float64Array.of(1, 2, 3, 4), [2, 2]).subarray(0, -8),
    message: 'promises 2 points and it holds 1',
  },
  {
    what: 'NaN in NPY',
    name: 'a.npy',
    contents: dumped(Float64Array.of(1, Number.NaN), [2, 1]),
    message: 'row 2, column "1": the value is missing ("NaN")',
  },
  {
    what: 'three-dimensional NPY',
    name: 'a.npy',
    contents: dumped(Float64Array.of(1, 2), [1, 1, 2]),
    message: 'its shape is (1, 1, 2); expected (points, coordinates)',
  },
  {
    what: 'complex NPY',
    name: 'a.npy',
    contents: new Uint8Array(dump(Float64Array.of(1, 2), [1], { dtype: 'c16' })),
    message: 'the type "<c16" cannot be read: it holds complex numbers',
  },
  { what: 'NPY without points', name: 'a.npy', contents: dumped(new Float64Array(0), [0, 2]), message: 'no rows' },
];

describeFiles('NPY files', good, bad);
