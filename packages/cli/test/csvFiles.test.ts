import { gzipSync } from 'node:zlib';
import { type BadFile, describeFiles, type GoodFile } from './describeFiles.js';

const good: GoodFile[] = [
  {
    what: 'a first point on the diagonal, and one of two numbers',
    name: 'a.csv',
    contents: '5,5,5\n1,2,4\n',
    columns: ['1', '2', '3'],
    points: [5, 5, 5, 1, 2, 4],
  },
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
];

/** First lines that may be names, above the same numbers. */
const doubtful = [
  ['numbers at equal steps', '400,410,420\n1,2,3\n'],
  ['fractions at equal steps', '0.5,0.6,0.7\n1,2,3\n'],
  ['falling numbers at equal steps', '3,2,1\n10,20,31\n'],
  ['digits of another script', '\u0661,\u0662\n3,4\n'],
  ['wide digits', '\uFF11,\uFF12\n3,4\n'],
  ['fractions as signs', '\u00BD,\u2153\n3,4\n'],
] as const;

const bad: BadFile[] = [
  ...doubtful.map(([what, contents]) => ({
    what: `a first line of ${what}`,
    name: 'a.csv',
    contents,
    message: 'may be names or a point; say --header yes or --header no',
  })),
  ...["'5", '="5"', ' "5"', '\u201C5\u201D'].map((cell) => ({
    what: `a number as ${cell}`,
    name: 'a.csv',
    contents: `x,y\n1,2\n${cell},3\n`,
    message: 'is not a finite number; remove its quotes',
  })),
  {
    what: 'a sign that stands apart',
    name: 'a.csv',
    contents: 'x\n- 5\n',
    message: '"- 5" is not a finite number; write its sign right before the digits',
  },
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
];

describeFiles('CSV files', good, bad);
