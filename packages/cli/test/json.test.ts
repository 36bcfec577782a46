import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '../src/readers/readPoints.js';
import { readPoints } from '../src/readers/readPoints.js';
import { type BadFile, describeFiles, type GoodFile } from './describeFiles.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

interface Right {
  readonly what: string;
  readonly json: string;
  readonly options?: ReadOptions;
  readonly columns: readonly string[];
  readonly points: readonly number[];
  readonly weights?: readonly number[];
  readonly note?: string;
}

const xy = ['x', 'y'];
const numbered = ['1', '2'];
const right: Right[] = [
  { what: 'columns', json: '{"x":[1,2,3],"y":[4,5,6]}', columns: xy, points: [1, 4, 2, 5, 3, 6] },
  {
    what: 'columns beside other values',
    json: '{"name":"a","x":[1,2]}',
    columns: ['x'],
    points: [1, 2],
    note: 'not read: name',
  },
  {
    what: 'pandas, as it writes by default',
    json: '{"x":{"0":1,"1":2},"y":{"0":4,"1":5}}',
    columns: xy,
    points: [1, 4, 2, 5],
  },
  {
    what: 'pandas, its rows out of order',
    json: '{"x":{"7":1,"3":2},"y":{"3":5,"7":4}}',
    columns: xy,
    points: [1, 4, 2, 5],
  },
  { what: 'pandas, orient="index"', json: '{"7":{"x":1,"y":4},"3":{"y":5,"x":2}}', columns: xy, points: [1, 4, 2, 5] },
  {
    what: 'pandas, orient="split"',
    json: '{"columns":["x","y"],"index":[0,1],"data":[[1,4],[2,5]]}',
    columns: xy,
    points: [1, 4, 2, 5],
  },
  {
    what: 'pandas, orient="table"',
    json: '{"schema":{"primaryKey":["id"]},"data":[{"id":9,"x":1,"y":4}]}',
    columns: xy,
    points: [1, 4],
    note: 'its index (id) is no coordinate',
  },
  {
    what: 'the index of orient="table", chosen',
    json: '{"schema":{},"data":[{"index":9,"x":1}]}',
    options: { columns: ['index'] },
    columns: ['index'],
    points: [9],
  },
  { what: 'a flat measure', json: '{"points":[0,0,1,0],"dimension":2}', columns: numbered, points: [0, 0, 1, 0] },
  {
    what: 'a measure of typed arrays',
    json: JSON.stringify({ points: Float64Array.of(0, 0, 1, 0), dimension: 2, weights: Float32Array.of(0.25, 0.75) }),
    columns: numbered,
    points: [0, 0, 1, 0],
    weights: [0.25, 0.75],
  },
  { what: 'a measure with a shape', json: '{"data":[0,0,1,0],"shape":[2,2]}', columns: numbered, points: [0, 0, 1, 0] },
  {
    what: 'a measure with something else',
    json: '{"points":[[1,2]],"masses":[3]}',
    columns: numbered,
    points: [1, 2],
    note: 'not read: masses',
  },
  { what: 'numbers as text', json: '[{"x":"1","y":"2.5"}]', columns: xy, points: [1, 2.5] },
  {
    what: 'keys that every object has',
    json: '[{"__proto__":1,"constructor":2},{"constructor":4,"__proto__":3}]',
    columns: ['__proto__', 'constructor'],
    points: [1, 2, 3, 4],
  },
  { what: 'all spellings of numbers', json: '[[-0.5e+2, 1E-2]]', columns: numbered, points: [-50, 0.01] },
  {
    what: 'GeoJSON',
    json: '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"mag":1.5},"geometry":{"type":"Point","coordinates":[1,2]}},{"type":"Feature","properties":{"mag":2.5},"geometry":{"type":"MultiPoint","coordinates":[[3,4],[5,6]]}}]}',
    options: { weights: 'mag' },
    columns: ['longitude', 'latitude'],
    points: [1, 2, 3, 4, 5, 6],
    weights: [1.5, 2.5, 2.5],
    note: 'lengths are in degrees',
  },
  {
    what: 'GeoJSON in metres of a map',
    json: '{"type":"MultiPoint","coordinates":[[500000,5400000],[500100,5400100]]}',
    columns: ['longitude', 'latitude'],
    points: [500000, 5400000, 500100, 5400100],
    note: 'lengths are in the unit of the file',
  },
  {
    what: 'a geometry of GeoJSON',
    json: '{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2,3]}]}',
    columns: ['longitude', 'latitude', 'altitude'],
    points: [1, 2, 3],
  },
];

const refused: [what: string, json: string, message: string][] = [
  ['a comma too many', '[[1,2],\n[3,4],]', 'line 2: it is not valid JSON (a comma before "]")'],
  ['an end too early', '[[1,2],\n[3', 'line 2: it is not valid JSON'],
  ['brackets that do not fit', '[[1,2}]', 'it is not valid JSON (unexpected "}")'],
  ['a word', '[\n\n[1,foo]]', 'line 3: it is not valid JSON (unexpected "o")'],
  ['NaN', '[[1,NaN]]', 'NaN and Infinity are no JSON'],
  ['integers beyond 2^53 with an exponent', '[[9007199254740993e0]]', '9007199254740993e0 is beyond 2^53'],
  ['integers beyond 2^53', '[[1,2],[3,9007199254740993]]', 'row 2, column "2": 9007199254740993 is beyond 2^53'],
  ['weights that are all 0', '{"points":[[1],[2]],"weights":[0,0]}', 'column "weights": all weights are 0'],
  ['a leading zero', '[[01]]', 'it is not valid JSON'],
  ['nothing but space', ' \n ', 'it holds nothing'],
  ['nesting', '['.repeat(1_000_000), 'nested more than 100 deep'],
  ['objects nested', '{"a":'.repeat(100_000), 'nested more than 100 deep'],
  ['an array as a coordinate', '[[[1,2],[3,4]]]', 'row 1, column "1": an array is not a finite number'],
  ['a key twice', '[{"x":1,"x":2}]', 'an object has the key "x" twice'],
  ['an object without keys', '{}', 'or one with "points" (it has no keys)'],
  ['two documents', '{"x":1}\n{"x":2}\n', 'line 2: a second document follows the first; for JSON lines name it .jsonl'],
  ['a key that row 1 lacks', '[{"x":1},{"x":2,"z":3}]', 'row 2 has "z", which row 1 lacks'],
  ['a flat list', '[1,2,3]', 'row 1 is 1; each point must be an array of numbers'],
  ['a flat measure without dimension', '{"points":[1,2]}', 'say with "dimension" how many make a point'],
  [
    'a dimension that does not fit',
    '{"points":[1,2,3],"dimension":2}',
    '"dimension" is 2 and "points" holds 3 numbers',
  ],
  ['a dimension beside rows', '{"points":[[1,2,3]],"dimension":2}', '"dimension" is 2 and row 1 has 3 values'],
  ['a shape that does not fit', '{"data":[1,2,3],"shape":[2,2]}', '"shape" is [2, 2] and "data" holds 3 numbers'],
  ['a shape of no whole numbers', '{"data":[1,2,3,4],"shape":[1.6,2.5]}', '"shape" is [1.6, 2.5]'],
  ['a shape below 0', '{"data":[1,2,3,4],"shape":[-2,-2]}', '"shape" is [-2, -2]'],
  ['a shape beside other rows', '{"points":[[1,2,3,4]],"shape":[2,2]}', '"shape" is [2, 2] and the rows make [1, 4]'],
  ['a batch', '{"data":[1,2],"shape":[1,2,1]}', 'expected [points, coordinates]'],
  ['columns of different lengths', '{"x":[1,2],"y":[3]}', 'the columns "x" and "y" hold 2 and 1 values'],
  ['columns of different rows', '{"x":{"0":1},"y":{"1":2}}', 'the columns "x" and "y" differ in their rows'],
  ['rows or columns', '{"0":{"0":1},"1":{"0":2}}', 'it cannot be told which of its keys are columns'],
  [
    'vectors',
    '{"vectors":[[0,0],[1,1]],"ids":[1,2]}',
    '"vectors" holds rows; if they are the points, name it "points"',
  ],
  ['a grid', '{"grid":[1,2,3],"shape":[3],"spacing":1}', 'it is a measure on a grid; save its masses as .npy'],
  ['points deeper', '{"data":{"points":[[0,0]]}}', 'expected an array of points, an object of columns'],
  ['GeoJSON without points', '{"type":"FeatureCollection","features":[]}', 'it holds no points'],
  [
    'latitude first',
    '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[52,13]}},{"type":"Feature","geometry":{"type":"Point","coordinates":[-33.9,151.2]}}]}',
    'feature 2: the latitude 151.2 is beyond 90; GeoJSON has the longitude first: are the two swapped?',
  ],
  [
    'a latitude beyond the pole',
    '{"type":"MultiPoint","coordinates":[[120,10],[150,-91]]}',
    'point 2: the latitude -91 is beyond 90; correct it',
  ],
  ['a polygon', '{"type":"Polygon","coordinates":[]}', 'there is a Polygon; only Point and MultiPoint are read'],
  [
    'a feature without geometry',
    '{"type":"Feature","geometry":null}',
    'row 1, column "longitude": the value is missing; fill it in, or leave such rows out with --missing drop',
  ],
  ['a feature that says nothing of one', '{"type":"Feature"}', 'there is missing and no geometry'],
  ['text', '"hello"', 'it holds "hello" and no points'],
];

describe('JSON', () => {
  it.each(right)('right: $what', async ({ json, options, columns, points, weights, note }) => {
    const cloud = await readPoints(await folder.write('a.json', json), options);
    expect(cloud.columns).toEqual(columns);
    expect([...cloud.points]).toEqual(points);
    expect(cloud.weights && [...cloud.weights]).toEqual(weights);
    if (note) expect(cloud.notes).toEqual([expect.stringContaining(note)]);
  });

  it.each(refused)('refused: %s', async (_, json, message) => {
    await expect(readPoints(await folder.write('a.json', json))).rejects.toThrow(message);
  });

  it('features of GeoJSON without a place are left out when that is asked for', async () => {
    const feature = (geometry: unknown, n: number) => ({ type: 'Feature', geometry, properties: { n } });
    const at = (...coordinates: number[]) => ({ type: 'Point', coordinates });
    const features = [feature(null, 1), feature(at(5, 6, 7), 2), feature(at(), 3), feature(at(8, 9, 10), 4)];
    const file = await folder.write('a.geojson', JSON.stringify({ type: 'FeatureCollection', features }));
    await expect(readPoints(file)).rejects.toThrow('row 1, column "longitude": the value is missing');
    const { columns, points, notes } = await readPoints(file, { missing: 'drop' });
    expect(columns).toEqual(['longitude', 'latitude', 'altitude']);
    expect([...points]).toEqual([5, 6, 7, 8, 9, 10]);
    expect(notes).toContain(`${file}: left out because a number is missing: 2 of 4 rows`);
    expect([...(await readPoints(file, { columns: ['n'] })).points]).toEqual([1, 2, 3, 4]);
    const none = await folder.write('b.geojson', JSON.stringify(feature(null, 1)));
    await expect(readPoints(none, { missing: 'drop' })).rejects.toThrow('but no rows without missing numbers');
  });

  it('JSON lines, of arrays and of objects', async () => {
    const objects = await readPoints(await folder.write('a.jsonl', '{"x":1,"y":2}\n\n{"y":4,"x":3}'));
    expect(objects.columns).toEqual(xy);
    expect([...objects.points]).toEqual([1, 2, 3, 4]);
    const arrays = await readPoints(await folder.write('a.ndjson', '[1,2]\r\n[3,4]\r\n'));
    expect([...arrays.points]).toEqual([1, 2, 3, 4]);
    const open = await folder.write('open.jsonl', '{"x":1}\n{"x":2\n{"x":3}\n');
    await expect(readPoints(open)).rejects.toThrow(
      'open.jsonl: line 2: the value that begins in this line does not end in it, and line 3: it is not valid JSON',
    );
    const last = await folder.write('last.jsonl', '[1]\n[2,\n\n');
    await expect(readPoints(last)).rejects.toThrow('line 2: the value that begins in this line does not end in it');
    const bad = folder.write('b.jsonl', '[1,2]\n\n[3,"cat"]\n');
    await expect(readPoints(await bad)).rejects.toThrow('line 3 (row 2), column "2": "cat"');
  });

  it('text in UTF-16, and not in Latin-1', async () => {
    const wide = await folder.write('a.json', Buffer.from('\uFEFF[[1,2]]', 'utf16le'));
    expect([...(await readPoints(wide)).points]).toEqual([1, 2]);
    const latin = await folder.write('b.json', Buffer.from('[{"gr\u00f6\u00dfe":1}]', 'latin1'));
    await expect(readPoints(latin)).rejects.toThrow('its text is not valid UTF-8; save it as UTF-8');
  });

  it('values that lie across the pieces in which a file is read', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ größe: i / 7, y: 0.5 - i }));
    const cloud = await readPoints(await folder.write('a.json', JSON.stringify(rows)));
    expect(cloud.columns).toEqual(['größe', 'y']);
    expect([...cloud.points]).toEqual(rows.flatMap((row) => Object.values(row)));
  });

  it('reads 100,000 columns in a moment', async () => {
    const columns = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`c${i}`, [i, -i]]));
    const cloud = await readPoints(await folder.write('a.json', JSON.stringify(columns)));
    expect(cloud.dimension).toBe(100_000);
  });
});

const good: GoodFile[] = [
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
];

const bad: BadFile[] = [
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
    message: 'row 1, column "1": "true" is no number, in whatever kind of file; write 1 for true',
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
];

describeFiles('JSON files', good, bad);
