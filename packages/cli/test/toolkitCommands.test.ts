import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { useFolder } from './helpers.js';
import { cloudCsv, csvNumbers, run, runWith } from './runCommand.js';

const folder = useFolder();
const lines = (count: number, line: (i: number) => string, header: string) =>
  `${header}\n${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`;

describe('sinkhorn test', () => {
  it('prints the p-value, the size of the difference and the rows that differ', async () => {
    const a = await folder.write('a.csv', cloudCsv(40, 0));
    const b = await folder.write('b.csv', cloudCsv(40, 2));
    const { status, stdout } = await run('test', a, b, '--backend', 'cpu', '--permutations', '99');
    expect(status).toBe(0);
    expect(stdout).toMatch(/differ by more than chance explains: p = 0.01, from 99 shuffles/);
    expect(stdout).toMatch(/itself moved by 2 \(in units/);
    expect(stdout).toMatch(/Points that differ most: rows/);
  });

  it('ends with status 3 where the gate fails, and with 0 where it does not', async () => {
    const a = await folder.write('a.csv', cloudCsv(30, 0));
    const b = await folder.write('b.csv', cloudCsv(30, 3));
    const failed = await run(
      'test',
      a,
      b,
      '--backend',
      'cpu',
      '--permutations',
      '199',
      '--fail-below',
      '0.01',
      '--json',
    );
    expect(failed.status).toBe(3);
    expect(failed.stderr).toBe('sinkhorn: gate failed: p = 0.005 is below 0.01\n');
    expect(JSON.parse(failed.stdout)).toMatchObject({ pValue: 0.005, differs: true, permutations: 199 });
    expect((await run('test', a, a, '--backend', 'cpu', '--permutations', '99', '--fail-below', '.01')).status).toBe(0);
    expect((await run('test', a, b, '--fail-below', '2')).status).toBe(2);
  });

  it('can fail below any p-value that is asked for, and says where it cannot', async () => {
    const a = await folder.write('a.csv', cloudCsv(30, 0));
    const b = await folder.write('b.csv', cloudCsv(30, 3));
    expect((await run('test', a, b, '--backend', 'cpu', '--fail-below', '.001')).status).toBe(3);
    expect((await run('drift', a, b, '--backend', 'cpu', '--fail-below', '.001')).status).toBe(3);
    const few = await run('test', a, b, '--backend', 'cpu', '--permutations', '99', '--fail-below', '.001');
    expect([few.status, few.stderr]).toEqual([
      0,
      expect.stringMatching(/this gate cannot fail: .* p is 0.01 at least/),
    ]);
  });

  it('says that columns have scales of their own, and standardises', async () => {
    const rows = (shift: number) => lines(30, (i) => `${1000 * Math.sin(i)},${Math.cos(i * i) + shift}`, 'big,small');
    const a = await folder.write('a.csv', rows(0));
    const b = await folder.write('b.csv', rows(3));
    const raw = await run('test', a, b, '--backend', 'cpu', '--permutations', '99');
    expect(raw.stderr).toMatch(/column "big" varies .* times as much as "small".*--standardize/);
    expect(raw.stdout).toMatch(/no more than chance/);
    const standardized = await run('test', a, b, '--backend', 'cpu', '--permutations', '99', '--standardize');
    expect(standardized.stderr).toBe('');
    expect(standardized.stdout).toMatch(/more than chance explains/);
  });
});

describe('sinkhorn drift', () => {
  it('compares the objects in a file of JSON lines', async () => {
    const rows = (k: string) =>
      Array.from({ length: 40 }, (_, i) => JSON.stringify({ n: i % 5, tags: { k } })).join('\n');
    const [reference, current] = [await folder.write('o1.jsonl', rows('a')), await folder.write('o2.jsonl', rows('b'))];
    const { stdout } = await run('drift', reference, current, '--backend', 'cpu');
    expect(stdout).toMatch(/o2.jsonl: drift \(p = [\d.e-]+\) in tags\./);
    expect(stdout).toContain('{"k":"b"} (new) 0 % → 100 %');
  });

  const table = (moved: boolean) =>
    lines(
      120,
      (i) =>
        `${1000 + i},${((i * 7) % 50) + (moved ? 15 : 0)},${i % 3 ? 'basic' : 'pro'},${i % 9 ? 'true' : ''},2026-01-${10 + (i % 20)}`,
      'id,price,plan,paid,day',
    );

  it('names the columns that drifted, writes a report and fails the gate', async () => {
    const reference = await folder.write('reference.csv', table(false));
    const same = await folder.write('same.csv', table(false));
    const moved = await folder.write('moved.csv', table(true));
    const report = folder.at('report.html');
    const { status, stdout, stderr } = await run(
      'drift',
      reference,
      same,
      moved,
      '--backend',
      'cpu',
      '--report',
      report,
      '--fail-below',
      '.01',
    );
    expect(status).toBe(3);
    expect(stderr).toMatch(/gate failed: p = [\d.e-]+ of moved.csv is below 0.01/);
    expect(stdout).toMatch(/same.csv: no drift found \(p = 1\)/);
    expect(stdout).toMatch(/moved.csv: drift \(p = [\d.e-]+\) in price\./);
    expect(stdout).toMatch(/Column id is left out/);
    const page = await readFile(report, 'utf8');
    expect(page).toMatch('<h1>Drift from reference.csv</h1>');
    expect(page).toMatch('moved.csv');
    expect((await run('drift', reference, same, '--backend', 'cpu', '--fail-below', '.01')).status).toBe(0);
    const short = await folder.write('short.csv', table(false).replaceAll(/,[^,\n]*$/gm, ''));
    const gone = await run('drift', reference, short, '--backend', 'cpu', '--fail-below', '.01');
    expect(gone.status).toBe(3);
    expect(gone.stdout).toMatch(/short.csv: column day absent, no drift found in the others/);
    expect(gone.stderr).toMatch(/gate failed: short.csv has no column day; --columns names those to compare/);
  });

  it('refuses the options on reading that mean nothing to tables of any cells, and names its own help', async () => {
    const reference = await folder.write('reference.csv', table(false));
    for (const option of ['--weights', '--missing']) {
      const { status, stderr } = await run('drift', reference, reference, option, 'drop');
      expect([status, stderr]).toEqual([2, expect.stringContaining(`unknown option '${option}'`)]);
      expect(stderr).toContain('sinkhorn drift --help');
    }
  });

  it('reads the reference and the others as kinds of their own', async () => {
    const reference = await folder.write('reference.data', table(false));
    const rows = Array.from({ length: 60 }, (_, i) => JSON.stringify({ price: (i * 7) % 50 })).join('\n');
    const current = await folder.write('current.data', rows);
    const args = ['drift', reference, current, '--backend', 'cpu', '--columns', 'price', '--format'];
    expect((await run(...args, 'csv,jsonl')).stdout).toMatch(/no drift found/);
    expect((await run(...args, 'csv')).status).toBe(2);
  });

  it('reads JSON lines, chooses columns and prints JSON', async () => {
    const rows = (from: number) =>
      Array.from({ length: 30 }, (_, i) => JSON.stringify({ a: from + (i % 5), b: `k${i % 2}` })).join('\n');
    const reference = await folder.write('reference.jsonl', rows(0));
    const current = await folder.write('current.jsonl', rows(9));
    const { status, stdout } = await run('drift', reference, current, '--backend', 'cpu', '--columns', 'a', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'current.jsonl', drifted: true, columns: [{ name: 'a', kind: 'number', effect: 9 }] },
    ]);
  });

  it('takes a word such as "none" for a category among categories, and for a missing number among numbers', async () => {
    const text = lines(40, (i) => `${i % 2 ? 'none' : 'nuts'},${i % 4 ? (i * 3) % 11 : 'none'}`, 'allergy,count');
    const file = await folder.write('none.csv', text);
    const { stdout } = await run('drift', file, file, '--backend', 'cpu', '--json');
    expect(JSON.parse(stdout)).toMatchObject([
      {
        columns: [
          {
            name: 'allergy',
            kind: 'category',
            missing: { reference: 0 },
            categories: [{ name: 'none', reference: 0.5 }, { name: 'nuts' }],
          },
          { name: 'count', kind: 'number', missing: { reference: 0.25 } },
        ],
      },
    ]);
  });

  it('says what is wrong with a file', async () => {
    const reference = await folder.write('reference.csv', table(false));
    const other = await folder.write('other.csv', 'x,y\na,b\n');
    const { status, stderr } = await run('drift', reference, other, '--backend', 'cpu');
    expect(status).toBe(2);
    expect(stderr).toMatch(/shares no column/);
    expect((await run('drift', reference, folder.at('none.csv'))).stderr).toMatch(/no such file/);
    expect((await run('drift', reference, reference, '--columns', 'size', '--backend', 'cpu')).stderr).toMatch(
      /there is no column "size"/,
    );
  });
});

describe('sinkhorn register', () => {
  const shape = (turn: (x: number, y: number) => number[]) =>
    lines(50, (i) => turn(Math.cos(i / 8), 0.4 * Math.sin(i / 4) + 0.2 * Math.cos(i / 3)).join(','), 'x,y');

  it('finds a rotation, and writes the moved points and a picture', async () => {
    const a = await folder.write(
      'a.csv',
      shape((x, y) => [x, y]),
    );
    const b = await folder.write(
      'b.csv',
      shape((x, y) => [0.8 * x - 0.6 * y + 4, 0.6 * x + 0.8 * y]),
    );
    const out = folder.at('moved.csv');
    const plot = folder.at('moved.svg');
    const { status, stdout } = await run('register', a, b, '--rigid', '--backend', 'cpu', '--out', out, '--plot', plot);
    expect(status).toBe(0);
    expect(stdout).toMatch(/angle +3[678]\.?\d* degrees/);
    const { header, rows } = await csvNumbers(out);
    expect(header).toBe('x,y');
    const target = (await csvNumbers(b)).rows;
    for (const [i, row] of rows.entries())
      expect(Math.hypot(row[0] - target[i][0], row[1] - target[i][1])).toBeLessThan(0.1);
    expect(await readFile(plot, 'utf8')).toMatch(/rigid registration/);
    await run('register', a, b, '--backend', 'cpu', '--plot', plot, '--theme', 'light', '--title', 'Two scans');
    expect(await readFile(plot, 'utf8')).toMatch(/fill="#f7f8fa".*>Two scans</);
    const affine = await run('register', a, b, '--affine', '--backend', 'cpu', '--json');
    expect(JSON.parse(affine.stdout)).toMatchObject({ kind: 'affine', matched: 1 });
    expect((await run('register', a, b, '--affine', '--rigid')).stderr).toMatch(/choose one of them/);
  });

  it('says what speaks against its result, with --quiet too, and has status 1', async () => {
    // An ellipse turned by half a turn is itself.
    const ellipse = (shift: number) =>
      lines(40, (i) => `${3 * Math.cos((2 * Math.PI * i) / 40) + shift},${Math.sin((2 * Math.PI * i) / 40)}`, 'x,y');
    const [a, b] = [await folder.write('e.csv', ellipse(0)), await folder.write('f.csv', ellipse(5))];
    const { status, stderr, stdout } = await run('register', a, b, '--backend', 'cpu', '--quiet', '--json');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sinkhorn: in doubt: Another rotation, 180 degrees from this one, fits as well/);
    expect(JSON.parse(stdout).doubts).toHaveLength(1);
  });
});

describe('sinkhorn transfer', () => {
  const write = async (name: string, colour: (i: number) => number[]) => {
    const png = new PNG({ width: 32, height: 8 });
    for (let i = 0; i < 256; i++) png.data.set(colour(i), 4 * i);
    await writeFile(folder.at(name), PNG.sync.write(png));
    return folder.at(name);
  };

  it('gives a picture the colours of another', async () => {
    const a = await write('a.png', (i) => [i, i, i, 255 - (i % 2)]);
    const b = await write('b.png', (i) => [128 + i / 2, 100, 50, 255]);
    const out = folder.at('c.png');
    const { status, stdout } = await run('transfer', a, b, '-o', out, '--backend', 'cpu');
    expect(status).toBe(0);
    expect(stdout).toMatch(/32 x 8/);
    const { data, width, height } = PNG.sync.read(await readFile(out));
    expect([width, height]).toEqual([32, 8]);
    // The ends of a range keep a little of what they were: about a fifth of the blur.
    expect(Math.abs(data[1] - 100)).toBeLessThan(10);
    expect(Math.abs(data[4 * 128 + 1] - 100)).toBeLessThan(3);
    expect(data[0]).toBeLessThan(data[4 * 255]);
    expect([data[3], data[7]]).toEqual([255, 254]);
  });

  it('refuses what is no PNG', async () => {
    const a = await folder.write('a.png', 'no picture');
    expect((await run('transfer', a, a, '-o', folder.at('c.png'))).stderr).toMatch(/damaged or no PNG/);
  });
});

describe('sinkhorn pairwise', () => {
  it('gives the matrix and a map of the clouds in a folder', async () => {
    const clouds = path.join(folder.path, 'clouds');
    await mkdir(clouds);
    for (const [name, shift] of [
      ['a', 0],
      ['b', 1],
      ['c', 3],
    ] as const) {
      await writeFile(path.join(clouds, `${name}.csv`), cloudCsv(12, shift));
    }
    await writeFile(path.join(clouds, 'notes.md'), 'no cloud');
    const [out, embed] = [folder.at('matrix.csv'), folder.at('map.csv')];
    const { status, stdout } = await run(
      'pairwise',
      clouds,
      '--backend',
      'cpu',
      '--blur',
      '.3',
      '--out',
      out,
      '--embed',
      embed,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/cloud +a\.csv +b\.csv +c\.csv/);
    const { header, rows } = await csvNumbers(out);
    expect(header).toBe('a.csv,b.csv,c.csv');
    expect(rows[0][2]).toBeCloseTo(4.5, 1);
    expect(rows[2][0]).toBe(rows[0][2]);
    const map = (await csvNumbers(embed)).rows;
    expect(Math.hypot(map[0][0] - map[2][0], map[0][1] - map[2][1])).toBeCloseTo(3, 1);
    expect((await run('pairwise', folder.at('none'))).stderr).toMatch(/cannot be read as a folder/);
    const file = await folder.write('one.csv', 'x\n1\n');
    expect((await run('pairwise', file)).stderr).toMatch(/one\.csv: it is a file; name the folder that it is in/);
  });

  it('takes the same blur whatever the names of the files', async () => {
    const valuesOf = async (names: readonly string[]) => {
      const clouds = path.join(folder.path, names.join(''));
      await mkdir(clouds);
      // The second and the third are farther from each other than from the first.
      for (const [k, shift] of [0, -4, 4].entries()) {
        await writeFile(path.join(clouds, `${names[k]}.csv`), cloudCsv(12, shift));
      }
      const { stdout } = await run('pairwise', clouds, '--backend', 'cpu', '--json');
      const { options, values } = JSON.parse(stdout);
      return { blur: options.blur, largest: Math.max(...values.flat()) };
    };
    const [one, other] = [await valuesOf(['a', 'b', 'c']), await valuesOf(['c', 'a', 'b'])];
    expect(other.blur).toBeCloseTo(one.blur, 12);
    expect(other.largest).toBeCloseTo(one.largest, 9);
  });
});

describe('sinkhorn compare', () => {
  it('prints the distance in units of the data, and that of two halves of A', async () => {
    const a = await folder.write('a.csv', cloudCsv(40, 0));
    const b = await folder.write('b.csv', cloudCsv(40, 2));
    const { stdout } = await run('compare', a, b, '--backend', 'cpu');
    expect(stdout).toMatch(/^distance +2(\.\d+)? \(sqrt\(2 value\), in units of the coordinates\)$/m);
    expect(stdout).toMatch(/^by chance +0?\.\d+ \(the distance between two halves of A\)$/m);
    const { distance, distanceOfHalves } = JSON.parse(
      (await run('compare', a, b, '--backend', 'cpu', '--json')).stdout,
    );
    expect(distance).toBeCloseTo(2, 1);
    expect(distanceOfHalves).toBeGreaterThan(0);
    expect((await run('compare', a, b, '--backend', 'cpu', '--reach', '1')).stdout).not.toMatch(/distance/);
  });

  it('draws in the theme and with the title that it is told', async () => {
    const a = await folder.write('a.csv', cloudCsv(12, 0));
    const plot = folder.at('plot.svg');
    await run('compare', a, a, '--backend', 'cpu', '--plot', plot, '--theme', 'print', '--title', 'Before <after>');
    const standardized = folder.at('standardized.svg');
    await run('compare', a, a, '--backend', 'cpu', '--standardize', '--plot', standardized);
    expect(await readFile(standardized, 'utf8')).toMatch(/, in deviations of A</);
    const svg = await readFile(plot, 'utf8');
    expect(svg).toMatch('Before &lt;after&gt;');
    expect(svg).toMatch('#ffffff');
    expect(svg).not.toMatch('#0e1320');
    expect(svg).not.toMatch(/\d ms/);
  });
});

it('stops in good order', async () => {
  const a = await folder.write('a.csv', cloudCsv(200, 0));
  const controller = new AbortController();
  const { status, stderr } = await runWith(
    controller.signal,
    ['test', a, a, '--backend', 'cpu', '--loss', 'sinkhorn'],
    (text) => {
      if (text.includes('shuffling')) controller.abort();
    },
  );
  expect(status).toBe(130);
  expect(stderr).toMatch(/stopped; nothing was written/);
});
