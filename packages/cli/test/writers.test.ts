import type { Progress } from 'sinkhorn';
import { describe, expect, it } from 'vitest';
import { showProgress } from '../src/commands/showProgress.js';
import { progressLine } from '../src/progress.js';
import { readPoints } from '../src/readers/readPoints.js';
import { writeCsv } from '../src/writers/csv.js';
import { checkEnding } from '../src/writers/endings.js';
import { formatDuration, formatNumber } from '../src/writers/numbers.js';
import { formatTable } from '../src/writers/table.js';
import { tableContents } from '../src/writers/tableContents.js';
import { useFolder } from './helpers.js';

const folder = useFolder();

describe('writeCsv', () => {
  it('writes what the reader reads back, to the last digit', async () => {
    const values = [0.1, 1 / 3, -1e-300, 1e21, 0, 123456789.125];
    const text = await writeCsv(['a, "b"', 'c'], 3, (row, column) => values[2 * row + column]);
    const cloud = await readPoints(await folder.write('a.csv', text));
    expect(cloud.columns).toEqual(['a, "b"', 'c']);
    expect([...cloud.points]).toEqual(values);
  });
});

describe('files by their names', () => {
  it('tables of numbers are CSV, or an array of NumPy that the reader reads back', async () => {
    const values = [0.1, 1 / 3, -1e-300, 1e21, 0, 5];
    const table = { header: ['a', 'b'], rows: 3, at: (row: number, column: number) => values[2 * row + column] };
    expect(await tableContents('x.csv', table)).toBe(await writeCsv(table.header, table.rows, table.at));
    expect(await tableContents('x', table)).toBe(await tableContents('x.csv', table));
    const cloud = await readPoints(await folder.write('a.npy', (await tableContents('A.NPY', table)) as Uint8Array));
    expect(cloud.dimension).toBe(2);
    expect([...cloud.points]).toEqual(values);
  });

  it('refuses a name that says something else', () => {
    expect(() => checkEnding('--out', 'moved.ply', 'table')).toThrow('--out: moved.ply must end in .csv or .npy');
    expect(() => checkEnding('--plot', 'way.png', 'picture')).toThrow('--plot: way.png must end in .svg');
    expect(() => checkEnding('--report', 'a.pdf', 'page')).toThrow('--report: a.pdf must end in .html or .htm');
    for (const name of [undefined, 'out', 'folder.d/out', 'OUT.CSV', 'a.b.npy']) checkEnding('--out', name, 'table');
  });
});

describe('writeCsv of many rows', () => {
  it('stops at a signal, and says its reason', async () => {
    const stop = new AbortController();
    const writing = writeCsv(
      ['x'],
      1_000_000,
      (row) => {
        if (row === 5000) stop.abort(new Error('no more'));
        return row;
      },
      stop.signal,
    );
    await expect(writing).rejects.toThrow('no more');
  });
});

describe('formatTable', () => {
  it('aligns columns', () => {
    expect(
      formatTable([
        ['loss', 'energy'],
        ['value', '1'],
      ]),
    ).toBe('loss   energy\nvalue  1');
    expect(
      formatTable(
        [
          ['name', 'n'],
          ['a', '10'],
          ['bb', '2'],
        ],
        { header: true },
      ),
    ).toBe('name   n\n----  --\na     10\nbb     2');
  });
});

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [12, '12'],
    [0.123456, '0.1235'],
    [1234567, '1.235e6'],
    [-0.00001234, '-1.234e-5'],
  ])('writes %f as %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it.each([
    [12.4, '12 ms'],
    [12_340, '12.3 s'],
    [245_000, '4 min 05 s'],
    [7_500_000, '2 h 05 min'],
  ])('writes %d ms as %s', (value, text) => expect(formatDuration(value)).toBe(text));
});

describe('progressLine', () => {
  const record = (isTTY: boolean) => {
    const written: string[] = [];
    return { stream: { isTTY, columns: 30, write: (text: string) => written.push(text) }, written };
  };

  it('writes on a terminal and takes its line away', () => {
    const { stream, written } = record(true);
    const line = progressLine(stream);
    line.show('a long name of what is being done', 1, 4);
    line.clear();
    line.clear();
    expect(written).toEqual(['\r\x1b[2Ka long name of what is being ', '\r\x1b[2K']);
  });

  it('says nothing when quiet or not on a terminal', () => {
    const [pipe, terminal] = [record(false), record(true)];
    progressLine(pipe.stream).show('x');
    progressLine(terminal.stream, true).show('x');
    expect([...pipe.written, ...terminal.written]).toEqual([]);
  });
});

describe('showProgress', () => {
  it.each<[Progress, string]>([
    [{ stage: 'sorting' }, 'loss: sorting'],
    [{ stage: 'kernel sums', share: 0.256 }, 'loss: kernel sums, 25 %'],
    [
      { stage: 'converging', iteration: 3, epsilon: 0.25, marginalError: 0.5 },
      'loss: converging, iteration 3, epsilon 0.25, marginal error 0.5',
    ],
  ])('says what is known of %o', (progress, line) => {
    const shown: string[] = [];
    showProgress({ show: (what) => shown.push(what), clear() {} }, 'loss')(progress);
    expect(shown).toEqual([line]);
  });
});
