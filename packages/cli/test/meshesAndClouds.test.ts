import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '../src/readers/readPoints.js';
import { readPoints } from '../src/readers/readPoints.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

type Contents = string | Uint8Array;
const xyz = ['x', 'y', 'z'];

/** A PCD of the fields x, y, z and label, two points, with padding between them. */
function pcd(data: 'ascii' | 'binary' | 'binary_compressed', body: Contents, points = '2'): Buffer {
  const header = [
    '# .PCD v0.7 - Point Cloud Data file format',
    'VERSION 0.7',
    'FIELDS x y z _ label',
    'SIZE 8 4 4 1 2',
    'TYPE F F I U U',
    'COUNT 1 1 1 2 1',
    `WIDTH ${points}`,
    'HEIGHT 1',
    'VIEWPOINT 0 0 0 1 0 0 0',
    `POINTS ${points}`,
    `DATA ${data}`,
    '',
  ].join('\n');
  return Buffer.concat([Buffer.from(header), Buffer.from(body)]);
}

const pcdRows: [number, number, number, number][] = [
  [500_001.623, 2.5, -3, 7],
  [4.25, 5.25, 6, 65_535],
];

function pcdBody(): Buffer {
  return Buffer.concat(
    pcdRows.map(([x, y, z, label]) => {
      const row = Buffer.alloc(20);
      row.writeDoubleLE(x, 0);
      row.writeFloatLE(y, 8);
      row.writeInt32LE(z, 12);
      row.writeUInt16LE(label, 18);
      return row;
    }),
  );
}

/** The body field by field, packed by LZF as literals alone, but for a run of zeros. */
function pcdCompressed(): Buffer {
  const rows = pcdBody();
  const fields: [number, number][] = [
    [0, 8],
    [8, 4],
    [12, 4],
    [16, 2],
    [18, 2],
  ];
  const plain = Buffer.concat(
    fields.flatMap(([start, size]) => [0, 20].map((row) => rows.subarray(row + start, row + start + size))),
  );
  // The four zeros of the padding begin at 32: one literal, and a run of three that looks back by one.
  const packed = Buffer.concat([
    Buffer.from([31]),
    plain.subarray(0, 32),
    Buffer.from([0, 0]),
    Buffer.from([1 << 5, 0]),
    Buffer.from([3]),
    plain.subarray(36),
  ]);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(packed.length, 0);
  lengths.writeUInt32LE(plain.length, 4);
  return Buffer.concat([lengths, packed]);
}

const corners = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 1.5, 0],
  [1, 0, 0],
  [0, 1.5, 0],
  [1, 1, 0.1],
];

function binaryStl(name: string): Buffer {
  const bytes = Buffer.alloc(84 + 2 * 50);
  bytes.write(name);
  bytes.writeUInt32LE(2, 80);
  for (const [k, corner] of corners.entries()) {
    for (const [d, value] of corner.entries())
      bytes.writeFloatLE(value, 84 + 50 * Math.floor(k / 3) + 12 + 12 * (k % 3) + 4 * d);
  }
  return bytes;
}

const vertexLines = corners.map((corner) => `vertex ${corner.join(' ')}`);
const textStl = `solid a\nfacet normal 0 0 1\nouter loop\n${vertexLines.slice(0, 3).join('\n')}\nendloop\nendfacet\nfacet normal 0 0 1\n outer loop\n${vertexLines.slice(3).join('\n')}\nendloop\nendfacet\nendsolid a\n`;

/** A column of 64-bit integers that mean something else. */
function typedParquet(values: bigint[], type: Partial<SchemaElement>): Uint8Array {
  const column: SchemaElement = { name: 'x', type: 'INT64', repetition_type: 'REQUIRED', ...type };
  const schema: SchemaElement[] = [{ name: 'root', num_children: 1 }, column];
  return new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'x', data: values }], schema }));
}

function parquet(columns: Record<string, unknown[]>): Uint8Array {
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 }));
}

const right: [
  what: string,
  name: string,
  contents: Contents,
  options: ReadOptions,
  columns: string[],
  points: number[],
][] = [
  ['white space', 'a.xyz', '1.5 2\t 3\n-4  5 6\n\n', {}, ['1', '2', '3'], [1.5, 2, 3, -4, 5, 6]],
  ['a header in a comment', 'a.txt', '# x y\n5 7\n// more\n6 8\n', {}, ['1', '2'], [5, 7, 6, 8]],
  ['a header', 'a.asc', 'x y "the z"\n5 7 1\n', {}, ['x', 'y', 'the z'], [5, 7, 1]],
  [
    'comments behind numbers',
    'a.xyz',
    '# all\n1.5 2 3 # first, of 3; old\n4 5 6 // second\n7 8 9 #third\n1 1 1\n',
    {},
    ['1', '2', '3'],
    [1.5, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1],
  ],
  ['a comment behind a header', 'a.txt', 'x y # metres\n5 7 # here\n', {}, ['x', 'y'], [5, 7]],
  ['a comment of a kind of its own', 'a.txt', 'x y\n5 7 % here\n', { comment: '%' }, ['x', 'y'], [5, 7]],
  ['a count with a comment', 'a.pts', '1 # points\n1 2 3\n', {}, ['1', '2', '3'], [1, 2, 3]],
  [
    'colours and names that begin as comments do',
    'a.txt',
    'x y colour #n\n5 7 #ff0000 1\n6 8 #00ff00 2\n',
    { columns: ['x', '#n'] },
    ['x', '#n'],
    [5, 1, 6, 2],
  ],
  ['quoted names that begin as comments do', 'a.txt', 'x "# y"\n5 7\n', {}, ['x', '# y'], [5, 7]],
  [
    'a count',
    'a.pts',
    '2\n1 2 3 -5 255 0 0\n4 5 6 -6 0 255 0\n',
    { columns: ['1', '2', '3'], header: 'no' },
    ['1', '2', '3'],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    'what a scanner measured',
    'a.pts',
    '2\n1 2 3 -5 255 0 0\n4 5 6 -6 0 255 0\n',
    {},
    ['1', '2', '3'],
    [1, 2, 3, 4, 5, 6],
  ],
  [
    'an intensity without a count',
    'a.pts',
    '1 2 3 9\n4 5 6 9\n',
    { header: 'no' },
    ['1', '2', '3'],
    [1, 2, 3, 4, 5, 6],
  ],
  ['names of columns in a .pts', 'a.pts', 'a b c d\n1 2 3 9\n', {}, ['a', 'b', 'c', 'd'], [1, 2, 3, 9]],
  ['commas in a .txt', 'a.txt', 'x, y\n5, 7\n', {}, ['x', 'y'], [5, 7]],
  ['one column with decimal commas', 'a.txt', '1,5\n2,5\n', { decimal: ',' }, ['1'], [1.5, 2.5]],
  ['the same with a header', 'a.txt', 'x\n1,5\n2,5\n', { decimal: ',' }, ['x'], [1.5, 2.5]],
  ['decimal commas without a digit in front', 'a.txt', 'x y\n1,5 ,5\n', { decimal: ',' }, ['x', 'y'], [1.5, 0.5]],
  [
    'the same where white space is named',
    'a.txt',
    '1,5 ,5\n',
    { decimal: ',', delimiter: ' ' },
    ['1', '2'],
    [1.5, 0.5],
  ],
  ['semicolons and decimal commas', 'a.txt', 'x;y\n5,5;7\n', { decimal: ',' }, ['x', 'y'], [5.5, 7]],
  [
    'decimal commas between spaces',
    'a.xyz',
    '1,5 2,5\n3 4\n',
    { decimal: ',', header: 'no' },
    ['1', '2'],
    [1.5, 2.5, 3, 4],
  ],
  ['a .csv divided by white space', 'a.csv', 'x y\n5 7\n', { format: 'xyz' }, ['x', 'y'], [5, 7]],
  ['UTF-16', 'a.txt', Buffer.from('\uFEFFx y\r\n5 7\r\n', 'utf16le'), {}, ['x', 'y'], [5, 7]],
  [
    'text PCD',
    'a.pcd',
    pcd('ascii', '500001.623 2.5 -3 0 0 7\n4.25 5.25 6 0 0 65535\n'),
    {},
    xyz,
    [500_001.623, 2.5, -3, 4.25, 5.25, 6],
  ],
  ['binary PCD', 'a.pcd', pcd('binary', pcdBody()), {}, xyz, [500_001.623, 2.5, -3, 4.25, 5.25, 6]],
  ['a field of a PCD', 'a.pcd', pcd('binary', pcdBody()), { columns: ['label'] }, ['label'], [7, 65_535]],
  [
    'compressed PCD',
    'a.pcd',
    pcd('binary_compressed', pcdCompressed()),
    { columns: ['x', 'z', 'label'] },
    ['x', 'z', 'label'],
    [500_001.623, -3, 7, 4.25, 6, 65_535],
  ],
  [
    'OBJ',
    'a.obj',
    '# a\nmtllib a.mtl\nv 1.5 2 3\nvn 0 0 1\nv 4 5 \\\n 6 # six\nf 1 2 1\n',
    {},
    xyz,
    [1.5, 2, 3, 4, 5, 6],
  ],
  ['colours of an OBJ', 'a.obj', 'v 1 2 3 0.5 0 1\n', { columns: ['red', 'blue'] }, ['red', 'blue'], [0.5, 1]],
  ['weights of 1 in an OBJ', 'a.obj', 'v 1 2 3 1.0\nv 4 5 6\n', {}, xyz, [1, 2, 3, 4, 5, 6]],
  ['an OBJ that ends with a \\', 'a.obj', 'v 1 2 3\nv 4 5 6\\', {}, xyz, [1, 2, 3, 4, 5, 6]],
  ['points of weights in an OBJ', 'a.obj', 'v 1 2 3 0.5\n', { columns: xyz }, xyz, [1, 2, 3]],
  ['OFF', 'a.off', 'OFF\n# cube\n2 1 0\n1.5 2 3\n\n4 5 6\n3 0 1 0\n', {}, xyz, [1.5, 2, 3, 4, 5, 6]],
  ['OFF with the counts behind its name', 'a.off', 'OFF2 0 0\n1 2 3\n4 5 6\n', {}, xyz, [1, 2, 3, 4, 5, 6]],
  ['4OFF', 'a.off', '4OFF\n1 0 0\n1 2 3 1\n', {}, xyz, [1, 2, 3]],
  ['4OFF with chosen columns', 'a.off', '4OFF\n1 0 0\n1 2 3 4\n', { columns: xyz }, xyz, [1, 2, 3]],
  ['COFF', 'a.off', 'COFF 1 0 0\n1 2 3 255 0 0 255\n', {}, xyz, [1, 2, 3]],
  [
    'text STL, a vertex spelt in several ways',
    'a.stl',
    'solid\nfacet\nvertex 0 1 2\nvertex -0.0 1e0 2.\nvertex 3 4 5\nendfacet\nendsolid\n',
    {},
    xyz,
    [0, 1, 2, 3, 4, 5],
  ],
  ['text STL, each vertex once', 'a.stl', textStl, {}, xyz, [0, 0, 0, 1, 0, 0, 0, 1.5, 0, 1, 1, 0.1]],
  [
    'binary STL that begins with solid',
    'a.stl',
    binaryStl('solid facet'),
    {},
    xyz,
    [0, 0, 0, 1, 0, 0, 0, 1.5, 0, 1, 1, Math.fround(0.1)],
  ],
  [
    'Parquet',
    'a.parquet',
    parquet({ x: [1.5, 2.5, 3.5], n: [1n, 2n, 2n ** 53n] }),
    {},
    ['x', 'n'],
    [1.5, 1, 2.5, 2, 3.5, 2 ** 53],
  ],
  [
    'decimals of a Parquet',
    'a.parquet',
    typedParquet([3n, -125n, 2n ** 53n], { converted_type: 'DECIMAL', precision: 18, scale: 1 }),
    {},
    ['x'],
    [0.3, -12.5, 900719925474099.2],
  ],
  [
    'chosen columns of a Parquet',
    'a.parquet',
    parquet({ name: ['a', 'b'], y: [1, 2], x: [3, 4] }),
    { columns: ['x', 'y'] },
    ['x', 'y'],
    [3, 1, 4, 2],
  ],
];

const refused: [what: string, name: string, contents: Contents, message: string][] = [
  ['a ragged table', 'a.xyz', '1.5 2 3\n4 5\n', 'line 2 has 2 values and the first line has 3'],
  ['text in a table', 'a.txt', 'x y\n5 7\n\n6 cat\n', 'line 4 (row 2), column "y": "cat" is not a finite number'],
  ['decimal commas between spaces', 'a.xyz', 'x y\n1,5 2,5\n', 'for decimal commas say --decimal ,'],
  ['a table that may have a header', 'a.txt', '0 1 2\n3 4 5\n', 'say --header yes or --header no'],
  ['molecules', 'a.xyz', '2\nwater\nO 0 0 0\nH 1 0 0\n', 'say --skip-rows 2 --columns 2,3,4 --header no'],
  ['a grid of heights', 'a.asc', 'ncols 4\nnrows 5\n', 'it is a grid of heights'],
  [
    'a PCD field of several numbers where a coordinate would be',
    'a.pcd',
    'VERSION .7\nFIELDS x y\nSIZE 4 4\nTYPE F F\nCOUNT 2 1\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n1 2 3\n',
    'the x of its points is a list of numbers; choose among x.1, x.2, y with --columns',
  ],
  ['a count that is too large', 'a.pts', '3\n1.5 2 3\n', 'promises 3 points and it holds 1'],
  ['comments alone', 'a.xyz', '# x\n', 'it holds no points'],
  [
    'a number of a text PCD that its type does not have',
    'a.pcd',
    'FIELDS x y\nSIZE 1 4\nTYPE U F\nCOUNT 1 1\nWIDTH 1\nHEIGHT 1\nPOINTS 1\nDATA ascii\n300 2\n',
    'line 9 (row 1), column "x": "300" is no uint8',
  ],
  ['a cut text PCD', 'a.pcd', pcd('ascii', '1 2 3 0 0 7\n'), 'promises 2 points and it holds 1'],
  ['a long text PCD', 'a.pcd', pcd('ascii', '1 2 3 0 0 7\n'.repeat(3)), 'promises 2 points and it holds more'],
  ['a cut binary PCD', 'a.pcd', pcd('binary', pcdBody().subarray(0, -1)), 'promises 2 points and it holds 1'],
  ['a long binary PCD', 'a.pcd', pcd('binary', Buffer.concat([pcdBody(), Buffer.from('x')])), 'more bytes follow'],
  ['a cut compressed PCD', 'a.pcd', pcd('binary_compressed', pcdCompressed().subarray(0, -3)), 'is it cut short?'],
  ['a negative count', 'a.pcd', pcd('binary', pcdBody(), '-2'), 'WIDTH is "-2"'],
  ['a huge count', 'a.pcd', pcd('binary', pcdBody(), '999999999999'), 'and it holds 2'],
  ['PCD without data', 'a.pcd', 'VERSION 0.7\nFIELDS x y z\n', 'its header has no line "DATA"'],
  ['OBJ without vertices', 'a.obj', 'f 1 2 3\n', 'it has no vertices'],
  ['OBJ with a vertex of five numbers', 'a.obj', 'v 1 2 3\nv 1 2 3 4 5\n', 'line 2: a vertex has 5 numbers'],
  [
    'OBJ with points that may be divided',
    'a.obj',
    'v 1 2 3\nv 1 2 3 0.5\n',
    'line 2: the vertex has the weight 0.5 as its fourth number',
  ],
  ['OBJ with half a vertex', 'a.obj', 'v 1 2 3\nv 1 2\n', 'line 2: a vertex has 2 numbers'],
  [
    'text in an OBJ',
    'a.obj',
    'v 1 2,5 3\n',
    'line 1 (row 1), column "y": "2,5" is not a finite number; write a decimal point',
  ],
  ['rows with names, as R writes them', 'a.txt', '"x" "y"\n"1" 1.5 2\n', 'write the table with row.names = FALSE'],
  ['bytes that are no text', 'a.xyz', Buffer.alloc(500), 'it is no text'],
  ['UTF-16 without a mark', 'a.csv', Buffer.from('x,y\n1,2\n', 'utf16le'), 'it is no text, or UTF-16 without its mark'],
  [
    'more vertices than an OFF promises',
    'a.off',
    'OFF\n1 0 0\n1 2 3\n4 5 6\n',
    'line 4: its header promises 1 vertices',
  ],
  [
    'a 4OFF with points to be divided',
    'a.off',
    '4OFF\n1 0 0\n1 2 3 4\n',
    'line 3: the vertex is to be divided by its last number (4)',
  ],
  ['a negative count of faces', 'a.off', 'OFF\n1 -1 0\n1 2 3\n', 'line 2: the count "-1"'],
  ['edges that are no count', 'a.off', 'OFF\n1 0 x\n1 2 3\n', 'line 2: the count "x"'],
  ['a count too many', 'a.off', 'OFF\n1 0 0 0\n1 2 3\n', 'line 2: it has 4 counts'],
  [
    'an OFF with all vertices on one line',
    'a.off',
    'OFF\n3 2 0\n0 1 2 3 4 5 6 7 8\n3 0 1 2\n3 0 1 2\n',
    'line 4: a vertex has 4 numbers and the first has 9',
  ],
  ['a vertex where a face should be', 'a.off', 'OFF\n1 1 0\n1 2 3\n4 5 6\n', 'promises 1 vertices and it holds more'],
  ['a face of vertices that are not there', 'a.off', 'OFF\n1 1 0\n1 2 3\n3 0 1 2\n', 'and it holds more'],
  ['a cut OFF', 'a.off', 'OFF\n3 0 0\n1 2 3\n', 'promises 3 vertices and it holds 1'],
  ['a negative count of an OFF', 'a.off', 'OFF\n-3 0 0\n1 2 3\n', 'line 2: the count "-3"'],
  ['binary OFF', 'a.off', Buffer.from('OFF BINARY\n\x80\xff\0\0', 'latin1'), 'binary OFF cannot be read'],
  [
    'a vertex that only looks like one before',
    'a.stl',
    'solid a\nfacet normal 0 0 1\nouter loop\nvertex 1 0 0\nvertex 0 1 0\nvertex 1 0x0 0\nendloop\nendfacet\nendsolid a\n',
    '"0x0" is not a finite number',
  ],
  ['Parquet with dates', 'a.parquet', parquet({ t: [new Date(0), new Date(1)] }), 'a date is not a finite number'],
  ['no OFF', 'a.off', 'x,y\n1,2\n', 'it is no OFF file'],
  [
    'text STL without one of its corners',
    'a.stl',
    textStl.replace(`${vertexLines[0]}\n`, ''),
    'it has 5 corners, which are no whole triangles',
  ],
  ['a cut text STL', 'a.stl', textStl.slice(0, 120), 'it has no line "endsolid"'],
  ['a cut binary STL', 'a.stl', binaryStl('a').subarray(0, 150), 'promises 2 triangles and there is room for 1.32'],
  [
    'a long binary STL',
    'a.stl',
    Buffer.concat([binaryStl('a'), Buffer.from('x')]),
    'promises 2 triangles and there is room for 2.02',
  ],
  [
    'Parquet with text',
    'a.parquet',
    parquet({ x: [1, 2], name: ['a', 'b'] }),
    'row 1, column "name": "a" is not a finite number; choose the numeric columns with --columns (numbers in this row: x)',
  ],
  ['Parquet with truth', 'a.parquet', parquet({ x: [true, false] }), '"true" is no number, in whatever kind of file'],
  ['Parquet with null', 'a.parquet', parquet({ x: [1.5, null] }), 'row 2, column "x": the value is missing'],
  ['Parquet with integers beyond 2^53', 'a.parquet', parquet({ x: [1n, 2n ** 53n + 1n] }), 'is beyond 2^53'],
  [
    'Parquet with decimals beyond 2^53',
    'a.parquet',
    typedParquet([1n, 2n ** 60n + 1n], { converted_type: 'DECIMAL', precision: 38, scale: 0 }),
    'row 2, column "x": 1152921504606846976 is beyond 2^53',
  ],
  [
    'Parquet with times of day',
    'a.parquet',
    typedParquet([47_100_250_000n], { converted_type: 'TIME_MICROS' }),
    'row 1, column "x": "13:05:00.250" is not a finite number',
  ],
  [
    'Parquet with times of day in nanoseconds',
    'a.parquet',
    typedParquet([47_100_250_000_000n], {
      logical_type: { type: 'TIME', isAdjustedToUTC: true, unit: 'NANOS' },
    }),
    'row 1, column "x": "13:05:00.250" is not a finite number',
  ],
  ['a cut Parquet', 'a.parquet', parquet({ x: [1, 2] }).subarray(0, -20), 'it is damaged or no Parquet file'],
  ['no Parquet', 'a.parquet', 'hello', 'it is damaged or no Parquet file'],
];

describe('points and meshes', () => {
  it.each(right)('right: %s', async (_, name, contents, options, columns, points) => {
    const cloud = await readPoints(await folder.write(name, contents), options);
    expect(cloud.columns).toEqual(columns);
    expect([...cloud.points]).toEqual(points);
  });

  it.each(refused)('refused: %s', async (_, name, contents, message) => {
    await expect(readPoints(await folder.write(name, contents))).rejects.toThrow(message);
  });

  it('says how many vertices the triangles of an STL have', async () => {
    const cloud = await readPoints(await folder.write('a.stl', binaryStl('')));
    expect(cloud.notes).toEqual([expect.stringContaining('the 6 corners of its triangles are 4 vertices')]);
  });

  it.each(['UNCOMPRESSED', 'SNAPPY'] as const)('reads a Parquet of many pages in pieces, %s', async (codec) => {
    const count = 300_000;
    const draws = (factor: number) => Float64Array.from({ length: count }, (_, k) => (k * factor) % 1);
    const [x, y] = [draws(0.618), draws(0.414)];
    const few = Array.from({ length: count }, (_, k) => BigInt(k % 7));
    // Without a list of the pages, as most writers leave it out; pages of the columns begin at different rows.
    const column = { offsetIndex: false, columnIndex: false };
    const columnData = [
      { name: 'x', data: x, type: 'DOUBLE' as const, encoding: 'PLAIN' as const, ...column },
      { name: 'y', data: y, type: 'DOUBLE' as const, encoding: 'BYTE_STREAM_SPLIT' as const, ...column },
      { name: 'n', data: few, type: 'INT64' as const, ...column },
    ];
    const bytes = parquetWriteBuffer({ columnData, codec, rowGroupSize: 250_000, pageSize: 200_000 });
    const shares: number[] = [];
    const file = await folder.write('a.parquet', new Uint8Array(bytes));
    const cloud = await readPoints(file, { onProgress: (done, total) => shares.push(done / total) });
    expect(cloud.count).toBe(count);
    const wrong = cloud.points.findIndex((value, k) => {
      const row = Math.floor(k / 3);
      return value !== [x[row], y[row], row % 7][k % 3];
    });
    expect(wrong).toBe(-1);
    // Two pieces of the first group, and the second.
    expect(shares.slice(-3).map((share) => Math.round(share * count))).toEqual([2 ** 17, 250_000, count]);
  });

  it('reads a Parquet of 10,000 columns in a moment', async () => {
    const columns = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`c${i}`, [i, -i]]));
    const cloud = await readPoints(await folder.write('a.parquet', parquet(columns)));
    expect(cloud.dimension).toBe(10_000);
    expect([...cloud.points.subarray(9998, 10_002)]).toEqual([9998, 9999, 0, -1]);
  });

  it('hears an abort while a damaged Parquet is unpacked without end', async () => {
    // A run of very many values in a page that has 3.
    const damaged = fileURLToPath(new URL('fixtures/endlessRun.parquet', import.meta.url));
    const controller = new AbortController();
    const reading = readPoints(damaged, {}, controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 300);
    await expect(reading).rejects.toThrow('enough');
  });

  it('refuses a Parquet column that is not there, with the names of all', async () => {
    const file = await folder.write('a.parquet', parquet({ x: [1], y: [2] }));
    await expect(readPoints(file, { columns: ['z'] })).rejects.toThrow('there is no column "z"; its columns are x, y');
  });
});
