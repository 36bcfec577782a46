import { readdir, readFile } from 'node:fs/promises';
import { cpu, exactTransport, medianDistance, sinkhornDivergence, slicedWasserstein, transportOnLine } from 'sinkhorn';
import { beforeEach, describe, expect, it } from 'vitest';
import { useFolder } from './helpers.js';
import { cloudCsv, csvNumbers, run, runWith } from './runCommand.js';

const folder = useFolder();

let a = '';
let b = '';
beforeEach(async () => {
  a = await folder.write('a.csv', cloudCsv(12, 0));
  b = await folder.write('b.csv', cloudCsv(12, 2));
});

describe('sinkhorn compare', () => {
  it('reads each file as the kind it is told', async () => {
    const table = await folder.write('table.dat', '0.5 1\n2 3\n');
    const rows = await folder.write('rows.dat', '[[0.5,1],[2,3]]');
    const { status, stdout } = await run('compare', table, rows, '--format', 'xyz,json', '--backend', 'cpu', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).value).toBeCloseTo(0, 9);
  });

  it('finds the known value of a shift: half its square', async () => {
    const { status, stdout } = await run('compare', a, b, '--blur', '0.5', '--tolerance', '1e-9', '--json');
    const result = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(result.value).toBeCloseTo(2, 6);
    expect(result.gradientNorm).toBeCloseTo(2 / Math.sqrt(12), 6);
    expect(result).toMatchObject({
      loss: 'sinkhorn',
      options: { p: 2, blur: 0.5, reach: null, tolerance: 1e-9 },
      diagnostics: { converged: true },
      inputs: { a: { file: a, count: 12, columns: ['x', 'y'], weighted: false }, b: { count: 12 } },
    });
  });

  it.each(['sinkhorn', 'hausdorff', 'energy', 'gaussian', 'laplacian', 'sliced', 'exact'])(
    'prints a table for --loss %s',
    async (loss) => {
      const { status, stdout, stderr } = await run('compare', a, b, '--loss', loss);
      expect(status).toBe(0);
      expect(stderr).toBe('');
      for (const label of [
        'loss',
        'A',
        'B',
        'value',
        'gradient norm',
        'iterations',
        'marginal error',
        'backend',
        'time',
      ]) {
        expect(stdout).toMatch(new RegExp(`^${label}  `, 'm'));
      }
    },
  );

  it.each([
    ['exact', ['--p', '1'], 1],
    ['line', ['--columns', 'x', '--p', '3'], 3],
    ['line', ['--columns', 'x', '--p', '1', '--period', '6'], 1],
    ['sliced', ['--directions', '30'], 2],
  ])('compares exactly with --loss %s %j', async (loss, options, p) => {
    const { status, stdout } = await run('compare', a, b, '--loss', loss, ...options, '--json');
    expect(status).toBe(0);
    const found = JSON.parse(stdout);
    const [x, y] = await Promise.all([csvNumbers(a), csvNumbers(b)]);
    const columns = loss === 'line' ? 1 : 2;
    const [rowsX, rowsY] = [x, y].map(({ rows }) => rows.map((row) => row.slice(0, columns)));
    const period = options.includes('--period') ? { period: 6 } : {};
    const made =
      loss === 'exact'
        ? exactTransport({ p })
        : loss === 'line'
          ? transportOnLine({ p, ...period })
          : slicedWasserstein({ p, directions: 30 });
    expect(found.value).toBeCloseTo(await made.value(rowsX, rowsY), 12);
    expect(found.distance).toBeCloseTo((p * found.value) ** (1 / p), 12);
    expect(found).toMatchObject({ loss, backend: 'host (float64)', diagnostics: { accurate: true } });
    expect(found.options.p).toBe(p);
    expect(found.standardError !== undefined).toBe(loss === 'sliced');
  });

  it('takes penalties, a distance and a part of the median distance', async () => {
    const json = async (...options: string[]) => {
      const { status, stdout } = await run('compare', a, b, '--json', ...options);
      return { status, ...JSON.parse(stdout) };
    };
    const [x, y] = [(await csvNumbers(a)).rows, (await csvNumbers(b)).rows];
    const of = (options: object) => sinkhornDivergence({ backend: cpu(), blur: 0.3, ...options }).value(x, y);
    const blurred = ['--blur', '0.3'];
    const tv = await json(...blurred, '--penalty', 'tv:0.1');
    expect(tv).toMatchObject({ status: 0, options: { penalty: 'tv:0.1' } });
    expect(tv.distance).toBeUndefined();
    expect(tv.value).toBeCloseTo(await of({ penalty: { kind: 'tv', strength: 0.1 } }), 5);
    const range = await json(...blurred, '--penalty', 'range:0.5,1.5');
    expect(range.value).toBeCloseTo(await of({ penalty: { kind: 'range', low: 0.5, high: 1.5 } }), 5);
    const partial = await json(...blurred, '--penalty', 'partial:0.4');
    expect(partial.value).toBeCloseTo(await of({ penalty: { kind: 'partial', mass: 0.4 }, debias: false }), 5);
    const [plain, root] = [await json(...blurred), await json(...blurred, '--root')];
    expect(root.value).toBeCloseTo(Math.sqrt(2 * plain.value), 5);
    expect(root.distance).toBeCloseTo(plain.distance, 5);
    const median = await json('--blur', 'median:0.5');
    expect(median.options.blur).toEqual({ median: 0.5 });
    expect(median.diagnostics.blur).toBeCloseTo(medianDistance(x, y) / 2, 12);
    expect((await run('compare', a, b, '--blur', 'median:0.5')).stdout).toMatch(
      /blur 0\.5 of the median distance[\s\S]*^blur {2}/m,
    );
  });

  it('writes where points go by exact plans', async () => {
    const { status } = await run(
      'compare',
      a,
      b,
      '--loss',
      'exact',
      '--transport',
      folder.at('t.csv'),
      '--plot',
      folder.at('p.svg'),
    );
    expect(status).toBe(0);
    const { rows } = await csvNumbers(folder.at('t.csv'));
    expect(rows.length).toBe((await csvNumbers(a)).rows.length);
    expect(await readFile(folder.at('p.svg'), 'utf8')).toContain('Exact transport');
  });

  it('says in its own options what serves better', async () => {
    const { status, stderr } = await run('compare', a, b, '--columns', 'x', '--blur', '0.01', '--tolerance', 'none');
    expect(status).toBe(1);
    expect(stderr).toContain('note: on the line transport is exact without a blur: use --loss line --p 2');
  });

  it.each([
    [['--penalty', 'tv'], /with one number, as tv:0.1/],
    [['--penalty', 'kl:'], /with one number, as tv:0.1/],
    [['--penalty', 'range:0.5,high'], /or range with two, as range:0.5,1.5/],
    [['--penalty', 'half:1'], /kl, tv, berg/],
    [['--penalty', 'tv:0.1', '--reach', '1'], /give one of both/],
    [['--penalty', 'tv:-1'], /penalty\.strength is -1/],
    [['--penalty', 'tv:1', '--loss', 'sliced'], /has no penalty/],
    [['--blur', 'median:'], /median: and a number/],
    [['--blur', 'median:1', '--loss', 'gaussian'], /part of the median distance/],
    [['--root', '--loss', 'energy'], /has no root/],
    [['--loss', 'line'], /x has dimension 2/],
    [['--loss', 'exact', '--p', '0.5'], /p is 0\.5/],
    [['--loss', 'sliced', '--transport', 't.csv'], /have a plan/],
  ])('refuses %j', async (options, message) => {
    const { status, stderr, stdout } = await run('compare', a, b, ...options);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  it('says which blur it took', async () => {
    const { stdout } = await run('compare', a, b);
    expect(stdout).toContain('(5 % of the diameter)');
    const result = JSON.parse((await run('compare', a, b, '--json')).stdout);
    const rows = [...(await csvNumbers(folder.at('a.csv'))).rows, ...(await csvNumbers(folder.at('b.csv'))).rows];
    const side = (d: number): number => Math.max(...rows.map((row) => row[d])) - Math.min(...rows.map((row) => row[d]));
    expect(result.options.blur).toBeCloseTo(0.05 * Math.hypot(side(0), side(1)), 12);
  });

  it('writes gradient, transport and picture', async () => {
    const outputs = ['--gradient', folder.at('g.csv'), '--transport', folder.at('t.csv'), '--plot', folder.at('p.svg')];
    const { status } = await run('compare', a, b, '--blur', '0.05', ...outputs);
    expect(status).toBe(0);
    const gradient = await csvNumbers(folder.at('g.csv'));
    expect(gradient.header).toBe('gradient_x,gradient_y,gradient_weight');
    expect(gradient.rows).toHaveLength(12);
    for (const [x] of gradient.rows) expect(x).toBeCloseTo(-2 / 12, 2);
    const transport = await csvNumbers(folder.at('t.csv'));
    expect(transport.header).toBe('source_x,source_y,target_x,target_y');
    const source = await csvNumbers(folder.at('a.csv'));
    expect(transport.rows.map(([x, y]) => [x, y])).toEqual(source.rows);
    for (const row of transport.rows) for (const value of row) expect(Number.isFinite(value)).toBe(true);
    expect(await readFile(folder.at('p.svg'), 'utf8')).toMatch(/^<svg xmlns=/);
    expect((await readdir(folder.path)).sort()).toEqual(['a.csv', 'b.csv', 'g.csv', 'p.svg', 't.csv']);
  });

  it.each(['energy', 'hausdorff'])('draws the way down for --loss %s', async (loss) => {
    const { status } = await run('compare', a, b, '--loss', loss, '--plot', folder.at('p.svg'));
    expect(status).toBe(0);
    expect(await readFile(folder.at('p.svg'), 'utf8')).toContain('the way down for each point');
  });

  it('tests with permutations: a shift is found, two halves of one cloud are alike', async () => {
    const test = ['--loss', 'energy', '--permutations', '99', '--seed', '1'];
    const shifted = JSON.parse((await run('compare', a, b, ...test, '--json')).stdout);
    expect(shifted).toMatchObject({ pValue: 0.01, permutations: 99 });
    const same = await run('compare', a, a.replace('a.csv', 'c.csv'), ...test);
    expect(same.status).toBe(2);
    await folder.write('c.csv', cloudCsv(12, 0.01));
    const alike = JSON.parse((await run('compare', a, folder.at('c.csv'), ...test, '--json')).stdout);
    expect(alike.pValue).toBeGreaterThan(0.2);
    const table = await run('compare', a, b, ...test, '--permutation-plot', folder.at('p.svg'));
    expect(table.stdout).toContain('differ more than chance explains');
    expect(await readFile(folder.at('p.svg'), 'utf8')).toContain('observed');
  });

  it('matches columns by name, and says so when it matches them by place', async () => {
    const swapped = await folder.write('swapped.csv', 'y,x\n0,1\n2,3\n');
    const straight = await folder.write('straight.csv', 'x,y\n1,0\n3,2\n');
    expect(JSON.parse((await run('compare', straight, swapped, '--json')).stdout).value).toBeCloseTo(0, 9);
    const other = await folder.write('other.csv', 'u,v\n1,0\n3,2\n');
    const { stderr } = await run('compare', straight, other);
    expect(stderr).toBe('sinkhorn: note: columns are matched by their place: x, y with u, v\n');
    expect((await run('compare', straight, other, '--quiet')).stderr).toBe('');
  });

  it('reads weights', async () => {
    const first = await folder.write('first.csv', 'x,w\n0,0.75\n1,0.25\n');
    const second = await folder.write('second.csv', 'x,w\n0,0.25\n1,0.75\n');
    const { stdout } = await run('compare', first, second, '--weights', 'w', '--loss', 'energy', '--json');
    // 1/2 |alpha - beta|^2 of the energy kernel is the integral of (F - G)^2: 0.5^2 on [0, 1].
    const result = JSON.parse(stdout);
    expect(result.value).toBeCloseTo(0.25, 9);
    expect(result.inputs.a).toMatchObject({ columns: ['x'], weighted: true });
  });

  it('compares counts as shares with --normalize', async () => {
    const first = await folder.write('first.csv', 'x,w\n0,30\n1,10\n');
    const second = await folder.write('second.csv', 'x,w\n0,1\n1,3\n');
    const options = ['--weights', 'w', '--normalize', '--loss', 'energy'];
    const result = JSON.parse((await run('compare', first, second, ...options, '--json')).stdout);
    expect(result.value).toBeCloseTo(0.25, 9);
    expect(result.options).toEqual({ normalize: true });
    expect((await run('compare', first, second, ...options)).stdout).toContain('weights as shares');
    for (const loss of ['sinkhorn', 'hausdorff', 'gaussian', 'laplacian']) {
      const { status } = await run('compare', first, second, '--weights', 'w', '--normalize', '--loss', loss);
      expect(status).toBe(0);
    }
  });

  it('ends with 1 when it does not converge, with all outputs', async () => {
    const args = ['--blur', '0.001', '--tolerance', 'none', '--p', '1', '--gradient', folder.at('g.csv')];
    const { status, stdout, stderr } = await run('compare', a, b, ...args);
    expect(status).toBe(1);
    expect(stderr).toContain('sinkhorn: not converged: marginal error');
    expect(stdout).toContain('value');
    expect(await readdir(folder.path)).toContain('g.csv');
  });

  it('shows progress on a terminal alone, and takes it away', async () => {
    const long = await folder.write('long.csv', cloudCsv(400, 1));
    const { stderr, status } = await runWith(new AbortController().signal, ['compare', a, long], () => {});
    expect(status).toBe(0);
    expect(stderr).toContain('reading');
    expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
    const quiet = await runWith(new AbortController().signal, ['compare', a, long, '--quiet'], () => {});
    expect(quiet.stderr).toBe('');
  });

  it('stops at an interrupt, with nothing written', async () => {
    const interrupt = new AbortController();
    const args = ['compare', a, b, '--permutations', '100000', '--gradient', folder.at('g.csv')];
    const { status, stdout, stderr } = await runWith(interrupt.signal, args, (text) => {
      if (text.includes('permutations')) interrupt.abort();
    });
    expect(status).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('stopped; nothing was written');
    expect((await readdir(folder.path)).sort()).toEqual(['a.csv', 'b.csv']);
  });
});

describe('sinkhorn doctor and help', () => {
  it('lists the backends', async () => {
    const { status, stdout } = await run('doctor');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^cpu +works +float64/m);
    expect(JSON.parse((await run('doctor', '--json')).stdout).backends).toContainEqual(
      expect.objectContaining({ name: 'cpu', available: true }),
    );
  });

  it('helps', async () => {
    const help = await run('--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('Exit status: 0 done, 1 not converged, not accurate or in doubt, 2 bad input');
    const version = await run('--version');
    expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});
