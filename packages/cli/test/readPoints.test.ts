import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { dump } from 'npyjs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../src/inputError.js';
import type { ColumnChoice } from '../src/readers/pointCloud.js';
import { readPoints } from '../src/readers/readPoints.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

interface GoodCase {
  readonly what: string;
  readonly name: string;
  readonly contents: string | Uint8Array;
  readonly choice?: ColumnChoice;
  readonly columns: readonly string[];
  readonly points: readonly number[];
  readonly weights?: readonly number[];
}

function npy(
  values: Float64Array | Float32Array | Int32Array | BigInt64Array,
  shape: number[],
  fortran = false,
): Uint8Array {
  const bytes = new Uint8Array(dump(values, shape));
  if (!fortran) return bytes;
  // Both words are five letters long once a space is added, so that the header keeps its length.
  return Buffer.from(Buffer.from(bytes).toString('latin1').replace('False', 'True '), 'latin1');
}

function binaryPly(littleEndian: boolean, lineEnd = '\n'): Uint8Array {
  const header = [
    'ply',
    `format binary_${littleEndian ? 'little' : 'big'}_endian 1.0`,
    'comment made in a café',
    'obj_info one two three',
    'element vertex 2',
    'property float x',
    'property float y',
    'property double z',
    'property uchar red',
    'element face 1',
    'property list uchar int corners',
    'end_header',
    '',
  ].join(lineEnd);
  const vertices = new DataView(new ArrayBuffer(2 * 17));
  [
    [1, 2, 3, 255],
    [-4, 5.5, 6, 7],
  ].forEach(([x, y, z, red], i) => {
    vertices.setFloat32(i * 17, x, littleEndian);
    vertices.setFloat32(i * 17 + 4, y, littleEndian);
    vertices.setFloat64(i * 17 + 8, z, littleEndian);
    vertices.setUint8(i * 17 + 16, red);
  });
  const face = new DataView(new ArrayBuffer(9));
  face.setUint8(0, 2);
  face.setInt32(1, 0, littleEndian);
  face.setInt32(5, 1, littleEndian);
  return Buffer.concat([Buffer.from(header), Buffer.from(vertices.buffer), Buffer.from(face.buffer)]);
}

const asciiPly = `ply
format ascii 1.0
element vertex 2
property float x
property float y
property float z
property float confidence
element face 1
property list uchar int vertex_indices
end_header
1 2 3 0.5
-4 5.5 6 0.25
3 0 1 1
`;

const good: GoodCase[] = [
  {
    what: 'a CSV with a header',
    name: 'a.csv',
    contents: 'x,y\n1,2\n3,4\n',
    columns: ['x', 'y'],
    points: [1, 2, 3, 4],
  },
  { what: 'a CSV without a header', name: 'a.csv', contents: '5,2\n3,4\n', columns: ['1', '2'], points: [5, 2, 3, 4] },
  { what: 'no line end at the end', name: 'a.csv', contents: 'x\n1\n2', columns: ['x'], points: [1, 2] },
  { what: 'a byte order mark', name: 'a.csv', contents: '\uFEFFx,y\n1,2\n', columns: ['x', 'y'], points: [1, 2] },
  {
    what: 'a byte order mark and no header',
    name: 'a.csv',
    contents: '\uFEFF5,2\n3,4\n',
    columns: ['1', '2'],
    points: [5, 2, 3, 4],
  },
  {
    what: 'UTF-16',
    name: 'a.csv',
    contents: Buffer.from('\uFEFFx,y\n1,2\n', 'utf16le'),
    columns: ['x', 'y'],
    points: [1, 2],
  },
  { what: 'CRLF', name: 'a.csv', contents: 'x,y\r\n1,2\r\n3,4\r\n', columns: ['x', 'y'], points: [1, 2, 3, 4] },
  {
    what: 'blank lines',
    name: 'a.csv',
    contents: '\nx,y\n\n1,2\n\n3,4\n\n',
    columns: ['x', 'y'],
    points: [1, 2, 3, 4],
  },
  {
    what: 'quotes and commas in a header',
    name: 'a.csv',
    contents: '"x, in m",y\n"1", 2e3\n',
    columns: ['x, in m', 'y'],
    points: [1, 2000],
  },
  { what: 'semicolons', name: 'a.csv', contents: 'x;y\n1;2\n', columns: ['x', 'y'], points: [1, 2] },
  { what: 'tabs', name: 'a.tsv', contents: 'x\ty\n1\t-2\n', columns: ['x', 'y'], points: [1, -2] },
  { what: 'a zipped CSV', name: 'a.csv.gz', contents: gzipSync('x,y\n1,2\n'), columns: ['x', 'y'], points: [1, 2] },
  {
    what: 'chosen columns, in the order chosen',
    name: 'a.csv',
    contents: 'id,x,y,w\na,1,2,.5\nb,3,4,0\n',
    choice: { columns: ['y', 'x'], weights: 'w' },
    columns: ['y', 'x'],
    points: [2, 1, 4, 3],
    weights: [0.5, 0],
  },
  {
    what: 'a weights column that is no coordinate by default',
    name: 'a.csv',
    contents: 'x,w\n1,2\n3,4\n',
    choice: { weights: 'w' },
    columns: ['x'],
    points: [1, 3],
    weights: [2, 4],
  },
  { what: 'JSON arrays', name: 'a.json', contents: '[[1,2],[3,4]]', columns: ['1', '2'], points: [1, 2, 3, 4] },
  {
    what: 'JSON objects',
    name: 'a.json',
    contents: '[{"x":1,"y":2},{"y":4,"x":3}]',
    columns: ['x', 'y'],
    points: [1, 2, 3, 4],
  },
  {
    what: 'JSON objects with columns chosen',
    name: 'a.json',
    contents: '[{"kind":"a","x":1},{"kind":"b","x":3}]',
    choice: { columns: ['x'] },
    columns: ['x'],
    points: [1, 3],
  },
  {
    what: 'JSON points and weights',
    name: 'a.json',
    contents: '\uFEFF{"points":[[1,2],[3,4]],"weights":[0.25,0.75]}',
    columns: ['1', '2'],
    points: [1, 2, 3, 4],
    weights: [0.25, 0.75],
  },
  {
    what: 'float64 NPY',
    name: 'a.npy',
    contents: npy(Float64Array.of(1, 2, 3, 4, 5, 6), [3, 2]),
    columns: ['1', '2'],
    points: [1, 2, 3, 4, 5, 6],
  },
  {
    what: 'float32 NPY',
    name: 'a.npy',
    contents: npy(Float32Array.of(0.5, 2), [1, 2]),
    columns: ['1', '2'],
    points: [0.5, 2],
  },
  { what: 'int32 NPY', name: 'a.npy', contents: npy(Int32Array.of(-1, 2), [2, 1]), columns: ['1'], points: [-1, 2] },
  {
    what: 'int64 NPY',
    name: 'a.npy',
    contents: npy(BigInt64Array.of(-1n, 2n), [2, 1]),
    columns: ['1'],
    points: [-1, 2],
  },
  {
    what: 'one-dimensional NPY',
    name: 'a.npy',
    contents: npy(Float64Array.of(7, 8), [2]),
    columns: ['1'],
    points: [7, 8],
  },
  {
    what: 'Fortran order NPY',
    name: 'a.npy',
    contents: npy(Float64Array.of(1, 3, 5, 2, 4, 6), [3, 2], true),
    columns: ['1', '2'],
    points: [1, 2, 3, 4, 5, 6],
  },
  {
    what: 'NPY columns by number',
    name: 'a.npy',
    contents: npy(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
    choice: { columns: ['3', '1'], weights: '2' },
    columns: ['3', '1'],
    points: [3, 1, 6, 4],
    weights: [2, 5],
  },
  { what: 'ASCII PLY', name: 'a.ply', contents: asciiPly, columns: ['x', 'y', 'z'], points: [1, 2, 3, -4, 5.5, 6] },
  {
    what: 'ASCII PLY with CRLF',
    name: 'a.ply',
    contents: asciiPly.replaceAll('\n', '\r\n'),
    columns: ['x', 'y', 'z'],
    points: [1, 2, 3, -4, 5.5, 6],
  },
  {
    what: 'zipped PLY',
    name: 'a.ply.gz',
    contents: gzipSync(asciiPly),
    columns: ['x', 'y', 'z'],
    points: [1, 2, 3, -4, 5.5, 6],
  },
  {
    what: 'PLY properties by name',
    name: 'a.ply',
    contents: asciiPly,
    choice: { columns: ['z'], weights: 'confidence' },
    columns: ['z'],
    points: [3, 6],
    weights: [0.5, 0.25],
  },
  {
    what: 'little-endian PLY',
    name: 'a.ply',
    contents: binaryPly(true),
    columns: ['x', 'y', 'z'],
    points: [1, 2, 3, -4, 5.5, 6],
  },
  {
    what: 'big-endian PLY',
    name: 'a.ply',
    contents: binaryPly(false),
    columns: ['x', 'y', 'z'],
    points: [1, 2, 3, -4, 5.5, 6],
  },
  {
    what: 'binary PLY with a CRLF header',
    name: 'a.ply',
    contents: binaryPly(true, '\r\n'),
    choice: { columns: ['red'] },
    columns: ['red'],
    points: [255, 7],
  },
];

describe('readPoints', () => {
  it.each(good)('reads $what', async ({ name, contents, choice, columns, points, weights }) => {
    const cloud = await readPoints(await folder.write(name, contents), choice);
    expect(cloud.columns).toEqual(columns);
    expect([...cloud.points]).toEqual(points);
    expect(cloud.count).toBe(points.length / columns.length);
    expect(cloud.weights && [...cloud.weights]).toEqual(weights);
  });

  it('keeps the digits of 64-bit and int32 PLY coordinates', async () => {
    const ply = (type: string, values: string) =>
      `ply\nformat ascii 1.0\nelement vertex 1\nproperty ${type} x\nend_header\n${values}\n`;
    const double = await readPoints(await folder.write('a.ply', ply('double', '0.1234567890123')));
    expect([...double.points]).toEqual([0.1234567890123]);
    const int = await readPoints(await folder.write('b.ply', ply('int', '16777217')));
    expect([...int.points]).toEqual([16777217]);
  });

  it.each(['csv', 'json', 'npy', 'ply'])('stops at a signal in a .%s, and says its reason', async (ending) => {
    const rows = Array.from({ length: 100_000 }, (_, i) => [i, 2 * i]);
    const contents = {
      csv: rows.join('\n'),
      json: JSON.stringify(rows),
      npy: new Uint8Array(dump(Float64Array.from(rows.flat()), [rows.length, 2])),
      ply: `ply\nformat ascii 1.0\nelement vertex ${rows.length}\nproperty float x\nproperty float y\nend_header\n${rows.map((cells) => cells.join(' ')).join('\n')}\n`,
    }[ending];
    const file = await folder.write(`a.${ending}`, contents ?? '');
    const stop = new AbortController();
    const reading = readPoints(file, {}, stop.signal);
    setImmediate(() => stop.abort(new Error('no more')));
    await expect(reading).rejects.toThrow('no more');
    await expect(readPoints(file, {}, stop.signal)).rejects.toThrow('no more');
  });

  it('streams a million rows of CSV', async () => {
    const file = folder.at('million.csv');
    const out = createWriteStream(file);
    out.write('x,y,z\n');
    for (let block = 0; block < 1000; block++) {
      let text = '';
      for (let row = 0; row < 1000; row++) text += `${block},${row / 1000},${block * 1000 + row}\n`;
      if (!out.write(text)) await once(out, 'drain');
    }
    out.end();
    await once(out, 'finish');
    const cloud = await readPoints(file);
    expect(cloud.count).toBe(1_000_000);
    expect([...cloud.points.slice(-3)]).toEqual([999, 0.999, 999_999]);
  });
});

interface BadCase {
  readonly what: string;
  readonly name: string;
  readonly contents: string | Uint8Array;
  readonly choice?: ColumnChoice;
  readonly message: string;
}

const bad: BadCase[] = [
  { what: 'an empty file', name: 'a.csv', contents: '', message: 'the file is empty' },
  { what: 'an empty zipped file', name: 'a.csv.gz', contents: gzipSync(''), message: 'the file is empty' },
  { what: 'blank lines only', name: 'a.csv', contents: '\n\n', message: 'the file is empty' },
  { what: 'a header only', name: 'a.csv', contents: 'x,y\n', message: 'it has columns (x, y) but no rows' },
  {
    what: 'text in a column',
    name: 'a.csv',
    contents: 'x,kind\n1,2\n3,cat\n',
    message:
      'line 3 (row 2), column "kind": "cat" is not a finite number; choose the numeric columns with --columns (numbers in this row: x)',
  },
  {
    what: 'text in a column without a header',
    name: 'a.csv',
    contents: '5,2\n3,cat\n',
    message: 'line 2 (row 2), column "2": "cat"',
  },
  {
    what: 'a hexadecimal number',
    name: 'a.csv',
    contents: 'x\n0x10\n',
    message: 'line 2 (row 1), column "x": "0x10" is not a finite number',
  },
  {
    what: 'a missing column',
    name: 'a.csv',
    contents: 'x,y\n1,2\n',
    choice: { columns: ['z'] },
    message: 'there is no column "z"; its columns are x, y',
  },
  {
    what: 'a missing weights column',
    name: 'a.csv',
    contents: 'x,y\n1,2\n',
    choice: { weights: 'w' },
    message: 'there is no column "w"',
  },
  {
    what: 'a column named twice',
    name: 'a.csv',
    contents: 'x,y\n1,2\n',
    choice: { columns: ['x', 'x'] },
    message: '"x" is named twice',
  },
  {
    what: 'a name that two columns have',
    name: 'a.csv',
    contents: 'x,x\n1,2\n',
    message: 'the name "x" belongs to columns 1 and 2',
  },
  {
    what: 'a column without a name',
    name: 'a.csv',
    contents: ',x\n0,1\n',
    message: 'column 1 has no name in the header; choose among x with --columns',
  },
  {
    what: 'a weights column alone',
    name: 'a.csv',
    contents: 'w\n1\n',
    choice: { weights: 'w' },
    message: 'no column is left for the coordinates',
  },
  {
    what: 'a short row',
    name: 'a.csv',
    contents: 'x,y\n1,2\n3\n',
    message: 'line 3 has 1 values and the first line has 2',
  },
  {
    what: 'a long row',
    name: 'a.csv',
    contents: 'x,y\n1,2,3\n',
    message: 'line 2 has 3 values and the first line has 2',
  },
  { what: 'NaN', name: 'a.csv', contents: 'x,y\n1,NaN\n', message: 'line 2 (row 1), column "y": the value is missing' },
  {
    what: 'NA',
    name: 'a.csv',
    contents: 'x,y\n1,2\nNA,3\n',
    message: 'line 3 (row 2), column "x": the value is missing',
  },
  {
    what: 'an empty cell',
    name: 'a.csv',
    contents: 'x,y\n1,\n',
    message: 'line 2 (row 1), column "y": the value is missing',
  },
  {
    what: 'infinity',
    name: 'a.csv',
    contents: 'x\n1\n1e999\n',
    message: 'line 3 (row 2), column "x": "1e999" is not a finite number',
  },
  {
    what: 'a negative weight',
    name: 'a.csv',
    contents: 'x,w\n1,-2\n',
    choice: { weights: 'w' },
    message: 'line 2 (row 1), column "w": the weight -2 is negative',
  },
  {
    what: 'a quote that does not end',
    name: 'a.csv',
    contents: 'x,y\n"1,2\n',
    message: 'a quote that begins after line 1 does not end',
  },
  { what: 'a damaged gzip file', name: 'a.csv.gz', contents: 'x,y\n1,2\n', message: 'damaged or no gzip file' },
  {
    what: 'a cut gzip file',
    name: 'a.ply.gz',
    contents: gzipSync(asciiPly).subarray(0, 60),
    message: 'damaged or no gzip file',
  },
  {
    what: 'an unknown ending',
    name: 'a.xlsx',
    contents: 'x',
    message: 'the name must end in one of .csv, .tsv, .xyz, .json, .jsonl, .npy, .npz, .ply',
  },
  { what: 'an ending that every object has', name: 'a.constructor', contents: 'x', message: 'unknown kind of file' },
  { what: 'broken JSON', name: 'a.json', contents: '[[1,2', message: 'it is not valid JSON' },
  { what: 'JSON of another layout', name: 'a.json', contents: '{"a":1}', message: 'expected an array of points' },
  { what: 'JSON without points', name: 'a.json', contents: '[]', message: 'it holds no points' },
  {
    what: 'JSON numbers in a row',
    name: 'a.json',
    contents: '[1,2]',
    message: 'row 1 is 1; each point must be an array',
  },
  { what: 'ragged JSON', name: 'a.json', contents: '[[1,2],[3]]', message: 'row 2 has 1 values and row 1 has 2' },
  {
    what: 'mixed JSON',
    name: 'a.json',
    contents: '[[1,2],{"x":1}]',
    message: 'row 2 is an object and row 1 is an array',
  },
  {
    what: 'null in JSON',
    name: 'a.json',
    contents: '[{"x":1},{"x":null}]',
    message: 'row 2, column "x": the value is missing',
  },
  {
    what: 'an object without a key',
    name: 'a.json',
    contents: '[{"x":1,"y":2},{"y":2}]',
    message: 'row 2, column "x": the value is missing',
  },
  {
    what: 'true in JSON',
    name: 'a.json',
    contents: '[[true]]',
    message: 'row 1, column "1": "true" is not a finite number',
  },
  {
    what: 'too few JSON weights',
    name: 'a.json',
    contents: '{"points":[[1],[2]],"weights":[1]}',
    message: '"weights" holds 1 weights for 2 points',
  },
  {
    what: 'negative JSON weights',
    name: 'a.json',
    contents: '{"points":[[1],[2]],"weights":[1,-1]}',
    message: 'is negative',
  },
  { what: 'text as NPY', name: 'a.npy', contents: 'x,y\n1,2\n', message: 'it is no .npy file' },
  {
    what: 'a cut NPY',
    name: 'a.npy',
    contents: npy(Float64Array.of(1, 2, 3, 4), [2, 2]).subarray(0, -8),
    message: 'promises 2 points and it holds 1',
  },
  {
    what: 'NaN in NPY',
    name: 'a.npy',
    contents: npy(Float64Array.of(1, Number.NaN), [2, 1]),
    message: 'row 2, column "1": the value is missing ("NaN")',
  },
  {
    what: 'three-dimensional NPY',
    name: 'a.npy',
    contents: npy(Float64Array.of(1, 2), [1, 1, 2]),
    message: 'its shape is (1, 1, 2); expected (points, coordinates)',
  },
  {
    what: 'complex NPY',
    name: 'a.npy',
    contents: new Uint8Array(dump(Float64Array.of(1, 2), [1], { dtype: 'c16' })),
    message: 'the type "<c16" cannot be read: it holds complex numbers',
  },
  { what: 'NPY without points', name: 'a.npy', contents: npy(new Float64Array(0), [0, 2]), message: 'no rows' },
  { what: 'text as PLY', name: 'a.ply', contents: 'hello', message: 'it is no PLY file' },
  {
    what: 'a cut ASCII PLY',
    name: 'a.ply',
    contents: asciiPly.slice(0, asciiPly.indexOf('-4')),
    message: 'promises 2 vertices and it holds 1',
  },
  {
    what: 'decimal commas in a PLY',
    name: 'a.ply',
    contents: asciiPly.replace('0.5', '0,5').replace('5.5', '5,5'),
    message: 'line 12 (row 2), column "y": "5,5" is not a finite number',
  },
  {
    what: 'a PLY of a negative count',
    name: 'a.ply',
    contents: asciiPly.replace('vertex 2', 'vertex -2'),
    message: 'line 3: the count "-2" is not a whole number',
  },
  {
    what: 'a long row in a PLY',
    name: 'a.ply',
    contents: asciiPly.replace('1 2 3 0.5', '1 2 3 0.5 9'),
    message: 'a vertex of 4 numbers does not end on its line',
  },
  { what: 'a cut binary PLY', name: 'a.ply', contents: binaryPly(true).subarray(0, -20), message: 'is it cut short?' },
  {
    what: 'a PLY without the property',
    name: 'a.ply',
    contents: asciiPly,
    choice: { columns: ['red'] },
    message: 'there is no column "red"; its columns are x, y, z, confidence',
  },
];

describe('readPoints refuses', () => {
  it.each(bad)('$what', async ({ name, contents, choice, message }) => {
    const file = await folder.write(name, contents);
    const error: unknown = await readPoints(file, choice).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it('a file that is not there', async () => {
    await expect(readPoints(folder.at('none.csv'))).rejects.toThrow(/none\.csv: no such file/);
  });

  it('a folder', async () => {
    await mkdir(folder.at('a.csv'));
    await expect(readPoints(folder.at('a.csv'))).rejects.toThrow(/it is a folder/);
  });
});
