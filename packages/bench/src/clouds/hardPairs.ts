import { clusters } from './clusters.js';
import { cube } from './cube.js';
import { DIMENSION } from './dimension.js';
import { gaussian } from './gaussian.js';
import { sphere } from './sphere.js';

/** Two clouds of points in some dimension, flat, with equal weights. */
export interface HardPair {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly dimension: number;
}

const twoCubes = (dimension: number) => (n: number) => ({
  x: cube(n, 100, dimension),
  y: cube(n, 101, dimension),
  dimension,
});

/** The centres of the cells of a grid over the unit cube, about `n` of them. */
function lattice(n: number, dimension: number): Float32Array {
  const side = Math.round(n ** (1 / dimension));
  return Float32Array.from({ length: side ** dimension * dimension }, (_, k) => {
    const [index, axis] = [Math.floor(k / dimension), k % dimension];
    return ((Math.floor(index / side ** (dimension - 1 - axis)) % side) + 0.5) / side;
  });
}

/** Pairs of clouds that a small blur makes hard: `n` points a side, or a whole lattice of about so many. */
export const hardPairs = {
  'two cubes': twoCubes(3),
  'two squares': twoCubes(2),
  'two cubes, D = 10': twoCubes(10),
  'two cubes, D = 64': twoCubes(64),
  'sphere, cube': (n) => ({ x: sphere(n, 0), y: cube(n, 1), dimension: DIMENSION }),
  'compact gaussians far apart': (n) => ({
    x: gaussian(n, 50, 0.1, 0.05),
    y: gaussian(n, 51, 0.9, 0.08),
    dimension: DIMENSION,
  }),
  'clusters of unequal mass': (n) => ({
    x: clusters(n, 60, [0.4, 0.3, 0.2, 0.1]),
    y: clusters(n, 61, [0.1, 0.2, 0.3, 0.4]),
    dimension: DIMENSION,
  }),
  'lattice, moved by half a cell': (n) => {
    const x = lattice(n, 3);
    const half = 0.5 / Math.round(n ** (1 / 3));
    return { x, y: x.map((value) => value + half), dimension: 3 };
  },
  'lattice, turned': (n) => {
    const x = lattice(n, 2);
    const turn = Math.SQRT1_2;
    const y = x.map((_, k) => {
      const [u, v] = [x[k - (k % 2)] - 0.5, x[k - (k % 2) + 1] - 0.5];
      return turn * (k % 2 === 0 ? u - v : u + v) + 0.5;
    });
    return { x, y, dimension: 2 };
  },
} as const satisfies Record<string, (n: number) => HardPair>;

export type HardPairName = keyof typeof hardPairs;
