import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, it } from 'vitest';
import { holm } from '../src/drift/holm.js';
import { drift, driftFrom, driftFromAsync, driftHtml, driftText } from '../src/drift/index.js';
import { columnOf, list, normal, numbers } from './driftTables.js';

const backend = cpu();

describe('drift of tables', () => {
  it('finds the columns that drifted, and by how much in their units', async () => {
    const table = (seed: number, moved: boolean) => {
      const next = numbers(seed);
      return list(300, (row) => ({
        height: 170 + 10 * normal(next) + (moved ? 6 : 0),
        weight: 70 + 8 * normal(next),
        plan: next() < (moved ? 0.4 : 0.7) ? 'basic' : 'pro',
        paid: next() < 0.5,
        since: new Date(Date.UTC(2026, 0, 1 + Math.floor(30 * next()) + (moved ? 20 : 0))),
        row,
      }));
    };
    const found = await drift(table(1, false), table(2, true), { backend });
    expect(found.columns.map(({ name, kind, drifted }) => [name, kind, drifted])).toEqual([
      ['height', 'number', true],
      ['weight', 'number', false],
      ['plan', 'category', true],
      ['paid', 'boolean', false],
      ['since', 'date', true],
    ]);
    expect(columnOf(found, 'height').effect).toBeGreaterThan(4);
    expect(columnOf(found, 'height').effect).toBeLessThan(8);
    expect(columnOf(found, 'plan').effect).toBeCloseTo(0.3, 1);
    expect(columnOf(found, 'since').effect).toBeCloseTo(20, -1);
    expect(found.drifted).toBe(true);
    expect(found.joint?.pValue).toBe(0.001);
    expect(found.remarks).toEqual([expect.stringMatching(/Column row is left out.*it counts the rows/)]);
    const text = driftText(found);
    expect(text).toMatch(/^current: drift \(p = [\d.e-]+\) in height, plan, since\./);
    expect(text).toMatch(/Note: Column row is left out/);
  });

  it('says nothing of data like the reference', async () => {
    const table = (seed: number) => {
      const next = numbers(seed);
      return { a: list(200, () => normal(next)), b: list(150 + 50, () => (next() < 0.3 ? 'x' : 'y')) };
    };
    const found = await drift(table(3), table(4), { backend });
    expect(found.drifted).toBe(false);
    expect(driftText(found)).toMatch(/no drift found/);
  });

  it('takes constant columns: the same constant, another one, and values where there was one', async () => {
    const found = await drift(
      { same: list(40, () => 7.1), other: list(40, () => 1), spread: list(40, () => 0.3), x: list(40, (i) => i % 7) },
      {
        same: list(40, () => 7.1),
        other: list(40, () => 4),
        spread: list(40, (i) => i / 40),
        x: list(40, (i) => i % 7),
      },
      { backend, permutations: 1999 },
    );
    expect(columnOf(found, 'same')).toMatchObject({ pValue: 1, effect: 0, drifted: false });
    expect(columnOf(found, 'same').numbers?.reference?.deviation).toBe(0);
    expect(columnOf(found, 'other')).toMatchObject({ drifted: true });
    expect(columnOf(found, 'other').effect).toBeCloseTo(3, 12);
    expect(columnOf(found, 'other').deviations).toBeUndefined();
    expect(columnOf(found, 'spread').drifted).toBe(true);
    expect(driftHtml([found])).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('tells categories that the reference lacks, rare ones too', async () => {
    const found = await drift(
      { plan: list(1000, (i) => (i % 2 ? 'a' : 'b')) },
      { plan: list(1000, (i) => (i % 50 === 0 ? 'c' : i % 2 ? 'a' : 'b')) },
      { backend },
    );
    const plan = columnOf(found, 'plan');
    expect(plan.drifted).toBe(true);
    expect(plan.effect).toBeCloseTo(0.02, 12);
    expect(plan.categories?.at(-1)).toEqual({ name: 'c', reference: 0, current: 0.02, unseen: true });
    expect(found.joint).toBeUndefined();
    expect(found.pValue).toBe(plan.adjustedPValue);
  });

  it('takes missing cells for a value of their own, or leaves them out', async () => {
    const table = (share: number) => ({
      a: list(400, (i) => (i % 100 < share ? [null, undefined, Number.NaN, ' '][i % 4] : (i * 7) % 13)),
      b: list(400, (i) => i % 5),
    });
    const asValue = await drift(table(2), table(30), { backend });
    expect(columnOf(asValue, 'a')).toMatchObject({
      kind: 'number',
      drifted: true,
      missing: { reference: 0.02, current: 0.3 },
    });
    const dropped = await drift(table(2), table(30), { backend, missing: 'drop' });
    expect(columnOf(dropped, 'a').drifted).toBe(false);
    expect(dropped.joint?.rows).toEqual({ reference: 392, current: 280 });
  });

  it('says that cells went missing, where that changed more than values', async () => {
    const table = (share: number) => ({
      gone: list(400, (i) => (i % 100 < share ? null : (i * 7) % 13)),
      moved: list(400, (i) => ((i * 7) % 13) + (share > 2 ? 9 : 0)),
    });
    const found = await drift(table(2), table(30), { backend });
    expect(driftText(found)).toMatch(
      /gone +number +p = 0\.\d+ +28 % of rows now missing; values 0\.\d+ \(0\.\d+ deviations\)/,
    );
    expect(driftText(found)).toMatch(/moved +number +p = 0\.\d+ +9 \(2\.4 deviations\)/);
    expect(driftHtml([found])).toContain('28\u00a0% of rows now missing');
    const back = await drift(table(30), table(2), { backend });
    expect(driftText(back)).toMatch(/28 % of rows no longer missing/);
  });

  it('takes columns without any value', async () => {
    const found = await drift(
      { a: list(30, () => null), b: list(30, (i) => i % 3), c: list(30, (i) => i % 4) },
      { a: list(30, () => null), b: list(30, (i) => i % 3), c: list(30, () => null) },
      { backend },
    );
    expect(columnOf(found, 'a')).toMatchObject({ kind: 'category', pValue: 1 });
    expect(columnOf(found, 'c')).toMatchObject({ drifted: true });
    expect(columnOf(found, 'a').effect ?? columnOf(found, 'c').effect).toBeUndefined();
    expect(driftText(found)).toMatch(/no value to compare/);
    expect(driftHtml([found])).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('takes one row', async () => {
    const reference = list(99, (i) => ({ a: i % 10, b: i % 2 === 0 }));
    const usual = await drift(reference, [{ a: 5, b: true }], { backend });
    expect(usual.drifted).toBe(false);
    const single = await drift([{ a: 1, b: true }], [{ a: 2, b: false }], { backend });
    expect(single.pValue).toBe(1);
    const far = await drift({ a: list(99, (i) => i % 10) }, { a: [1e6] }, { backend });
    expect(far.pValue).toBe(0.01);
  });

  it('takes a table whose columns are called data and shape', async () => {
    const table = { data: [1, 2, 3, 4, 5], shape: ['a', 'b', 'a', 'b', 'a'] };
    const { columns } = await drift(table, table, { backend });
    expect(columns.map(({ kind }) => kind)).toEqual(['number', 'category']);
    const array = { data: [1, 2, 3, 4, 5, 6], shape: [3, 2] };
    expect((await drift(array, array, { backend, permutations: 9 })).columns).toEqual([]);
  });

  it('compares what objects and lists hold', async () => {
    const table = (k: string) =>
      list(40, (i) => ({ n: i % 5, tags: i % 2 ? { k, big: 1n } : { big: 1n, k }, pair: new Set([k, 2]) }));
    const same = await drift(table('a'), table('a'), { backend });
    expect(same.columns.map(({ effect }) => effect)).toEqual([0, 0, 0]);
    expect(columnOf(same, 'tags').categories).toHaveLength(1);
    const found = await drift(table('a'), table('b'), { backend });
    expect(found.columns.map(({ drifted, effect }) => [drifted, effect])).toEqual([
      [false, 0],
      [true, 1],
      [true, 1],
    ]);
  });

  it('says that a column is new although one that begins alike is left out', async () => {
    const reference = list(30, (i) => ({ 'a b': `text ${i}`, n: i % 5 }));
    const { remarks } = await drift(
      reference,
      list(30, (i) => ({ 'a b': `text ${i}`, n: i % 5, a: i })),
      { backend },
    );
    expect(remarks.at(-1)).toBe('Column a is left out, as the reference does not have it.');
  });

  it('keeps the digits of deviations far from 0, and of days beyond the calendar', async () => {
    const rows = (shift: number) => list(20_000, (i) => ({ at: 4e15 + 2 * (i % 2) + shift }));
    const { columns } = await drift(rows(0), rows(2), { backend, columnRows: 100, permutations: 9 });
    expect(columns[0].deviations).toBeCloseTo(2, 6);
    const days = { far: [1e20, 2e20, 3e20] };
    const found = await drift(days, days, { backend, columns: { far: 'date' } });
    expect(driftText(found)).toContain('mean day 2.31');
    expect(driftHtml([found])).toContain('day 2.31');
  });

  it('leaves identifiers and columns of one table out, unless they are named', async () => {
    const table = (from: number) =>
      list(50, (i) => ({ orderId: from + ((i * 37) % 50), note: `text ${from} ${i}`, n: i % 5 }));
    const found = await drift(
      table(0).map((row) => ({ ...row, old: 1 })),
      table(9).map((row) => ({ ...row, fresh: 1 })),
      { backend },
    );
    expect(found.columns.map(({ name }) => name)).toEqual(['n']);
    expect(found.remarks.map((remark) => remark.split(' ')[1])).toEqual(['orderId', 'note', 'fresh']);
    // A column that is gone is a finding, whatever the others say.
    expect(found).toMatchObject({ absent: ['old'], drifted: true, pValue: 1 });
    expect(driftText(found)).toMatch(/^current: column old absent, no drift found in the others \(p = 1\)\./);
    const named = await drift(table(0), table(9), { backend, columns: ['orderId', 'n'] });
    expect(named.columns.map(({ name }) => name)).toEqual(['orderId', 'n']);
    const kinds = await drift(table(0), table(9), { backend, columns: { n: 'category' } });
    expect(kinds.columns[0].kind).toBe('category');
  });

  it('standardises by quantiles where outliers would spoil the deviation', async () => {
    const values = list(100, (i) => (i === 0 ? 1e6 : i % 10));
    const options = { backend, columns: ['a'] };
    const byDeviation = await drift({ a: values }, { a: values.map((value) => value + 3) }, options);
    const byQuantiles = await drift(
      { a: values },
      { a: values.map((value) => value + 3) },
      { ...options, standardize: 'quantiles' },
    );
    expect(byDeviation.columns[0].deviations).toBeLessThan(0.001);
    expect(byQuantiles.columns[0].deviations).toBeGreaterThan(0.5);
  });

  it('reads a reference in turns, says the same, and hears a signal meanwhile', async () => {
    const reference = { a: list(60, (i) => i % 12), b: list(60, (i) => i % 3) };
    const current = { a: list(60, (i) => 5 + (i % 12)), b: list(60, (i) => i % 3) };
    expect(await (await driftFromAsync(reference, { backend }))(current)).toEqual(
      await driftFrom(reference, { backend })(current),
    );
    const controller = new AbortController();
    const long = { a: Float64Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 200_003) };
    const reading = driftFromAsync(long, { backend, signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(reading).rejects.toThrow('enough');
    await expect(driftFromAsync([] as never, { backend })).rejects.toThrow(/reference has no rows/);
  });

  it('reads the reference once for several comparisons', async () => {
    const compare = driftFrom({ a: list(60, (i) => i % 12), b: list(60, (i) => i % 3) }, { backend });
    const found = [
      await compare({ a: list(60, (i) => i % 12), b: list(60, (i) => i % 3) }, { name: 'first <day>\u001b[31m\u202e' }),
      await compare({ a: list(60, (i) => 5 + (i % 12)), b: list(60, (i) => i % 3) }, { name: 'second' }),
    ];
    expect(found.map(({ name, drifted }) => [name, drifted])).toEqual([
      ['first <day>\u001b[31m\u202e', false],
      ['second', true],
    ]);
    const page = driftHtml(found, { title: 'Days & nights' });
    expect(page).toMatch('<h1>Days &amp; nights</h1>');
    expect(page).toMatch('first &lt;day&gt;\\u001b[31m\\u202e');
    expect(page).not.toMatch(/[^\P{C}\n]/u);
    expect(page).not.toMatch(/https?:|<script|<day>/);
    expect(page).toMatch(/prefers-color-scheme:dark/);
    expect(page).toMatch(/@media print/);
  });

  it('shows columns that have lost their values or are absent, and says why where they stand', async () => {
    const compare = driftFrom({ a: list(60, (i) => i % 12), b: list(60, (i) => i % 3) }, { backend });
    const found = [
      await compare({ a: list(60, () => 'n units'), b: list(60, (i) => i % 3) }, { name: 'text' }),
      await compare({ a: list(60, (i) => i % 12) }, { name: 'short' }),
    ];
    const page = driftHtml(found);
    const remark =
      'Column a of current: 60 cells are no number and counted as missing, the first in row 0, counted from 0';
    expect(page.split(remark)).toHaveLength(2);
    expect(page.indexOf(remark)).toBeLessThan(page.indexOf('<h2>short</h2>'));
    expect(page).toMatch(/aria-label="a: shares of categories[^>]*>.*?>a value<.*?>missing</);
    // In full colour: all of a is missing, b is absent.
    expect(page).toMatch(
      /<td title="no value to compare; missing 0 % → 100 %" class="full"><i style="opacity:1"><\/i><b>✕/,
    );
    expect(page).toMatch(/<td title="absent" class="full"><i style="opacity:1"><\/i><b>✕/);
  });

  it('gives the same numbers again, and others for another seed', async () => {
    const table = (from: number) => ({
      a: list(80, (i) => Math.sin(i * i + from)),
      b: list(80, (i) => Math.cos(i * i + from)),
    });
    const run = async (seed: number) => (await drift(table(0), table(1), { backend, seed })).columns[0].pValue;
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
  });

  it('refuses what is no table and options that it does not know', async () => {
    const table = { a: [1, 2] };
    expect(() => driftFrom([] as never, { backend })).toThrow(/reference has no rows/);
    expect(() => driftFrom({ a: [1], b: [1, 2] }, { backend })).toThrow(
      /reference.b has 2 cells and reference.a has 1/,
    );
    expect(() => driftFrom([1] as never, { backend })).toThrow(/reference\[0\] is no record/);
    expect(() => driftFrom(table, { backend, columns: ['z'] })).toThrow(/columns names z/);
    expect(() => driftFrom(table, { backend, columns: { a: 'text' as never } })).toThrow(/columns.a is 'text'/);
    expect(() => driftFrom(table, { backend, correction: 'bonferroni' as never })).toThrow(/'holm' or 'none'/);
    expect(() => driftFrom(table, { backend, level: 1 } as never)).toThrow(/no option 'level'/);
    await expect(drift(table, { b: [1] }, { backend })).rejects.toThrow(/shares no column/);
    await expect(drift({ a: [1, 2], b: [1, 2] }, { a: [1, 2], b: [2, 3] }, {})).rejects.toThrow(/needs a backend/);
  });

  it('says of columns what it says of the whole, and reaches the p-values that a gate asks for', async () => {
    const table = (seed: number, shift: number) => {
      const next = numbers(seed);
      return {
        a: list(60, () => normal(next) + shift),
        b: list(60, () => normal(next)),
        c: list(60, () => normal(next)),
      };
    };
    for (let seed = 1; seed < 40; seed++) {
      const found = await drift(table(seed, 0), table(seed + 100, 0.4), { backend, permutations: 199, alpha: 0.1 });
      const least = Math.min(
        ...found.columns.map(({ adjustedPValue }) => adjustedPValue),
        2 * (found.joint?.pValue ?? 1),
      );
      expect(found.pValue).toBeCloseTo(Math.min(1, least), 12);
      if (found.columns.some(({ drifted }) => drifted)) expect(found.drifted).toBe(true);
    }
    const far = await drift(table(1, 0), table(2, 3), { backend, leastP: 0.0005, jointRows: 1 });
    expect(columnOf(far, 'a').adjustedPValue).toBeLessThanOrEqual(0.0005);
    expect(far.smallestPValue).toBeLessThanOrEqual(0.0005);
    await expect(drift(table(1, 0), table(2, 0), { backend, leastP: 0 })).rejects.toThrow(/leastP is 0/);
  });

  it('writes means with the digits that tell them apart', async () => {
    const days = (from: number) => ({ year: list(40, (i) => 100_000 + from + (i % 5)) });
    const found = await drift(days(0), days(2), { backend });
    expect(driftText(found)).toContain('mean 100002 → 100004');
  });

  it('stops at an abort and tells how far it is', async () => {
    const controller = new AbortController();
    const table = (from: number) => ({ a: list(3000, (i) => Math.sin(i * i + from)), b: list(3000, (i) => i % 7) });
    const running = drift(table(0), table(1), {
      backend,
      signal: controller.signal,
      onProgress: ({ stage, share }) => {
        expect(share).toBeLessThanOrEqual(1);
        if (stage === 'shuffling columns') controller.abort();
      },
    });
    await expect(running).rejects.toThrow(/abort/i);
  });
});

it("Holm's correction is what it is in the book", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holm([0.5, 0.9])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
