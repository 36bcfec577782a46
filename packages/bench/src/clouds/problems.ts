import { clusters } from './clusters.js';
import { cube } from './cube.js';
import { gaussian } from './gaussian.js';
import { sphere } from './sphere.js';

/** Two clouds of points in three dimensions, flat, with equal weights. */
export interface CloudPair {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Two clouds of any size, and the transport problem between them. */
export interface Problem {
  /** `n` points a side; other seeds give other draws. */
  clouds(n: number, seed?: number): CloudPair;
  readonly p: 1 | 2;
  readonly blur: number;
  readonly reach?: number;
}

/**
 * A sphere against a cube. Its points are those of the published comparisons with GeomLoss, KeOps and POT: stream 2s
 * for the sphere and 2s + 1 for the cube, s being the seed.
 */
const sphereAndCube = (n: number, seed = 0): CloudPair => ({ x: sphere(n, 2 * seed), y: cube(n, 2 * seed + 1) });

const farGaussians = (n: number, seed = 0): CloudPair => ({
  x: gaussian(n, 2 * seed, 0, 0.2),
  y: gaussian(n, 2 * seed + 1, 2, 0.1),
});

const unequalClusters = (n: number, seed = 0): CloudPair => ({
  x: clusters(n, 2 * seed, [0.4, 0.3, 0.2, 0.1]),
  y: clusters(n, 2 * seed + 1, [0.1, 0.2, 0.3, 0.4]),
});

const twoCubes = (n: number, seed = 0): CloudPair => ({ x: cube(n, 2 * seed), y: cube(n, 2 * seed + 1) });

/** The problems that solvers are compared on, by name. */
export const problems = {
  'sphere, cube': { clouds: sphereAndCube, p: 2, blur: 0.05 },
  'sphere, cube, blur .02': { clouds: sphereAndCube, p: 2, blur: 0.02 },
  'sphere, cube, p = 1': { clouds: sphereAndCube, p: 1, blur: 0.05 },
  'sphere, cube, reach .3': { clouds: sphereAndCube, p: 2, blur: 0.05, reach: 0.3 },
  'gaussians far apart': { clouds: farGaussians, p: 2, blur: 0.05 },
  'clusters of unequal mass': { clouds: unequalClusters, p: 2, blur: 0.05 },
  'clusters, reach 1': { clouds: unequalClusters, p: 2, blur: 0.05, reach: 1 },
  'two draws from a cube': { clouds: twoCubes, p: 2, blur: 0.05 },
} as const satisfies Record<string, Problem>;

export type ProblemName = keyof typeof problems;
