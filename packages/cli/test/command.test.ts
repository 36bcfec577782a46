import { mkdir, readdir, readFile } from 'node:fs/promises';
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

interface BadCase {
  readonly what: string;
  /** The arguments, with A, B and @name for files in the folder. */
  readonly argv: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly message: string;
}

const bad: BadCase[] = [
  { what: 'no such file', argv: 'compare @none.csv B', message: 'none.csv: no such file' },
  { what: 'a folder', argv: 'compare @sub B', message: 'it is a folder' },
  { what: 'an empty file', argv: 'compare A @e.csv', files: { 'e.csv': '' }, message: 'e.csv: the file is empty' },
  { what: 'a header only', argv: 'compare A @e.csv', files: { 'e.csv': 'x,y\n' }, message: 'no rows' },
  {
    what: 'text in a column',
    argv: 'compare A @t.csv',
    files: { 't.csv': 'x,y\n1,2\n3,four\n' },
    message: 't.csv: line 3 (row 2), column "y": "four" is not a finite number',
  },
  {
    what: 'a missing column',
    argv: 'compare A B --columns x,z',
    message: 'there is no column "z"; its columns are x, y',
  },
  { what: 'a missing weights column', argv: 'compare A B --weights w', message: 'there is no column "w"' },
  {
    what: 'ragged rows',
    argv: 'compare A @r.csv',
    files: { 'r.csv': 'x,y\n1,2\n3\n' },
    message: 'line 3 has 1 values',
  },
  {
    what: 'NaN',
    argv: 'compare A @n.csv',
    files: { 'n.csv': 'x,y\n1,NaN\n' },
    message: '(row 1), column "y": the value is missing',
  },
  {
    what: 'differing dimensions',
    argv: 'compare A @d.csv',
    files: { 'd.csv': 'x,y,z\n1,2,3\n' },
    message: 'has 2 columns (x, y) and',
  },
  {
    what: 'coordinates whose distances no number can hold',
    argv: 'compare @huge.csv B --loss energy --backend cpu',
    files: { 'huge.csv': 'x,y\n1e200,0\n0,1e200\n' },
    message: 'their squared distances are beyond 64-bit numbers',
  },
  {
    what: 'the same in a test',
    argv: 'test @huge.csv B --backend cpu',
    files: { 'huge.csv': 'x,y\n1e200,0\n0,1e200\n' },
    message: 'their squared distances are beyond 64-bit numbers',
  },
  {
    what: 'coordinates whose squared distances are 0',
    argv: 'compare @tiny.csv @tiny.csv --backend cpu',
    files: { 'tiny.csv': 'x,y\n1e-200,2e-200\n3e-200,1e-200\n' },
    message: 'their squared distances are below 64-bit numbers',
  },
  {
    what: 'a column whose deviation is lost',
    argv: 'compare @tiny.csv B --standardize --backend cpu',
    files: { 'tiny.csv': 'x,y\n1e-200,2\n3e-200,1\n' },
    message: 'the deviation of x is beyond 64-bit numbers',
  },
  { what: 'standard input twice', argv: 'compare - -', message: 'standard input can be one of the clouds only' },
  { what: 'an unknown format', argv: 'compare A B --format xls', message: 'it must be one or two of csv, tsv' },
  {
    what: 'a size that is none',
    argv: 'compare A B --max-unzipped much',
    message: 'it must be a size, as 500MB or 8GB',
  },
  {
    what: 'a header rule that is none',
    argv: 'compare A B --header maybe',
    message: 'Allowed choices are auto, yes, no',
  },
  { what: 'an empty delimiter', argv: 'compare A B --delimiter=', message: 'it must not be empty' },
  {
    what: 'an unknown kind of file',
    argv: 'compare A @d.xlsx',
    files: { 'd.xlsx': '1' },
    message: 'unknown kind of file',
  },
  {
    what: 'weights of differing mass',
    argv: 'compare @v.csv @w.csv --weights w',
    files: { 'v.csv': 'x,w\n0,1\n', 'w.csv': 'x,w\n0,2\n' },
    message: 'x has mass 1 and y has mass 2: set --normalize to compare shares, or --reach to',
  },
  {
    what: 'weights of zero',
    argv: 'compare @v.csv @v2.csv --weights w',
    files: { 'v.csv': 'x,w\n0,0\n', 'v2.csv': 'x,w\n0,0\n' },
    message: 'weights',
  },
  {
    what: 'an output in no folder',
    argv: 'compare A B --gradient @none/g.csv',
    message: 'g.csv: cannot be written: its folder does not exist',
  },
  {
    what: 'a second output in no folder',
    argv: 'compare A B --gradient @g.csv --plot @none/p.svg',
    message: 'p.svg: cannot be written',
  },
  { what: 'a folder as output', argv: 'compare A B --plot @sub', message: 'cannot be written: it is a folder' },
  { what: 'an input as output', argv: 'compare A B --gradient A', message: 'it is the input' },
  {
    what: 'one file for two outputs',
    argv: 'compare A B --gradient @o --plot @o',
    message: 'two outputs have this name',
  },
  {
    what: 'an unknown loss',
    argv: 'compare A B --loss wasserstein',
    message: 'Allowed choices are sinkhorn, hausdorff, energy, gaussian, laplacian',
  },
  {
    what: 'an unknown backend',
    argv: 'compare A B --backend abacus',
    message: 'there is no backend "abacus"; choose among auto, webgpu, wasm, gpujs, cpu',
  },
  { what: 'blur below zero', argv: 'compare A B --blur -1', message: 'blur is -1' },
  { what: 'blur of zero', argv: 'compare A B --blur 0', message: 'blur is 0' },
  { what: 'blur that is no number', argv: 'compare A B --blur wide', message: 'it must be a number' },
  { what: 'p of 3', argv: 'compare A B --p 3', message: 'p is 3' },
  { what: 'reach of zero', argv: 'compare A B --reach 0', message: 'reach is 0' },
  { what: 'a tolerance of zero', argv: 'compare A B --tolerance 0', message: 'tolerance is 0' },
  {
    what: 'blur for the energy distance',
    argv: 'compare A B --loss energy --blur 1',
    message: '--blur: the energy distance has no blur',
  },
  {
    what: 'reach for a kernel',
    argv: 'compare A B --loss gaussian --reach 1',
    message: '--reach: the Gaussian MMD has no reach',
  },
  {
    what: 'annealing alone of a loss without it',
    argv: 'compare A B --loss hausdorff --tolerance none',
    message: '"none" is for the Sinkhorn divergence',
  },
  {
    what: 'transport of a loss without a plan',
    argv: 'compare A B --loss energy --transport @t.csv',
    message: 'losses sinkhorn, line and exact have a plan',
  },
  { what: 'no permutations', argv: 'compare A B --permutations 0', message: 'a whole number, at least 1' },
  { what: 'half a permutation', argv: 'compare A B --permutations 1.5', message: 'a whole number, at least 1' },
  {
    what: 'a plot of no permutations',
    argv: 'compare A B --permutation-plot @p.svg',
    message: 'it needs --permutations',
  },
  { what: 'an empty column name', argv: 'compare A B --columns x,,y', message: 'give names with commas between them' },
  {
    what: 'one file',
    argv: 'compare A',
    message: "missing required argument 'B': write sinkhorn compare <A> <B>\n(sinkhorn compare --help",
  },
  {
    what: 'no current table',
    argv: 'drift A',
    message: "argument 'current': write sinkhorn drift <reference> <current...>",
  },
  { what: 'three files', argv: 'compare A B A', message: 'got 3: write sinkhorn compare <A> <B>, with quotes around' },
  { what: 'a file too many', argv: 'doctor A', message: 'got 1: write sinkhorn doctor\n' },
  {
    what: 'no file to write',
    argv: 'transfer A B',
    message: 'not specified: add -o, --out <file>: the picture to write',
  },
  { what: 'an option without its value', argv: 'flow A B --rate', message: 'argument missing: write --rate <' },
  {
    what: 'no name of a command',
    argv: 'A B',
    message: ': a command comes first, as in sinkhorn compare A.csv B.csv\n',
  },
  { what: 'options alone', argv: '--blur 1', message: "'--blur': options come after a command, as in" },
  { what: 'a cost that cannot be written', argv: 'compare A B --p 3', message: 'p is 3: give 1 or 2\n' },
  { what: 'an unknown option', argv: 'compare A B --fast', message: "unknown option '--fast'" },
  { what: 'an unknown command', argv: 'measure A B', message: "unknown command 'measure'" },
  { what: 'no command', argv: '', message: 'Usage: sinkhorn' },
  { what: 'flow: no such file', argv: 'flow A @none.csv', message: 'no such file' },
  { what: 'flow: a file as the folder', argv: 'flow A B --out A', message: 'cannot be written into: it is a file' },
  { what: 'flow: a folder in no folder', argv: 'flow A B --out @none/out', message: 'its folder does not exist' },
  { what: 'flow: a rate below zero', argv: 'flow A B --rate -1', message: '--rate: it must be above 0' },
  { what: 'flow: no steps', argv: 'flow A B --steps 0', message: 'a whole number, at least 1' },
  { what: 'flow: an unknown backend', argv: 'flow A B --backend abacus', message: 'there is no backend' },
];

describe('sinkhorn refuses', () => {
  it.each(bad)('$what', async ({ argv, files = {}, message }) => {
    await mkdir(folder.at('sub'));
    for (const [name, contents] of Object.entries(files)) await folder.write(name, contents);
    const before = (await readdir(folder.path)).sort();
    const words = argv.split(' ').filter((word) => word !== '');
    const outcome = await run(
      ...words.map((word) =>
        word === 'A' ? a : word === 'B' ? b : word.startsWith('@') ? folder.at(word.slice(1)) : word,
      ),
    );
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('internal error');
    expect(outcome.stdout).toBe('');
    expect(outcome.status).toBe(2);
    expect((await readdir(folder.path)).sort()).toEqual(before);
    expect(await readFile(a, 'utf8')).toBe(cloudCsv(12, 0));
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
