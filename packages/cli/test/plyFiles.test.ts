import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPoints } from '../src/readers/readPoints.js';
import { type BadFile, describeFiles, type GoodFile } from './describeFiles.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

/** A PLY file of the vertices' properties given, in some format. */
function ply(
  body: string | Uint8Array,
  change: {
    readonly format?: string;
    readonly count?: string;
    readonly types?: string[];
    readonly more?: string[];
    readonly end?: string;
  } = {},
): Buffer {
  const { format = 'ascii', count = '2', types = ['float x', 'float y'], more = [], end = '\n' } = change;
  const lines = [
    'ply',
    `format ${format} 1.0`,
    `element vertex ${count}`,
    ...types.map((type) => `property ${type}`),
    ...more,
    'end_header',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join(end)), Buffer.from(body)]);
}

const doubles = Buffer.from(Float64Array.of(500_001.623, 2, 3, 4).buffer);
const integers = Buffer.from(Int32Array.of(16_777_217, -1, 2 ** 31 - 1, 0).buffer);
const binary = { format: 'binary_little_endian' };
const list = { ...binary, types: ['list uchar int tags', 'float x', 'float y'] };
const long = Array.from({ length: 3000 }, (_, k) => `comment line ${k} of a long header`);
const faces = ['element face 1', 'property list uchar int vertex_indices'];

function listed(...lengths: number[]): Buffer {
  return Buffer.concat(
    lengths.map((length, k) => {
      const row = Buffer.alloc(9 + 4 * length);
      row.writeUInt8(length, 0);
      row.writeFloatLE(k, 1 + 4 * length);
      row.writeFloatLE(k + 0.5, 5 + 4 * length);
      return row;
    }),
  );
}

const right: [what: string, contents: Buffer, points: number[]][] = [
  ['doubles', ply(doubles, { ...binary, types: ['double x', 'double y'] }), [500_001.623, 2, 3, 4]],
  ['int32', ply(integers, { ...binary, types: ['int x', 'int y'] }), [16_777_217, -1, 2 ** 31 - 1, 0]],
  ['doubles in text', ply('500001.623 2\n3 4\n', { types: ['double x', 'double y'] }), [500_001.623, 2, 3, 4]],
  ['a byte order mark', Buffer.concat([Buffer.from('\uFEFF'), ply('1 2\n3 4\n')]), [1, 2, 3, 4]],
  ['CR line ends', ply('1 2\r3 4\r', { end: '\r' }), [1, 2, 3, 4]],
  ['CRLF, binary', ply(doubles, { ...binary, types: ['double x', 'double y'], end: '\r\n' }), [500_001.623, 2, 3, 4]],
  ['a long header', ply('1 2\n3 4\n', { more: long }), [1, 2, 3, 4]],
  [
    'a long header, binary',
    ply(doubles, { ...binary, types: ['double x', 'double y'], more: long }),
    [500_001.623, 2, 3, 4],
  ],
  [
    'data that begin with a line end',
    ply(Buffer.from([10, ...doubles.subarray(1)]), { ...binary, types: ['double x', 'double y'] }),
    [new DataView(Uint8Array.of(10, ...doubles.subarray(1, 8)).buffer).getFloat64(0, true), 2, 3, 4],
  ],
  ['blank lines and spaces', ply('\n  1\t2  \n\n3 4'), [1, 2, 3, 4]],
  ['vertices that share a line', ply('1 2 3 4\n'), [1, 2, 3, 4]],
  ['lists before the coordinates', ply(listed(2, 0), list), [0, 0.5, 1, 1.5]],
  [
    'lists, and more after them',
    ply(Buffer.concat([listed(1, 3), Buffer.from([0])]), { ...list, more: faces }),
    [0, 0.5, 1, 1.5],
  ],
  [
    'names that every object has',
    ply('1 2 3\n4 5 6\n', { types: ['float x', 'float y', 'float __proto__'] }),
    [1, 2, 4, 5],
  ],
  [
    'the least and the most of a type',
    ply('-128 2\n127 3.4028235e38\n', { types: ['char x', 'float y'] }),
    [-128, 2, 127, 3.4028235e38],
  ],
  ['names in capitals', ply('1 2\n3 4\n', { types: ['float X', 'float Y'] }), [1, 2, 3, 4]],
];

const refused: [what: string, contents: Buffer, message: string][] = [
  [
    'decimal commas',
    ply('1,5 2,5\n3 4\n'),
    'line 7 (row 1), column "x": "1,5" is not a finite number; write a decimal point in place of the comma',
  ],
  ['a negative count', ply('1 2\n', { count: '-2' }), 'line 3: the count "-2" is not a whole number'],
  ['no count', ply('1 2\n', { count: '' }), 'line 3: the count "" is not a whole number'],
  ['a fraction as a count', ply('1 2\n', { count: '1.5' }), 'the count "1.5"'],
  ['a count beyond all numbers', ply('1 2\n', { count: '9'.repeat(30) }), 'is not a whole number'],
  ['a huge count', ply('1 2\n', { count: '999999999' }), 'promises 999999999 vertices and it holds 1'],
  [
    'a huge count, binary',
    ply(doubles, { ...binary, count: '999999999' }),
    'promises 999999999 vertices and it holds 4',
  ],
  ['a count too small', ply('1 2\n3 4\n5 6\n'), 'line 9: its header promises 2 vertices and it holds more'],
  ['a count too small, binary', ply(doubles, binary), 'promises 2 vertices and more bytes follow'],
  ['a number too many', ply('1 2 9\n3 4\n', { more: faces }), 'line 9: a vertex of 2 numbers does not end on its line'],
  ['a number too many, and one too few', ply('1 2 3\n4\n5 6\n', { count: '3' }), 'does not end on its line'],
  [
    'a number too many on a later line',
    ply('1 2\n3 4 5\n', { more: faces }),
    'line 10: it has more numbers than a vertex has (2)',
  ],
  ['a list cut short', ply(listed(2, 200).subarray(0, 60), list), 'promises 2 vertices and it holds 1'],
  ['a list of negative length in text', ply('-1 1 2\n', { types: list.types }), 'the length "-1" of a list'],
  [
    'a list of negative length',
    ply(Buffer.of(255, 0, 0, 0, 0, 0, 0, 0, 0), {
      ...binary,
      count: '1',
      types: ['list char int tags', 'float x', 'float y'],
    }),
    'row 1 of the element "vertex": the length -1 of a list is not a whole number',
  ],
  [
    'two elements of vertices',
    ply('1 2\n3 4\n', { more: ['element vertex 1', 'property float x'] }),
    'has the element "vertex" 2 times',
  ],
  [
    'a misspelt property',
    ply('1 2\n', { more: ['proprety float z'] }),
    'line 6: "proprety" is no keyword of a PLY header',
  ],
  [
    'a misspelt property, binary, whose bytes would shift all that follow',
    ply(doubles, { ...binary, types: ['double x', 'double y'], more: ['propert float z', ...faces] }),
    'line 6: "propert" is no keyword',
  ],
  [
    'commas between numbers',
    ply('1,2\n3,4\n', { types: ['float x', 'float y', 'float z'] }),
    'line 8: "1,2" stands where the vertex\'s "x" should, and is no number; put white space between numbers',
  ],
  [
    'a comment behind a vertex',
    ply('1 2 # first\n3 4\n', { more: faces }),
    'line 9 (row 2), column "x": "#" is not a finite number',
  ],
  [
    'a byte of 300 in text',
    ply('1 2\n300 4\n', { types: ['uchar x', 'float y'] }),
    'line 8 (row 2), column "x": "300" is no uint8, which its header says it is; correct the number or the header',
  ],
  ['a negative uint', ply('1 2\n-3 4\n', { types: ['uint x', 'float y'] }), 'column "x": "-3" is no uint32'],
  ['a fraction as an int', ply('1 2\n3.5 4\n', { types: ['int x', 'float y'] }), 'column "x": "3.5" is no int32'],
  ['a float beyond 32 bits', ply('1 2\n1e39 4\n'), 'column "x": "1e39" is no float32'],
  [
    'another version',
    Buffer.from('ply\nformat ascii 2.0\nelement vertex 1\nproperty float x\nend_header\n1\n'),
    'line 2: version 2.0 of PLY is unknown',
  ],
  ['two formats', ply('1 2\n3 4\n', { more: ['format ascii 1.0'] }), 'line 6: the header names its format twice'],
  ['two properties on a line', ply('1 2\n3 4\n', { types: ['float x y'] }), 'line 4: "y" follows the end of the line'],
  ['an unknown type', ply('1 2\n', { types: ['number x'] }), 'line 4: the type "number" is unknown'],
  ['a property without a name', ply('1\n', { types: ['float'] }), 'line 4: the property has no name'],
  [
    'a property before all elements',
    Buffer.from('ply\nformat ascii 1.0\nproperty float x\nend_header\n'),
    'line 3: a property stands before',
  ],
  ['no format', Buffer.from('ply\nelement vertex 1\nproperty float x\nend_header\n1\n'), 'its format ""'],
  ['no end of the header', Buffer.from('ply\nformat ascii 1.0\n'), 'its header has no line "end_header"'],
  [
    'no vertices',
    Buffer.from('ply\nformat ascii 1.0\nelement point 1\nproperty float x\nend_header\n1\n'),
    'no element named "vertex" (it has point)',
  ],
  [
    'a coordinate that is a list',
    ply('1 5 2\n1 6 4\n', { types: ['list uchar float x', 'float y'] }),
    'the x of its vertices is a list of numbers; choose among y with --columns',
  ],
  [
    'coordinates that are lists',
    ply('1 5 1 2\n1 6 1 4\n', { types: ['list uchar float x', 'list uchar float y'] }),
    'the x of its vertices is a list of numbers; save it as one number',
  ],
  [
    'a name twice',
    ply('1 2 3\n4 5 6\n', { types: ['float x', 'float y', 'float x'] }),
    'the name "x" belongs to columns 1 and 3',
  ],
  ['NaN', ply('1 nan\n3 4\n'), 'line 7 (row 1), column "y": the value is missing ("nan")'],
  ['infinity', ply('1 2\n3 inf\n'), 'line 8 (row 2), column "y": "inf" is not a finite number'],
];

describe('PLY files', () => {
  it.each(right)('right: %s', async (_, contents, points) => {
    expect([...(await readPoints(await folder.write('a.ply', contents))).points]).toEqual(points);
  });

  it.each(refused)('refused: %s', async (_, contents, message) => {
    await expect(readPoints(await folder.write('a.ply', contents))).rejects.toThrow(message);
  });
});

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

const good: GoodFile[] = [
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

const bad: BadFile[] = [
  {
    what: 'a cut gzip file',
    name: 'a.ply.gz',
    contents: gzipSync(asciiPly).subarray(0, 60),
    message: 'damaged or no gzip file',
  },
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

describeFiles('PLY files', good, bad);
