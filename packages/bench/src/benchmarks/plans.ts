import { DRAGON_POINTS } from '../clouds/dragon.js';
import { type HardPairName, hardPairs } from '../clouds/hardPairs.js';
import { type KindName, kinds } from '../clouds/kinds.js';
import { type ProblemName, problems } from '../clouds/problems.js';
import type { Plan } from './benchmarks.js';

const allProblems = Object.keys(problems) as ProblemName[];
// Its truth takes minutes at this size: blur is far below the distance between points.
const solvable = allProblems.filter((name) => name !== 'sphere, cube, blur .02');
const allKinds = Object.keys(kinds) as KindName[];
const cubesAndSurfaces = ['cubes, moved and scaled', 'sphere, torus'] as const;
const schedules = [{ scaling: 0.5 }, { scaling: 0.9 }];
const tolerances = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6].map((tolerance) => ({ tolerance }));
/** What counts as the solution where nothing else is known. */
const solved = { accuracy: 1e-4, tolerance: 1e-5 };
/** The numbers of points from which on 'auto' takes cells. */
const crossings = [
  { loss: 'Sinkhorn, to 1e-3', n: 7100, blur: 0.05 },
  { loss: 'Sinkhorn, schedule', n: 10_000, blur: 0.05 },
  { loss: 'Sinkhorn, schedule', n: 10_000, blur: 0.01 },
  { loss: 'Sinkhorn, p = 1', n: 17_400, blur: 0.05 },
  { loss: 'gaussian', n: 14_200, blur: 0.05 },
  { loss: 'laplacian', n: 20_000, blur: 0.05 },
  { loss: 'energy', n: 31_700, blur: 0.05 },
] as const;
const crossingKinds = [...cubesAndSurfaces, 'gaussians far apart', 'two draws from a cube'] as const;
const onWebgpu = ['jax', 'library', 'tfjs'] as const;
const middle = [{ tolerance: 1e-2 }, { tolerance: 1e-3 }];

/** Their truths take minutes each at small blurs, and are kept in files. */
const accuraciesAt = (n: number) => ({
  threads: 2,
  runs: [0.2, 0.1, 0.05, 0.02].flatMap((blur) => allKinds.map((kind) => ({ kind, n, blur }))),
});

/** What is written down: some eighty minutes. */
/** All that registrations are asked: see `registrationErrors`. */
const SAMPLES = ['whole', 'noise', 'outliers', 'part', 'uneven'] as const;

export const fullPlan: Plan = {
  kernels: {
    sizes: [
      { n: 10_000, handRows: 10_000, rounds: 5, limit: 60 },
      { n: 50_000, handRows: 2000, rounds: 3, limit: 60 },
    ],
    threads: [
      { n: 10_000, threads: 2, rounds: 15, limit: 60 },
      { n: 50_000, threads: 2, rounds: 5, limit: 60 },
    ],
    firstCalls: 5,
  },
  chromium: { n: 10_000, rounds: 7, limit: 60 },
  webgl: {
    modes: ['webgl2', 'webgl'],
    softmin: [5000, 20_000].map((n) => ({ n, rounds: 5, limit: 60 })),
    divergence: [{ n: 5000, rounds: 3, limit: 60 }],
  },
  native: { n: 10_000, rounds: 7 },
  peers: {
    threads: 2,
    runs: [
      { peer: 'tfjs', n: 2000, rounds: 5, limit: 60 },
      { peer: 'tfjs', n: 10_000, rounds: 3, limit: 300 },
      { peer: 'jax', n: 2000, rounds: 5, limit: 60 },
      { peer: 'jax', n: 10_000, rounds: 3, limit: 300 },
    ],
  },
  training: { threads: 2, runs: [{ n: 2000, rounds: 7, limit: 60 }] },
  webgpu: {
    divergences: [{ dimension: 3, n: 2000, contenders: onWebgpu, rounds: 3, limit: 60, patience: 40 }],
    softmins: [{ dimension: 3, n: 2000, rounds: 5, limit: 5 }],
  },
  webgpuMore: {
    divergences: [{ dimension: 3, n: 5000, contenders: onWebgpu, rounds: 3, limit: 60, patience: 60 }],
    softmins: [{ dimension: 3, n: 5000, rounds: 3, limit: 5 }],
  },
  webgpuWide: {
    divergences: [{ dimension: 64, n: 2000, contenders: onWebgpu, rounds: 3, limit: 60, patience: 60 }],
    softmins: [{ dimension: 64, n: 2000, rounds: 3, limit: 5 }],
  },
  webgpuWideMore: {
    divergences: [{ dimension: 64, n: 5000, contenders: onWebgpu, rounds: 1, limit: 0, patience: 80 }],
    softmins: [{ dimension: 64, n: 5000, rounds: 1, limit: 0 }],
  },
  geomloss: {
    threads: 2,
    schedule: [1000, 5000, 10_000, 20_000].map((n) => ({ n, rounds: 5, limit: 40 })),
    mmd: [10_000, 50_000].map((n) => ({ n, rounds: 5, limit: 40 })),
    gradient: [1000, 5000, 10_000].map((n) => ({ n, rounds: 5, limit: 40 })),
  },
  multiscale: {
    threads: 2,
    large: [
      ...cubesAndSurfaces.flatMap((kind) =>
        [null, 1e-3].flatMap((tolerance) =>
          [100_000, 1_000_000].map((n) => ({
            kind,
            n,
            blur: 0.05,
            tolerance,
            rounds: 3,
            limit: 20,
            ...(tolerance && n === 100_000 && { truth: solved }),
          })),
        ),
      ),
      { kind: 'sphere, cube', n: 100_000, blur: 0.05, tolerance: 1e-3, truth: solved, rounds: 3, limit: 20 },
      ...[null, 1e-3].map(
        (tolerance) =>
          ({ kind: 'dragon, sphere', n: DRAGON_POINTS, blur: 0.05, tolerance, rounds: 3, limit: 20 }) as const,
      ),
      { kind: 'dragon, sphere', n: DRAGON_POINTS, blur: 0.01, tolerance: null, rounds: 1, limit: 0 },
      ...cubesAndSurfaces.map((kind) => ({ kind, n: 1_000_000, blur: 0.01, tolerance: null, rounds: 1, limit: 0 })),
    ],
    geomloss: [
      ...[10_000, 50_000, 100_000].map((n) => ({ kind: 'sphere, cube', n, blur: 0.05, rounds: 5, limit: 10 }) as const),
      { kind: 'squares, moved and scaled', n: 100_000, blur: 0.01, rounds: 5, limit: 10 },
    ],
  },
  tenMillion: {
    threads: 2,
    runs: [1e6, 1e7].map((n) => ({
      kind: 'cubes, moved and scaled',
      n,
      blur: 0.05,
      tolerance: 1e-3,
      rounds: n === 1e6 ? 3 : 1,
      limit: 60,
    })),
  },
  multiscaleErrors: {
    threads: 2,
    runs: [
      ...allKinds.map((kind) => ({ kind, n: 10_000, blurs: [0.2, 0.1, 0.05, 0.02], tolerance: 1e-5 })),
      ...cubesAndSurfaces.map((kind) => ({ kind, n: 20_000, blurs: [0.05], tolerance: 1e-5 })),
      // A tolerance takes too many sweeps over all pairs here.
      ...allKinds.map((kind) => ({ kind, n: 10_000, blurs: [0.05, 0.01], tolerance: null })),
      ...cubesAndSurfaces.map((kind) => ({ kind, n: 100_000, blurs: [0.05], tolerance: null })),
    ],
  },
  accuracies: accuraciesAt(10_000),
  accuraciesMore: accuraciesAt(20_000),
  balls: {
    threads: 2,
    runs: (['tori, turned', 'principal components'] as const).flatMap((kind) =>
      [4, 6, 8].flatMap((dimension) => [0.1, 0.05].map((blur) => ({ kind, n: 4000, dimension, blur }))),
    ),
  },
  kernelNorms: {
    threads: 2,
    runs: (['gaussian', 'energy', 'laplacian'] as const).flatMap((loss) => [
      { loss, kind: 'sphere, cube', n: 50_000, rounds: 3, limit: 10 } as const,
      // Draws from one law take lattices for the energy kernel, which the others have anyway.
      ...[...cubesAndSurfaces, ...(loss === 'energy' ? (['two draws from a cube'] as const) : [])].flatMap((kind) =>
        [100_000, 1_000_000].map((n) => ({ loss, kind, n, rounds: 3, limit: 15 }) as const),
      ),
    ]),
  },
  permutations: {
    threads: 2,
    runs: [
      { loss: 'energy', x: 1000, y: 1000, dimension: 384, permutations: 999, called: 9 },
      { loss: 'gaussian', x: 1000, y: 1000, dimension: 384, permutations: 999, called: 9 },
      { loss: 'laplacian', x: 1000, y: 1000, dimension: 384, permutations: 999, called: 9 },
      { loss: 'energy', x: 1000, y: 1000, dimension: 3, permutations: 999, called: 99 },
      { loss: 'energy', x: 50, y: 50_000, dimension: 3, permutations: 199, called: 4 },
      { loss: 'Hausdorff', x: 300, y: 300, dimension: 3, permutations: 199, called: 99 },
      { loss: 'Sinkhorn', x: 300, y: 300, dimension: 3, permutations: 199, called: 49 },
    ],
  },
  toolkit: {
    threads: 2,
    runs: [
      { job: 'drift', size: 100_000, what: 'drift of a table against one as long', most: 20 },
      { job: 'embeddings', size: 2000, what: 'drift of embeddings, 384-d, 999 shuffles', most: 5 },
      { job: 'colours', size: 12_000_000, what: 'colours of one picture for another', most: 10 },
      { job: 'registration', size: 2000, what: 'a bunny onto another, from 45 degrees', most: 3 },
    ],
  },
  registrations: {
    threads: 2,
    runs: [
      {
        family: 'rigid',
        samples: SAMPLES,
        count: 200,
        strengths: [1 / 3],
        what: 'rotations by 60 degrees, 200 points',
        right: 0.05,
        wrong: 0.1,
      },
      {
        family: 'affine',
        samples: ['whole', 'outliers', 'part'],
        count: 200,
        strengths: [0.2],
        what: 'linear maps with entries off by .2, 200 points',
        right: 0.05,
        wrong: 0.1,
      },
      {
        family: 'freeForm',
        samples: SAMPLES,
        count: 120,
        strengths: [0.25],
        what: 'bends by .25 spreads, 120 points',
        right: 0.1,
        wrong: 0.2,
      },
    ],
  },
  fleets: {
    matrices: [
      { clouds: 20, side: 5, points: 300, blur: 0.1, rounds: 5 },
      { clouds: 40, side: 10, points: 300, blur: 0.1, rounds: 3 },
    ],
    passes: [
      { n: 8000, dimension: 3, shards: 2, rounds: 20 },
      { n: 4000, dimension: 64, shards: 2, rounds: 7 },
    ],
  },
  exact: {
    runs: [
      { loss: 'line', n: 1_000_000, dimension: 1, rounds: 5, limit: 10 },
      { loss: 'circle', n: 100_000, dimension: 1, rounds: 3, limit: 5 },
      { loss: 'slices', n: 100_000, dimension: 3, rounds: 3, limit: 15 },
      { loss: 'exact', n: 1000, dimension: 3, rounds: 3, limit: 8 },
      { loss: 'exact', n: 2000, dimension: 3, rounds: 3, limit: 8 },
    ],
    onThreads: [{ n: 100_000, dimension: 3, directions: 128, threads: 2, rounds: 5, limit: 30 }],
  },
  keptCosts: {
    runs: [
      { n: 2000, dimension: 3, blur: 1, rounds: 5, limit: 10 },
      { n: 2000, dimension: 16, blur: 1, rounds: 5, limit: 10 },
      { n: 2000, dimension: 64, blur: 1, rounds: 3, limit: 15 },
      { n: 2000, dimension: 384, blur: 1, rounds: 3, limit: 20 },
      { n: 2000, dimension: 384, blur: 0.05, rounds: 1, limit: 0 },
    ],
  },
  grids: {
    runs: (
      [
        [[256, 256], 'squares'],
        [[512, 512], 'squares'],
        [[64, 64, 64], 'squares'],
        [[256, 256], 'manhattan'],
        [[1024, 1024], 'squares'],
        [[128, 128, 128], 'squares'],
      ] as const
    ).map(([shape, cost]) => ({
      ...{ shape, cost, blur: 2, tolerance: 1e-3, rounds: 5, limit: 10 },
      backend: { name: 'wasm', threads: 2 },
    })),
    heatMaps: [1, 2].map((blur) => ({
      size: 256,
      blur,
      tolerance: 1e-3,
      backend: { name: 'wasm', threads: 2 },
      rounds: 1,
      limit: 0,
    })),
    barycenters: [
      ...[1, 2].map((blur) => ({ measures: 'two single nodes', size: 10, blur, tolerance: 1e-6 }) as const),
      ...[1, 2].map((blur) => ({ measures: 'three thin shapes', size: 32, blur, tolerance: 1e-3 }) as const),
    ].map((row) => ({ ...row, backend: { name: 'wasm', precision: 'float64', threads: 1 } }) as const),
  },
  secondOrder: {
    runs: [
      { n: 300, tolerance: 1e-3, backend: { name: 'cpu' }, rounds: 5, limit: 10 },
      ...[300, 5000, 10_000].map(
        (n) => ({ n, tolerance: 1e-3, backend: { name: 'wasm', threads: 2 }, rounds: 5, limit: 60 }) as const,
      ),
    ],
    errors: (['auto', 'alternating'] as const).flatMap((method) =>
      [1e-3, 1e-6].map(
        (tolerance) =>
          ({
            n: 300,
            blur: 0.05,
            method,
            tolerance,
            shifts: [0, 0.5, 2],
            directions: 4,
            backend: { name: 'wasm', precision: 'float64' },
          }) as const,
      ),
    ),
    parameters: (['a number', 'a vector', 'a matrix'] as const).map((parameter) => ({
      parameter,
      n: 2000,
      backend: { name: 'wasm', threads: 1 },
      rounds: 5,
      limit: 10,
    })),
  },
  small: {
    runs: [4, 6, 10, 30, 60, 100, 300].flatMap((n) =>
      (['wasm', 'cpu'] as const).map((name) => ({ n, backend: { name }, rounds: 21, limit: 5 }) as const),
    ),
  },
  smallBlurs: {
    runs: [
      ...(Object.keys(hardPairs) as HardPairName[]).flatMap((pair) =>
        [0.02, 0.005, 0.001].map((blur) => ({ pair, n: 1000, blur, tolerance: 1e-6 })),
      ),
      ...(['two cubes', 'sphere, cube', 'clusters of unequal mass'] as const).map((pair) => ({
        pair,
        n: 5000,
        blur: 0.001,
        tolerance: 1e-6,
      })),
    ],
  },
  strategies: {
    threads: 2,
    runs: crossings.flatMap((crossing) =>
      crossingKinds.map((kind) => ({ ...crossing, kind, rounds: 3, limit: 10 }) as const),
    ),
  },
  softmin: { n: 10_000, rounds: 5 },
  iterations: { n: 300, problems: allProblems, tolerances: [1e-3, 1e-6], limit: 600 },
  gradientError: {
    n: 200,
    problems: solvable,
    endings: [...schedules, ...tolerances],
    timed: [
      { n: 500, endings: [...middle, ...schedules, { scaling: 0.99 }], rounds: 3, limit: 5 },
      { n: 1000, endings: [...middle, ...schedules], rounds: 3, limit: 10 },
    ],
  },
  warmStarts: {
    n: 300,
    problems: ['sphere, cube', 'gaussians far apart', 'clusters of unequal mass'],
    rates: [0.01, 0.1],
    steps: 8,
  },
  sizes: {
    losses: [
      { loss: 'sinkhorn', backend: 'cpu', sizes: [300, 1000, 3000, 5000] },
      { loss: 'sinkhorn', backend: 'wasm', sizes: [300, 1000, 3000, 10_000, 30_000] },
      { loss: 'hausdorff', backend: 'cpu', sizes: [300, 1000, 3000] },
      { loss: 'hausdorff', backend: 'wasm', sizes: [300, 1000, 3000, 10_000, 30_000] },
      { loss: 'energy', backend: 'cpu', sizes: [300, 1000, 3000, 10_000] },
      { loss: 'energy', backend: 'wasm', sizes: [300, 1000, 3000, 10_000, 100_000] },
      { loss: 'gaussian', backend: 'cpu', sizes: [300, 1000, 3000] },
      { loss: 'gaussian', backend: 'wasm', sizes: [300, 1000, 3000, 10_000, 100_000] },
      { loss: 'laplacian', backend: 'cpu', sizes: [300, 1000, 3000] },
      { loss: 'laplacian', backend: 'wasm', sizes: [300, 1000, 3000, 10_000, 100_000] },
      { loss: 'transport', backend: 'cpu', sizes: [300, 3000, 20_000] },
      { loss: 'transport', backend: 'wasm', sizes: [300, 3000, 20_000, 100_000] },
    ],
    rounds: 3,
    limit: 5,
  },
};

/** A look, in a minute or two. */
export const quickPlan: Plan = {
  kernels: {
    sizes: [{ n: 2000, handRows: 1000, rounds: 3, limit: 10 }],
    threads: [{ n: 5000, threads: 2, rounds: 15, limit: 5 }],
    firstCalls: 1,
  },
  chromium: { n: 1000, rounds: 3, limit: 5 },
  webgl: {
    modes: ['webgl2'],
    softmin: [{ n: 1000, rounds: 3, limit: 5 }],
    divergence: [{ n: 500, rounds: 1, limit: 5 }],
  },
  native: { n: 4000, rounds: 3 },
  peers: {
    threads: 2,
    runs: [
      { peer: 'tfjs', n: 1000, rounds: 3, limit: 5 },
      { peer: 'jax', n: 1000, rounds: 3, limit: 5 },
    ],
  },
  training: { threads: 2, runs: [{ n: 1000, rounds: 3, limit: 5 }] },
  webgpu: {
    divergences: [{ dimension: 3, n: 1000, contenders: onWebgpu, rounds: 2, limit: 5, patience: 60 }],
    softmins: [{ dimension: 3, n: 1000, rounds: 5, limit: 3 }],
  },
  webgpuMore: {
    divergences: [{ dimension: 3, n: 1500, contenders: onWebgpu, rounds: 1, limit: 0, patience: 60 }],
    softmins: [{ dimension: 3, n: 1500, rounds: 3, limit: 3 }],
  },
  webgpuWide: {
    divergences: [{ dimension: 64, n: 500, contenders: onWebgpu, rounds: 1, limit: 0, patience: 60 }],
    softmins: [{ dimension: 64, n: 1000, rounds: 3, limit: 3 }],
  },
  webgpuWideMore: {
    divergences: [{ dimension: 64, n: 700, contenders: onWebgpu, rounds: 1, limit: 0, patience: 60 }],
    softmins: [{ dimension: 64, n: 1500, rounds: 3, limit: 3 }],
  },
  geomloss: {
    threads: 2,
    schedule: [{ n: 1000, rounds: 3, limit: 5 }],
    mmd: [{ n: 10_000, rounds: 1, limit: 0 }],
    gradient: [{ n: 1000, rounds: 3, limit: 5 }],
  },
  multiscale: {
    threads: 2,
    large: [{ kind: 'sphere, torus', n: 20_000, blur: 0.05, tolerance: 1e-3, rounds: 1, limit: 0 }],
    geomloss: [{ kind: 'sphere, cube', n: 10_000, blur: 0.05, rounds: 1, limit: 0 }],
  },
  tenMillion: {
    threads: 2,
    runs: [
      { kind: 'cubes, moved and scaled', n: 20_000, blur: 0.05, tolerance: 1e-3, rounds: 1, limit: 0 },
      { kind: 'cubes, moved and scaled', n: 40_000, blur: 0.05, tolerance: 1e-3, rounds: 1, limit: 0 },
    ],
  },
  multiscaleErrors: {
    threads: 2,
    runs: [{ kind: 'sphere, torus', n: 2000, blurs: [0.05], tolerance: 1e-5 }],
  },
  accuracies: {
    threads: 2,
    runs: [{ kind: 'sphere, torus', n: 2000, blur: 0.1 }],
  },
  accuraciesMore: {
    threads: 2,
    runs: [{ kind: 'squares, moved and scaled', n: 3000, blur: 0.1 }],
  },
  balls: { threads: 2, runs: [{ kind: 'tori, turned', n: 1000, dimension: 4, blur: 0.1 }] },
  kernelNorms: {
    threads: 2,
    runs: [{ loss: 'gaussian', kind: 'sphere, torus', n: 20_000, rounds: 1, limit: 0 }],
  },
  permutations: {
    threads: 2,
    runs: [{ loss: 'energy', x: 300, y: 300, dimension: 32, permutations: 99, called: 9 }],
  },
  toolkit: {
    threads: 2,
    runs: [
      { job: 'drift', size: 2000, what: 'drift of a table against one as long', most: 20 },
      { job: 'embeddings', size: 200, what: 'drift of embeddings, 384-d, 999 shuffles', most: 5 },
      { job: 'colours', size: 40_000, what: 'colours of one picture for another', most: 10 },
      { job: 'registration', size: 300, what: 'a bunny onto another, from 45 degrees', most: 3 },
    ],
  },
  registrations: {
    threads: 2,
    runs: [
      {
        family: 'rigid',
        samples: SAMPLES,
        count: 40,
        strengths: [0.25],
        what: 'rotations by 45 degrees',
        right: 0.05,
        wrong: 0.1,
      },
      {
        family: 'affine',
        samples: SAMPLES,
        count: 40,
        strengths: [0.06],
        what: 'linear maps',
        right: 0.05,
        wrong: 0.1,
      },
      {
        family: 'freeForm',
        samples: SAMPLES,
        count: 40,
        strengths: [0.1],
        what: 'bends by .1 spreads',
        right: 0.1,
        wrong: 0.2,
      },
    ],
  },
  fleets: {
    matrices: [{ clouds: 10, side: 5, points: 100, blur: 0.2, rounds: 1 }],
    passes: [{ n: 1000, dimension: 3, shards: 2, rounds: 3 }],
  },
  exact: {
    runs: [
      { loss: 'line', n: 20_000, dimension: 1, rounds: 1, limit: 0 },
      { loss: 'slices', n: 1000, dimension: 3, rounds: 1, limit: 0 },
      { loss: 'exact', n: 200, dimension: 3, rounds: 1, limit: 0 },
    ],
    onThreads: [{ n: 1000, dimension: 3, directions: 16, threads: 2, rounds: 1, limit: 0 }],
  },
  keptCosts: {
    runs: [{ n: 400, dimension: 64, blur: 1, rounds: 1, limit: 0 }],
  },
  grids: {
    runs: (['squares', 'manhattan'] as const).map((cost) => ({
      ...{
        shape: [64, 64],
        blur: 2,
        tolerance: 1e-3,
        cost,
        backend: { name: 'wasm', threads: 2 },
        rounds: 3,
        limit: 1,
      },
    })),
    heatMaps: [{ size: 64, blur: 2, tolerance: 1e-3, backend: { name: 'wasm', threads: 2 }, rounds: 1, limit: 0 }],
    barycenters: [
      {
        measures: 'two single nodes',
        size: 6,
        blur: 1,
        tolerance: 1e-3,
        backend: { name: 'wasm', precision: 'float64', threads: 1 },
      },
    ],
  },
  secondOrder: {
    runs: [{ n: 300, tolerance: 1e-3, backend: { name: 'wasm' }, rounds: 3, limit: 1 }],
    errors: [
      { n: 100, blur: 0.1, method: 'auto', tolerance: 1e-3, shifts: [0], directions: 1, backend: { name: 'wasm' } },
    ],
    parameters: [{ parameter: 'a vector', n: 300, backend: { name: 'wasm' }, rounds: 3, limit: 1 }],
  },
  small: { runs: [{ n: 10, backend: { name: 'wasm' }, rounds: 5, limit: 1 }] },
  smallBlurs: { runs: [{ pair: 'two squares', n: 300, blur: 0.005, tolerance: 1e-6 }] },
  strategies: {
    threads: 2,
    runs: [{ loss: 'gaussian', kind: 'sphere, torus', n: 5000, blur: 0.05, rounds: 1, limit: 0 }],
  },
  softmin: { n: 2000, rounds: 3 },
  iterations: {
    n: 100,
    problems: ['sphere, cube', 'clusters of unequal mass'],
    tolerances: [1e-3],
    limit: 600,
  },
  gradientError: {
    n: 100,
    problems: ['sphere, cube'],
    endings: [...schedules, ...tolerances],
    timed: [{ n: 300, endings: [...middle, ...schedules], rounds: 1, limit: 0 }],
  },
  warmStarts: { n: 100, problems: ['sphere, cube'], rates: [0.1], steps: 4 },
  sizes: {
    losses: [
      { loss: 'sinkhorn', backend: 'cpu', sizes: [300, 1000] },
      { loss: 'sinkhorn', backend: 'wasm', sizes: [300, 3000] },
      { loss: 'hausdorff', backend: 'cpu', sizes: [300, 1000] },
      { loss: 'hausdorff', backend: 'wasm', sizes: [300, 3000] },
      { loss: 'energy', backend: 'cpu', sizes: [300, 1000] },
      { loss: 'energy', backend: 'wasm', sizes: [300, 3000] },
      { loss: 'gaussian', backend: 'cpu', sizes: [300, 1000] },
      { loss: 'gaussian', backend: 'wasm', sizes: [300, 3000] },
      { loss: 'laplacian', backend: 'cpu', sizes: [300, 1000] },
      { loss: 'laplacian', backend: 'wasm', sizes: [300, 3000] },
      { loss: 'transport', backend: 'cpu', sizes: [300, 1000] },
      { loss: 'transport', backend: 'wasm', sizes: [300, 3000] },
    ],
    rounds: 1,
    limit: 1,
  },
};
