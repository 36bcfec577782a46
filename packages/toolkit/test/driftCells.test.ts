import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, it } from 'vitest';
import { drift } from '../src/drift/index.js';
import { columnOf, list, numbers } from './driftTables.js';

const backend = cpu();

describe('cells of tables', () => {
  it('reads numbers, decimal commas, dates and truth in text', async () => {
    const table = {
      point: ['1.5', ' -2', '3e2', ''],
      comma: ['1,5', '2,25', '3', '4,0'],
      thousands: ['1,500', '2,250', '3,125', '4,000'],
      day: ['2026-01-01', '2026-01-02 12:00', '2026-01-03T00:00:00Z', '2026-01-04T01:00+01:00'],
      truth: ['true', 'FALSE', 'true', 'false'],
    };
    const { columns } = await drift(table, table, { backend });
    expect(columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'category', 'date', 'boolean']);
    expect(columns[0].numbers?.reference?.mean).toBeCloseTo(299.5 / 3, 9);
    expect(columns[1].numbers?.reference?.mean).toBeCloseTo(10.75 / 4, 9);
    expect(columns[3].numbers?.reference?.quantiles).toEqual([20454, 20455.125, 20455.75, 20456.25, 20457]);
    expect(columns.every(({ pValue }) => pValue === 1)).toBe(true);
  });

  it('reads dates as people write them, and the order of day and month where a cell tells it', async () => {
    const days = [Date.UTC(2001, 0, 2), Date.UTC(2001, 0, 14, 21, 55), Date.UTC(2000, 1, 29)];
    const table = {
      slashes: ['2001/01/02', '2001/01/14 21:55', '2000/2/29'],
      dayFirst: ['02/01/2001', '14/01/2001 21:55', '29/02/2000'],
      monthFirst: ['01/02/2001', '1/14/2001 9:55 PM', '2/29/2000'],
      points: ['2.1.2001', '14.01.2001, 21:55', '29.2.2000'],
      named: ['Jan 2 2001', 'Sunday, January 14th, 2001 21:55:00', 'Feb. 29, 2000'],
      mixed: ['2-Jan-2001', 'Sun, 14 Jan 2001 22:55:00 +01:00', '29 February 2000'],
    };
    const { columns, remarks } = await drift(table, table, { backend });
    const mean = days.reduce((sum, day) => sum + day / 86_400_000 / 3, 0);
    for (const { name, kind, numbers: told } of columns) {
      expect([name, kind]).toEqual([name, 'date']);
      expect(told?.reference?.mean, name).toBeCloseTo(mean, 9);
    }
    expect(remarks.filter((remark) => remark.includes('date'))).toEqual([]);
  });

  it.each([
    ['30/02/2001', '13/01/2001'],
    ['13/13/2001', '01/01/2001'],
    ['14/01/2001', '01/14/2001'],
    ['Foo 1 2001', 'Jan 1 2001'],
    ['2001/01-02', '2001/01/02'],
    ['1.2.3', '4.5.6'],
    ['Jan 2 2001 25:00', 'Jan 2 2001'],
    ['1/2/2001 13:00 PM', '1/14/2001'],
  ])('does not take %j and %j for dates', async (...when) => {
    const table = { when, a: [1, 2] };
    expect((await drift(table, table, { backend })).columns[0].kind).toBe('category');
  });

  it('says where no cell tells whether day or month come first', async () => {
    const when = ['01/02/2001', '05/05/2001', '03/04/2001'];
    const table = { when, a: [1, 2, 3] };
    const found = await drift(table, table, { backend });
    expect(found.columns[0].kind).toBe('category');
    expect(found.remarks[0]).toBe(
      'Column when: the dates may have the day or the month first, as in "01/02/2001", and they are taken for text; write the year first, as in 2026-01-31.',
    );
    const asked = await drift(table, table, { backend, columns: { when: 'date' } });
    expect(asked.columns[0].numbers?.reference?.quantiles[0]).toBe(Date.UTC(2001, 1, 1) / 86_400_000);
    expect(asked.remarks[0]).toMatch(/the day is taken to be first/);
    const same = { when: ['05/05/2001', '06/06/2001'], a: [1, 2] };
    expect((await drift(same, same, { backend })).columns[0].kind).toBe('date');
  });

  it('says that a column tells when rows were taken', async () => {
    const week = (first: number) => ({
      when: list(30, (i) => new Date(Date.UTC(2026, 0, first + (i % 7)))),
      a: list(30, (i) => i % 5),
    });
    const found = await drift(week(1), week(8), { backend });
    expect(columnOf(found, 'when').drifted).toBe(true);
    expect(found.remarks).toEqual([expect.stringMatching(/^Column when: all dates of current come after/)]);
    expect((await drift(week(1), week(7), { backend })).remarks).toEqual([]);
  });

  it('counts what it cannot read as missing, and says so', async () => {
    const found = await drift({ a: [1, 2, 3], b: [1, 1, 2] }, { a: [1, 'two', 3], b: [1, 1, 2] }, { backend });
    expect(columnOf(found, 'a').missing.current).toBeCloseTo(1 / 3, 12);
    expect(found.remarks).toEqual([
      'Column a of current: 1 cell is no number and counted as missing, the first in row 1, counted from 0: "two".',
      '3 and 3 rows are too few for 2 columns at this level: no column can be found to have drifted.',
    ]);
  });

  it('takes words for missing cells where the others are numbers, dates or truth, and for categories where they are not', async () => {
    const words = ['NA', '<NA>', 'NaN', 'null', 'None', 'NaT', '-', '\\N', '#N/A'];
    const next = numbers(3);
    const reference = list(90, (i) => ({
      number: i % 2 ? String(next()) : words[i % 9],
      comma: i % 2 ? `${i},5` : words[i % 9],
      day: i % 3 ? '2026-01-31' : words[i % 9],
      truth: i % 3 ? 'true' : words[i % 9],
      plan: i % 2 ? 'none' : 'basic',
    }));
    const found = await drift(reference, reference, { backend, permutations: 9 });
    expect(found.columns.map(({ kind, missing }) => [kind, missing.reference])).toEqual([
      ['number', 0.5],
      ['number', 0.5],
      ['date', 1 / 3],
      ['boolean', 1 / 3],
      ['category', 0],
    ]);
  });

  it('reads a column of numbers with a slip in it, and thousands where two commas or a point tell', async () => {
    const next = numbers(4);
    const reference = list(100, (i) => ({
      slip: i === 7 ? 'inf' : String(next()),
      comma: i === 7 ? '< 0,1' : i % 2 ? String(i) : `0,${1000 + i}`,
      thousands: i === 7 ? '1,234,567.5' : `${1 + (i % 9)},00${i % 7}`,
      unclear: `${1 + (i % 9)},00${i % 7}`,
      code: i === 7 ? 'x' : String(i % 7),
    }));
    const { columns, remarks } = await drift(reference, reference, { backend });
    expect(columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'number', 'category', 'category']);
    expect(columns[2].numbers?.reference?.quantiles.at(-1)).toBe(1_234_567.5);
    expect(columns[2].numbers?.reference?.quantiles[0]).toBe(1000);
    expect(remarks.slice(0, 2)).toEqual([
      'Column slip of reference: 1 cell is no number and counted as missing, the first in row 7, counted from 0: "inf".',
      'Column comma of reference: 1 cell is no number and counted as missing, the first in row 7, counted from 0: "< 0,1".',
    ]);
  });

  it('says of numbers with unclear commas why they are left out', async () => {
    const table = list(40, (i) => ({ price: `${1 + i},${100 + i}`, n: i % 5 }));
    const { remarks } = await drift(table, table, { backend, permutations: 9 });
    expect(remarks[0]).toBe(
      'Column price is left out, as its commas may be decimal marks or stand between thousands, as in "1,100": give numbers.',
    );
  });
});
