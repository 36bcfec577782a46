import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ColumnChoice } from '../src/readers/columnChoice.js';
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
  ['decimal commas without a header', '1,5;2,5\n3,5;4\n', { decimal: ',' }, ['1', '2'], [1.5, 2.5, 3.5, 4]],
  ['one column with decimal commas', 'x\n1,5\n2,5\n3\n', { decimal: ',' }, ['x'], [1.5, 2.5, 3]],
  ['one without a header', '1,5\n2,5\n3,75\n', { decimal: ',' }, ['1'], [1.5, 2.5, 3.75]],
  ['one said to have no header', '1,5\n2,5\n3,75\n', { decimal: ',', header: 'no' }, ['1'], [1.5, 2.5, 3.75]],
  ['a column that begins with whole numbers', '12\n2,5\n', { decimal: ',' }, ['1'], [12, 2.5]],
  ['decimal commas in quotes, with a header', 'x;y\n"1,5";"2,5"\n', { decimal: ',' }, ['x', 'y'], [1.5, 2.5]],
  [
    'decimal commas in quotes between commas that are named',
    'x,y\n"1,5","2,5"\n',
    { decimal: ',', delimiter: ',' },
    ['x', 'y'],
    [1.5, 2.5],
  ],
  [
    'whole numbers that 64 bits hold, with a decimal comma',
    'x\n9007199254740994,0\n',
    { decimal: ',' },
    ['x'],
    [2 ** 53 + 2],
  ],
  ['comments', '# made by a tool\nx,y\n# m\n1,2\n', { comment: '#' }, ['x', 'y'], [1, 2]],
  ['sep=;', 'sep=;\nx;y\n1;2\n', { skipRows: 1 }, ['x', 'y'], [1, 2]],
  ['a bar', 'x|y\n1|2\n', { delimiter: '|' }, ['x', 'y'], [1, 2]],
  ['CR line ends', 'x,y\r1,2\r3,4\r', {}, ['x', 'y'], [1, 2, 3, 4]],
  ['UTF-16, big-endian', Buffer.from('\uFEFFx,y\n1,2\n', 'utf16le').swap16(), {}, ['x', 'y'], [1, 2]],
  ['delimiters in quotes', '"a, b, c";"d, e"\n1;2\n', {}, ['a, b, c', 'd, e'], [1, 2]],
  ['years named as a header', '2020,2021\n1,2\n', { header: 'yes' }, ['2020', '2021'], [1, 2]],
  ['counts named as data', '0,1\n1,2\n', { header: 'no' }, ['1', '2'], [0, 1, 1, 2]],
  ['an origin above fractions', '0,0\n0.5,1.5\n', {}, ['1', '2'], [0, 0, 0.5, 1.5]],
  ['wavelengths named as a header', '400,410\n0.5,1.5\n', { header: 'yes' }, ['400', '410'], [0.5, 1.5]],
  ['delimiters and line ends in quotes', '"a, b,\nc, d";e\n1;2\n', {}, ['a, b,\nc, d', 'e'], [1, 2]],
  ['plain numbers', '10,11,12\n13,14,15\n', {}, ['1', '2', '3'], [10, 11, 12, 13, 14, 15]],
  ['a row of units left out', 'x,y\nm,s\n1,2\n', { skipRows: 2, header: 'no' }, ['1', '2'], [1, 2]],
  ['a tab named as the delimiter', 'x\ty\n1\t2\n', { delimiter: '\t' }, ['x', 'y'], [1, 2]],
  ['columns of the same name that are not chosen', 'x,y,x\n1,2,3\n', { columns: ['y'] }, ['y'], [2]],
  ['years beside other numbers', '2020,0.5\n2021,0.25\n', {}, ['1', '2'], [2020, 0.5, 2021, 0.25]],
  ['points that are said to be decimal marks', 'x;y\n1.234;5\n', { decimal: '.' }, ['x', 'y'], [1.234, 5]],
  ['points with another number of digits', 'x;y\n1.234;5.5\n', {}, ['x', 'y'], [1.234, 5.5]],
  ['points behind a nought', 'x;y\n0.234;5\n1.234;5\n', {}, ['x', 'y'], [0.234, 5, 1.234, 5]],
  ['points in a column that does not count', 'x;y\n1.234;5\n', { columns: ['y'] }, ['y'], [5]],
  ['points between commas', 'x,y\n1.234,5\n', {}, ['x', 'y'], [1.234, 5]],
  [
    'semicolons beside text',
    'A;1,5;2,5\nB;3,5;4,5\n',
    { header: 'no', decimal: ',', columns: ['2'] },
    ['2'],
    [1.5, 3.5],
  ],
  ['semicolons beside an empty cell', '1,5;;2\n', { header: 'no', decimal: ',', columns: ['1'] }, ['1'], [1.5]],
  ['commas that divide more than semicolons do', 'x,y,z;w\n1,2,3\n', {}, ['x', 'y', 'z;w'], [1, 2, 3]],
  ['a name that begins like a format', 'ply,BZip\n1,2\n', {}, ['ply', 'BZip'], [1, 2]],
  ['all spellings of numbers', 'x,y\n+1.,.5\n1e3,-2.5E-1\n', {}, ['x', 'y'], [1, 0.5, 1000, -0.25]],
  [
    'whole numbers that 64 bits hold, and their shortest texts',
    'x,y\n9007199254740994,-12345678901234567000\n',
    {},
    ['x', 'y'],
    [9007199254740994, -12345678901234567000],
  ],
  [
    'whole numbers with an exponent, in as many digits as a program gives',
    'x,y\n1.152921504606846976e+18,1.208925819614629175e+24\n1E22,9007199254740994e0\n',
    {},
    ['x', 'y'],
    [2 ** 60, 2 ** 80, 1e22, 9007199254740994],
  ],
  ['rows left out', 'x,y\n1,2\nNone,3\n4,\n5,6\n', { missing: 'drop' }, ['x', 'y'], [1, 2, 5, 6]],
];

const refused: [what: string, contents: string | Uint8Array, choice: ColumnChoice, message: string][] = [
  ['a whole number beyond 2^53 with a point', 'x,y\n9007199254740993.0,1\n', {}, '9007199254740993.0 is beyond 2^53'],
  ['one whose exponent moves its point', 'x,y\n90071992547409.93e2,1\n', {}, '90071992547409.93e2 is beyond 2^53'],
  ['a blank first line', '   \n1,2\n', {}, 'its first line is blank; remove it, or skip it with --skip-rows'],
  ['the header of pandas', '0,1,2\n10,11,12\n', {}, '--header yes or --header no'],
  ['years', '1990,2000\n10,11\n', {}, '--header yes or --header no'],
  ['decimal commas in the first line', '1,5;2,5\n3;4\n', {}, '--header yes or --header no'],
  ['money in the first line', '$10,$20\n3,4\n', {}, '--header yes or --header no'],
  ['infinity in the first line', 'inf,-inf\n3,4\n', {}, '--header yes or --header no'],
  ['a Unicode minus in the first line', '\u22121.5,\u22122.5\n3,4\n', {}, '--header yes or --header no'],
  ['wavelengths, with decimal commas', '400;410\n0,5;1,5\n', { decimal: ',' }, '--header yes or --header no'],
  ['wavelengths', '400,410\n0.5,1.5\n', {}, '--header yes or --header no'],
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
  [
    'a point beside decimal commas',
    'x;y\n1.234;5\n',
    { decimal: ',' },
    'column "x": "1.234" is not a finite number; remove its',
  ],
  ['a number beyond 2^53 with a decimal comma', 'x\n9007199254740993,0\n', { decimal: ',' }, 'is beyond 2^53'],
  ['one that is too large', 'x\n1,5e400\n', { decimal: ',' }, '"1,5e400" is not a finite number; it is too large'],
  ['commas between thousands where they are decimal marks', 'x\n1,234,567\n', { decimal: ',' }, '"1,234,567" is not'],
  [
    'a header with commas that are decimal marks',
    'x,y\n1,2\n',
    { decimal: ',' },
    'or say --delimiter "," where numbers',
  ],
  [
    'the same in a first line of numbers',
    '1,2,3\n4,5,6\n',
    { decimal: ',' },
    'nothing else that divides cells; leave out',
  ],
  ['the same in quotes', '"1,5","2,5"\n', { decimal: ',', header: 'no' }, 'or say --delimiter "," where numbers'],
  [
    'one column with decimal commas',
    'x\n1,5\n2,5\n',
    {},
    'has 2 values and the first line has 1; for decimal commas say --decimal ,',
  ],
  ['several, divided by commas too', 'x,y\n1,5,2,5\n', {}, 'write semicolons between the values and say --decimal ,'],
  ['a cell too many that is no half of a number', 'x\n1,cat\n', {}, 'make all rows equally long'],
  ['decimal commas between bars', 'x|y\n1,5|2,5\n', { decimal: ',' }, 'say --delimiter "|"'],
  ['decimal commas between spaces', 'x y\n1,5 2,5\n', { decimal: ',' }, 'say --format xyz'],
  [
    'a comment behind numbers',
    'x,y\n1,2 # tail\n',
    { comment: '#' },
    '"2 # tail" is not a finite number; a comment behind',
  ],
  ['one that nothing names', 'x,y\n1,2 // tail\n', {}, '"2 // tail" is not a finite number; a comment behind'],
  [
    'a comment behind a delimiter',
    'x,y\n1,2,# tail\n',
    { comment: '#' },
    'the first line has 2; a comment behind numbers',
  ],
  [
    'names in a table without any',
    'x,y\n1,2\n',
    { header: 'no' },
    'if the first line holds names, say --header yes; to leave it out, --skip-rows 1',
  ],
  [
    'more lines skipped than there are',
    'x\n1\n2\n3\n4\n',
    { skipRows: 9 },
    '--skip-rows 9 leaves nothing of it; skip fewer lines',
  ],
  ['comments alone', '# x\n# y\n', { comment: '#' }, 'all its lines are blank or begin with #'],
  [
    'another delimiter than the one named',
    '5,2\n3,4\n',
    { delimiter: ';', header: 'no' },
    'if , stands between the cells, say --delimiter ","',
  ],
  [
    'the same below a header',
    'x,y\n1,2\n',
    { delimiter: ';' },
    'is not a finite number; if , stands between the cells',
  ],
  ['the same with more numbers', 'x|y|z\n1|2|3\n', { delimiter: ';' }, 'if | stands between the cells'],
  ['truth', 'x,y\n1,True\n', {}, '"True" is no number, in whatever kind of file; write 1 for true and 0 for false'],
  ['a Unicode minus', 'x,y\n\u22121,2\n', {}, 'Unicode minus'],
  ['units', 'x,y\n[m],[s]\n1,2\n', {}, 'a row of units?'],
  [
    'plain units',
    'x,y\nm,s\n1,2\n',
    {},
    'a row of units? delete it, or leave out both lines with --skip-rows 2 --header no',
  ],
  ['a name twice', 'x,y,x\n1,2,3\n', {}, 'the name "x" belongs to columns 1 and 3; give each its own'],
  ['the index of pandas', ',x,y\n0,1,2\n', {}, 'column 1 has no name in the header; choose among x, y with --columns'],
  ['a percentage', 'x\n10%\n', {}, 'write a share without its percent sign'],
  ['a currency', 'x\n$10\n', {}, 'remove the currency sign'],
  ['a hexadecimal number', 'x\n0x10\n', {}, 'write it as a decimal number'],
  ['underscores', 'x\n1_000\n', {}, 'remove its thousands separators'],
  ['a number that is too large', 'x\n1e400\n', {}, 'it is too large for a 64-bit number'],
  [
    'integers beyond 2^53',
    'x,y\n1,9007199254740993\n',
    {},
    'line 2 (row 1), column "y": 9007199254740993 is beyond 2^53',
  ],
  ['weights that are all 0', 'x,w\n1,0\n2,0\n', { weights: 'w' }, 'column "w": all weights are 0; give one row'],
  ['a quote that does not end', 'x,y\n1,2\n"3,4\n5,6\n', {}, 'a quote that begins after line 2 does not end; close it'],
  ['an exponent of Fortran', 'x\n1.5D+03\n', {}, 'write its exponent with e'],
  ['thin spaces', 'x\n1\u2009000\n', {}, 'remove its thousands separators'],
  ['what is zipped', gzipSync('x\n1\n'), {}, 'it is zipped; unzip it, or let its name end in .gz'],
  ['an array of NumPy', Buffer.from('\x93NUMPY\x01\0', 'latin1'), {}, 'say --format npy'],
  ['a spreadsheet', Buffer.from('PK\x03\x04\0\0'), {}, 'save a spreadsheet as CSV'],
  ['single quotes', "x,y\n'1','2'\n", {}, 'remove the single quotes'],
  ['digits of another script', 'x\n\u0661\u0662\n', {}, 'write its digits as 0 to 9'],
  ['spaces between cells', 'x y\n1 2\n', {}, '--format xyz'],
  ['text beside numbers', 'x,name,y\n1,cat,2\n', {}, '--columns (numbers in this row: x,y)'],
  ['a line end in quotes, in the bad record itself', 'n,x\n"two\nlines",1\n', {}, 'line 2 (row 1), column "n"'],
  ['a bar', 'x|y\n1|2\n', {}, '--delimiter "|"'],
  ['points that may divide thousands', 'pop;area\n1.234;5\n2.345;6\n', {}, '"1.234" may be 1234'],
  ['the same beside a header', '1.234,5;2.345,6\n', {}, '(1.234,5, 2.345,6) may be names or a point'],
  ['exponents behind decimal commas', '1,5e3;2,5\n', {}, '(1,5e3, 2,5) may be names or a point'],
  ['the header again', 'x,y\n1,2\nx,y\n', {}, 'the header again? remove that line'],
  ['an error of a spreadsheet', 'x,y\n#DIV/0!,2\n', {}, 'a spreadsheet could not compute it'],
  ['a number in brackets', 'x,y\n(5),2\n', {}, 'if brackets mean a minus, write one'],
  ['a minus behind', 'x,y\n5-,2\n', {}, 'write its minus in front'],
  ['infinity as old C writes it', 'x,y\n1.#INF,2\n', {}, 'remove the row or put a number in its place'],
  ['characters that cannot be seen', 'x,y\n\u200b1,2\n', {}, 'remove the characters in it that cannot be seen'],
  ['a comment', '# x\n1,2\n', {}, '--comment "#"'],
  ['sep=;', 'sep=;\nx;y\n1;2\n', {}, '--skip-rows 1 --delimiter ";"'],
  ['a PLY', 'ply\nformat ascii 1.0\nelement vertex 1\n', {}, 'it is a PLY file; say --format ply'],
  ['a PCD', '# .PCD v0.7\nVERSION 0.7\n', { comment: '#' }, 'it is a PCD file; say --format pcd'],
  [
    'text of two lines',
    'name,x\n"two\nlines",1\n',
    {},
    'choose the numeric columns with --columns (numbers in this row: x)',
  ],
  ['a web page', '\uFEFF<!DOCTYPE html>\n<html></html>\n', {}, 'it is a web page; name a file of points'],
  ['an old spreadsheet', Buffer.from('d0cf11e0a1b11ae1', 'hex'), {}, 'save its table as CSV'],
  ['a point between decimal commas', 'x;y\n1.5;2\n', { decimal: ',' }, 'leave out --decimal ,'],
  ['thousands between decimal commas', 'x;y\n1.234,5;2\n', { decimal: ',' }, 'remove its thousands separators'],
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
  it('labels beside decimal commas stay as they are', async () => {
    const file = await folder.write('a.csv', 'x;name\n1,5;a,b\n2,5;v1.2\n');
    const { points, labels } = await readPoints(file, { decimal: ',', labels: 'name' });
    expect([...points]).toEqual([1.5, 2.5]);
    expect(labels).toEqual(['a,b', 'v1.2']);
  });

  it.each(right)('right: %s', async (_, contents, choice, columns, points) => {
    const cloud = await readPoints(await folder.write('a.csv', contents), choice);
    expect(cloud.columns).toEqual(columns);
    expect([...cloud.points]).toEqual(points);
  });

  it.each(refused)('refused: %s', async (_, contents, choice, message) => {
    await expect(readPoints(await folder.write('a.csv', contents), choice)).rejects.toThrow(message);
  });

  it('commas in a .tsv are told of', async () => {
    const file = await folder.write('a.tsv', 'x,y\n1,2\n');
    await expect(readPoints(file)).rejects.toThrow('its first line has , and no tab; say --delimiter ","');
  });

  it('reads 100,000 columns in a moment', async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `c${i}`);
    const file = await folder.write('a.csv', `${names.join(',')}\n${names.map((_, i) => i).join(',')}\n`);
    const cloud = await readPoints(file);
    expect(cloud.dimension).toBe(100_000);
  });
});
