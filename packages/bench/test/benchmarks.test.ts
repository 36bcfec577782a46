import { benchmarks, inProcess, markdown, merge, type Plan, type Result, type Table } from '@sinkhorn/bench';
import { describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';

const once = { rounds: 1, limit: 0 };
const { href: module } = await fleetThread();

const onWebgpu = {
  divergences: [{ dimension: 5, n: 30, contenders: ['jax', 'library', 'tfjs'], patience: 60, ...once }],
  softmins: [{ dimension: 3, n: 300, ...once }],
} as const;
// The same at other sizes: what is measured is covered by the first.
const shortOnWebgpu = {
  divergences: [{ dimension: 64, n: 30, contenders: ['jax', 'library'], patience: 60, ...once }],
  softmins: [{ dimension: 64, n: 300, ...once }],
} as const;
const tiny: Plan = {
  kernels: {
    sizes: [
      { n: 30, handRows: 30, ...once },
      { n: 30, handRows: 10, ...once },
    ],
    threads: [{ n: 30, threads: 2, ...once }],
    firstCalls: 1,
  },
  // Clocks of pages tick every tenth of a millisecond.
  chromium: { n: 400, ...once },
  webgl: { modes: ['webgl2'], softmin: [{ n: 400, ...once }], divergence: [{ n: 100, ...once }] },
  native: { n: 30, rounds: 1 },
  peers: {
    threads: 2,
    runs: [
      { peer: 'tfjs', n: 30, ...once },
      { peer: 'jax', n: 30, ...once },
    ],
  },
  training: { threads: 2, runs: [{ n: 30, ...once }] },
  webgpu: onWebgpu,
  webgpuMore: shortOnWebgpu,
  webgpuWide: shortOnWebgpu,
  webgpuWideMore: shortOnWebgpu,
  geomloss: {
    threads: 2,
    schedule: [{ n: 1000, ...once }],
    mmd: [{ n: 30, ...once }],
    gradient: [{ n: 200, ...once }],
  },
  multiscale: {
    threads: 2,
    large: [300, 600].map(
      (n) =>
        ({
          kind: 'dragon, sphere',
          n,
          blur: 0.2,
          tolerance: 1e-3,
          truth: { accuracy: 1e-4, tolerance: 1e-5 },
          ...once,
        }) as const,
    ),
    geomloss: [{ kind: 'squares, moved and scaled', n: 300, blur: 0.1, ...once }],
  },
  tenMillion: {
    threads: 2,
    runs: [500, 1000].map(
      (n) => ({ kind: 'cubes, moved and scaled', n, blur: 0.2, tolerance: 1e-3, ...once }) as const,
    ),
  },
  multiscaleErrors: {
    threads: 2,
    runs: [1e-5, null].map((tolerance) => ({ kind: 'crowded in a corner', n: 300, blurs: [0.2], tolerance }) as const),
  },
  accuracies: {
    threads: 2,
    runs: [{ kind: 'disc, two discs', n: 900, blur: 0.1 }],
  },
  accuraciesMore: {
    threads: 2,
    runs: [{ kind: 'intervals, moved and scaled', n: 900, blur: 0.1 }],
  },
  balls: { threads: 2, runs: [{ kind: 'principal components', n: 500, dimension: 5, blur: 0.1 }] },
  kernelNorms: {
    threads: 2,
    runs: (['gaussian', 'energy', 'laplacian'] as const).map(
      (loss) => ({ loss, kind: 'sphere, torus', n: 300, ...once }) as const,
    ),
  },
  permutations: {
    threads: 2,
    runs: [
      { loss: 'energy', x: 40, y: 40, dimension: 5, permutations: 9, called: 3 },
      { loss: 'Sinkhorn', x: 20, y: 20, dimension: 2, permutations: 3, called: 3 },
    ],
  },
  toolkit: {
    threads: 2,
    runs: [
      { job: 'drift', size: 60, what: 'drift of a table against one as long', most: 20 },
      { job: 'embeddings', size: 20, what: 'drift of embeddings, 384-d, 999 shuffles', most: 5 },
      { job: 'colours', size: 8000, what: 'colours of one picture for another', most: 10 },
      { job: 'registration', size: 30, what: 'a bunny onto another, from 45 degrees', most: 3 },
    ],
  },
  registrations: {
    threads: 1,
    runs: [
      { family: 'rigid', samples: ['whole'], count: 20, strengths: [0.2], what: 'rotations', right: 0.05, wrong: 0.1 },
    ],
  },
  fleets: {
    matrices: [{ clouds: 5, side: 5, points: 10, blur: 0.5, rounds: 1, module }],
    passes: [{ n: 50, dimension: 3, shards: 2, rounds: 1, module }],
  },
  exact: {
    runs: [
      { loss: 'line', n: 50, dimension: 1, rounds: 1, limit: 0 },
      { loss: 'circle', n: 50, dimension: 1, rounds: 1, limit: 0 },
      { loss: 'slices', n: 50, dimension: 3, rounds: 1, limit: 0 },
      { loss: 'exact', n: 20, dimension: 3, rounds: 1, limit: 0 },
    ],
    onThreads: [{ n: 50, dimension: 3, directions: 9, threads: 2, rounds: 1, limit: 0 }],
  },
  keptCosts: { runs: [{ n: 60, dimension: 16, blur: 1, ...once }] },
  grids: {
    runs: [{ shape: [24, 16], blur: 2, tolerance: 1e-3, backend: { name: 'wasm', threads: 1 }, rounds: 1, limit: 0 }],
    heatMaps: [{ size: 12, blur: 2, tolerance: 1e-2, backend: { name: 'wasm', threads: 1 }, rounds: 1, limit: 0 }],
    barycenters: [
      {
        measures: 'three thin shapes',
        size: 8,
        blur: 2,
        tolerance: 1e-1,
        backend: { name: 'wasm', precision: 'float64' },
      },
    ],
  },
  secondOrder: {
    runs: [{ n: 12, tolerance: 1e-1, backend: { name: 'wasm' }, rounds: 2, limit: 0 }],
    errors: [
      {
        n: 12,
        blur: 0.2,
        method: 'alternating',
        tolerance: 1e-3,
        shifts: [0, 1],
        directions: 2,
        backend: { name: 'wasm' },
      },
    ],
    parameters: [{ parameter: 'a matrix', n: 10, backend: { name: 'wasm' }, rounds: 1, limit: 0 }],
  },
  small: { runs: [{ n: 5, backend: { name: 'wasm' }, rounds: 1, limit: 0 }] },
  smallBlurs: {
    runs: (['two squares', 'lattice, turned', 'lattice, moved by half a cell'] as const).map((pair) => ({
      pair,
      n: 9,
      blur: 0.1,
      tolerance: 1e-3,
    })),
  },
  strategies: {
    threads: 2,
    runs: (
      ['Sinkhorn, to 1e-3', 'Sinkhorn, schedule', 'Sinkhorn, p = 1', 'gaussian', 'laplacian', 'energy'] as const
    ).map((loss) => ({ loss, kind: 'squares, moved and scaled', n: 300, blur: 0.2, ...once }) as const),
  },
  softmin: { n: 50, rounds: 2 },
  iterations: {
    n: 20,
    problems: ['sphere, cube', 'sphere, cube, p = 1', 'clusters, reach 1'],
    tolerances: [1e-1, 1e-3],
    limit: 300,
  },
  gradientError: {
    n: 100,
    problems: ['sphere, cube'],
    endings: [{ scaling: 0.5 }, { tolerance: 1e-2 }, { tolerance: 1e-6 }],
    timed: [{ n: 100, endings: [{ tolerance: 1e-6 }, { scaling: 0.5 }], rounds: 2, limit: 1 }],
  },
  warmStarts: { n: 20, problems: ['sphere, cube'], rates: [0.1], steps: 3 },
  sizes: {
    losses: [
      { loss: 'sinkhorn', backend: 'cpu', sizes: [10, 20] },
      { loss: 'hausdorff', backend: 'wasm', sizes: [20] },
      { loss: 'energy', backend: 'cpu', sizes: [20] },
      { loss: 'gaussian', backend: 'wasm', sizes: [20] },
      { loss: 'laplacian', backend: 'cpu', sizes: [20] },
      { loss: 'transport', backend: 'cpu', sizes: [20] },
    ],
    rounds: 2,
    limit: 1,
  },
};

const made = new Map<keyof Plan, Promise<Table[]>>();

/** The tables of a benchmark, which is run once for all tests. */
function tablesOf(name: keyof Plan): Promise<Table[]> {
  const benchmark = benchmarks.find((each) => each.name === name);
  if (!benchmark) throw new Error(`no benchmark ${name}`);
  const tables = made.get(name) ?? benchmark.tables(inProcess, tiny);
  made.set(name, tables);
  return tables;
}

/** Other sizes of the benchmark webgpu, which run the same code. */
const otherSizes: readonly (keyof Plan)[] = ['webgpuMore', 'webgpuWide', 'webgpuWideMore'];

describe.each(benchmarks.map(({ name }) => name).filter((name) => !otherSizes.includes(name)))(
  'benchmark %s',
  (name) => {
    it('fills every cell of its tables', async () => {
      for (const { columns, rows } of await tablesOf(name)) {
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) {
          for (const { key } of columns) {
            expect(row[key], `${key} of ${JSON.stringify(row)}`).toSatisfy(
              (cell) => typeof cell === 'string' || Number.isFinite(cell),
            );
          }
        }
      }
    });
  },
);

it("tells that 'auto' takes all pairs of few points", async () => {
  const [{ rows }] = await tablesOf('strategies');
  expect(rows.map(({ chosen }) => chosen)).toEqual(rows.map(() => 'all pairs'));
});

it('compares softmins that agree', async () => {
  const [{ text }] = await tablesOf('softmin');
  const difference = /differ by (\S+) at most/.exec(text)?.[1];
  expect(Number(difference)).toBeLessThan(1e-12);
});

const numbersOf = (rows: Table['rows'], key: string): number[] => rows.map((row) => Number(row[key]));

it('compares kernels that agree, on all rows and on some', async () => {
  const [{ rows, text }] = await tablesOf('kernels');
  expect(Math.max(...numbersOf(rows, 'difference'))).toBeLessThan(1e-4);
  expect(text).toContain('10 rows of 30');
});

it('compares with native code that agrees, or says why there is none', async () => {
  const [{ rows }] = await tablesOf('native');
  for (const { native, difference } of rows) {
    if (typeof native !== 'string') expect(Number(difference)).toBeLessThan(1e-4);
    else expect(native).toMatch(/gcc/);
  }
});

it('has the same bits by Redis, or says that there is none', async () => {
  const [matrices, passes] = await tablesOf('fleets');
  for (const { rows } of [matrices, passes]) {
    for (const { different } of rows) if (typeof different !== 'string') expect(different).toBe(0);
  }
});

it('compares WebGL kernels that agree', async () => {
  const [softmins, divergences] = await tablesOf('webgl');
  expect(Math.max(...numbersOf(softmins.rows, 'difference'))).toBeLessThan(1e-5);
  expect(Math.max(...numbersOf(divergences.rows, 'difference'))).toBeLessThan(1e-4);
});

it('compares with kernels of gpu.js by hand that agree', async () => {
  for (const { rows } of await tablesOf('webgl')) {
    expect(Math.max(...numbersOf(rows, 'difference'))).toBeLessThan(1e-4);
  }
});

it('compares with tensor libraries that agree', async () => {
  const [{ rows }] = await tablesOf('peers');
  expect(Math.max(...numbersOf(rows, 'valueDifference'))).toBeLessThan(1e-4);
  expect(Math.max(...numbersOf(rows, 'gradientDifference'))).toBeLessThan(1e-3);
});

it.each([
  ['webgpu', 2],
  ['webgpuWide', 1],
] as const)('compares with tensor libraries and kernels on WebGPU that agree: %s', async (name, libraries) => {
  const [{ rows }, softmins] = await tablesOf(name);
  expect(rows).toHaveLength(libraries);
  expect(Math.max(...numbersOf(rows, 'valueDifference'))).toBeLessThan(1e-4);
  expect(Math.max(...numbersOf(rows, 'gradientDifference'))).toBeLessThan(1e-3);
  expect(Math.max(...numbersOf(softmins.rows, 'difference'))).toBeLessThan(1e-4);
});

it("has GeomLoss's value at its schedule, and a good gradient at the default tolerance", async () => {
  const [schedule, , gradient] = await tablesOf('geomloss');
  expect(schedule.rows[0].differ).toBeLessThan(1e-5);
  expect(gradient.rows[0].gradientError).toBeLessThan(0.01);
});

it('finds errors of cells within their estimates', async () => {
  const [large] = await tablesOf('multiscale');
  const [errors] = await tablesOf('multiscaleErrors');
  for (const row of large.rows) {
    expect(row.gradientError).toBeLessThan(1e-2);
    expect(row.solutionError).toBeLessThan(1e-2);
  }
  for (const row of errors.rows) expect(row.within).toBe('yes');
});

it('keeps all pairs by balls that count', async () => {
  const [{ rows }] = await tablesOf('balls');
  for (const { counted, kept } of rows) {
    expect(counted).toBeGreaterThan(0);
    expect(kept).toBeGreaterThan(counted as number);
    expect(kept).toBeLessThanOrEqual(1);
  }
});

it('tells times and CPU times in those of the first row', async () => {
  const [{ rows }] = await tablesOf('tenMillion');
  expect(rows.map(({ times, cpuTimes }) => [times === 1, cpuTimes === 1])).toEqual([
    [true, true],
    [false, false],
  ]);
  for (const { cpuSeconds, accurate, gradientError } of rows) {
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(accurate).toBe('yes');
    expect(gradientError).toBeLessThan(1e-3);
  }
});

it('finds errors of cells within what is stated', async () => {
  const [[few], [more]] = [await tablesOf('accuracies'), await tablesOf('accuraciesMore')];
  for (const { gradientError, statedGradientError } of [...few.rows, ...more.rows]) {
    expect(gradientError).toBeGreaterThan(0);
    expect(gradientError).toBeLessThanOrEqual(statedGradientError as number);
  }
});

it('finds gradients of kernel norms as exact as they say', async () => {
  const [{ rows }] = await tablesOf('kernelNorms');
  for (const row of rows) expect(row.gradientError).toBeLessThan(2e-3);
});

it('finds the same values in passes as one by one', async () => {
  const [{ rows }] = await tablesOf('permutations');
  // Iterated ones within their tolerance.
  for (const row of rows) expect(row.apart).toBeLessThan(row.loss === 'energy' ? 1e-5 : 1e-3);
});

it('shows every method at the same problem: fewer reductions for a looser tolerance', async () => {
  const [{ columns, rows }] = await tablesOf('iterations');
  const [loose, tight] = rows;
  const counts = columns.filter(({ format }) => format === 'count').map(({ key }) => key);
  expect(counts).toContain('library');
  for (const key of counts) {
    const [few, many] = [loose[key], tight[key]].map((cell) =>
      typeof cell === 'number' ? cell : Number.POSITIVE_INFINITY,
    );
    expect(few, key).toBeLessThanOrEqual(many);
  }
});

it('comes nearer to the gradient with a smaller tolerance', async () => {
  const [{ rows }] = await tablesOf('gradientError');
  const [, loose, tight] = rows.map((row) => row.gradientError);
  expect(Number(tight)).toBeLessThan(1e-4);
  expect(Number(tight)).toBeLessThan(Number(loose));
});

it('writes a page with a section, a sentence and a table for each', async () => {
  const result: Result = {
    name: 'softmin',
    title: 'A title',
    machine: { processor: 'a processor', cores: 2, memory: 8, system: 'Linux x64', node: 'v20.19.0' },
    baseline: { importing: 60, empty: 40 },
    seconds: 1,
    tables: await tablesOf('softmin'),
  };
  const page = markdown([result]);
  expect(page).toContain(
    '## A title\n\n`pnpm bench softmin`: 1 s on a processor, 2 cores, 8 GB, Linux x64, Node v20.19.0.',
  );
  expect(page).toMatch(/\| backend-cpu +\| +50 \|/);
});

it('keeps the results of what was not run, in their order', () => {
  const result = (name: string, title: string): Result => ({
    name,
    title,
    machine: { processor: '', cores: 1, memory: 1, system: '', node: '' },
    baseline: { importing: 0, empty: 0 },
    seconds: 0,
    tables: [],
  });
  const old = [result('a', 'old'), result('b', 'old'), result('gone', 'old')];
  const merged = merge(old, [result('c', 'new'), result('a', 'new')], ['a', 'b', 'c']);
  expect(merged.map(({ name, title }) => `${name} ${title}`)).toEqual(['a new', 'b old', 'c new']);
});
