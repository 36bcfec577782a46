import { describe, expect, it } from 'vitest';
import type { ColumnChoice } from '../src/readers/pointCloud.js';
import { readPoints } from '../src/readers/readPoints.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

const right: [
  what: string,
  contents: string | Uint8Array,
  choice: ColumnChoice,
  columns: string[],
  points: number[],
][] = [
  ['decimal commas', 'x;y\n1,5;2,5\n', { decimal: ',' }, ['x', 'y'], [1.5, 2.5]],
  ['comments', '# made by a tool\nx,y\n# m\n1,2\n', { comment: '#' }, ['x', 'y'], [1, 2]],
  ['sep=;', 'sep=;\nx;y\n1;2\n', { skipRows: 1 }, ['x', 'y'], [1, 2]],
  ['a bar', 'x|y\n1|2\n', { delimiter: '|' }, ['x', 'y'], [1, 2]],
  ['CR line ends', 'x,y\r1,2\r3,4\r', {}, ['x', 'y'], [1, 2, 3, 4]],
  ['UTF-16, big-endian', Buffer.from('\uFEFFx,y\n1,2\n', 'utf16le').swap16(), {}, ['x', 'y'], [1, 2]],
  ['delimiters in quotes', '"a, b, c";"d, e"\n1;2\n', {}, ['a, b, c', 'd, e'], [1, 2]],
  ['years named as a header', '2020,2021\n1,2\n', { header: 'yes' }, ['2020', '2021'], [1, 2]],
  ['counts named as data', '0,1\n1,2\n', { header: 'no' }, ['1', '2'], [0, 1, 1, 2]],
  ['plain numbers', '10,11,12\n13,14,15\n', {}, ['1', '2', '3'], [10, 11, 12, 13, 14, 15]],
  ['rows left out', 'x,y\n1,2\nNone,3\n4,\n5,6\n', { missing: 'drop' }, ['x', 'y'], [1, 2, 5, 6]],
];

const refused: [what: string, contents: string | Uint8Array, choice: ColumnChoice, message: string][] = [
  ['the header of pandas', '0,1,2\n10,11,12\n', {}, '--header yes or --header no'],
  ['years', '1990,2000\n10,11\n', {}, '--header yes or --header no'],
  ['numbers beside text', 'a,5\nb,6\n', { columns: ['5'] }, '--header yes or --header no'],
  ['NaN in the first line', 'nan,2\n3,4\n', {}, '--header yes or --header no'],
  [
    'decimal commas',
    'x;y\n1,5;2,5\n',
    {},
    'line 2 (row 1), column "x": "1,5" is not a finite number; for decimal commas',
  ],
  ['thousands', 'x,y\n"1,234,567",2\n', {}, 'remove its thousands separators'],
  ['thousands with spaces', 'x;y\n1 234;2\n', {}, 'remove its thousands separators'],
  ['a point beside decimal commas', 'x;y\n1.234;5\n', { decimal: ',' }, '"1.234 (with --decimal ,)"'],
  ['a Unicode minus', 'x,y\n\u22121,2\n', {}, 'Unicode minus'],
  ['units', 'x,y\n[m],[s]\n1,2\n', {}, 'a row of units?'],
  ['a bar', 'x|y\n1|2\n', {}, '--delimiter "|"'],
  ['a comment', '# x\n1,2\n', {}, '--comment "#"'],
  ['sep=;', 'sep=;\nx;y\n1;2\n', {}, '--skip-rows 1 --delimiter ";"'],
  ['None', 'x,y\nNone,2\n', {}, 'the value is missing ("None")'],
  [
    'infinity as a word',
    'x,y\n1,2\n-Infinity,3\n',
    {},
    'line 3 (row 2), column "x": "-Infinity" is not a finite number',
  ],
  ['latin-1', Buffer.from('gr\u00f6\u00dfe,x\n1,2\n', 'latin1'), {}, 'save it as UTF-8'],
  ['a bad cell after blank lines', '\n\nx,y\n\n1,2\n\n3,cat\n', {}, 'line 7 (row 2)'],
  ['a bad cell below a quoted line end', 'n,x\n"two\nlines",1\nb,cat\n', { columns: ['x'] }, 'line 4 (row 2)'],
  ['a bad cell, CRLF', 'x\r\n1\r\ncat\r\n', {}, 'line 3 (row 2)'],
  ['a bad cell, CR', 'x\r1\rcat\r', {}, 'line 3 (row 2)'],
];

describe('tables of text', () => {
  it.each(right)('right: %s', async (_, contents, choice, columns, points) => {
    const cloud = await readPoints(await folder.write('a.csv', contents), choice);
    expect(cloud.columns).toEqual(columns);
    expect([...cloud.points]).toEqual(points);
  });

  it.each(refused)('refused: %s', async (_, contents, choice, message) => {
    await expect(readPoints(await folder.write('a.csv', contents), choice)).rejects.toThrow(message);
  });

  it('reads 100,000 columns in a moment', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
    const file = await folder.write('a.csv', `${names.join(',')}\n${names.map((_, i) => i).join(',')}\n`);
    const cloud = await readPoints(file);
    expect(cloud.dimension).toBe(100_000);
  });
});
