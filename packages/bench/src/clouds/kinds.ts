import { clusters } from './clusters.js';
import { normalDraw, uniformDraw } from './counterDraws.js';
import { cube } from './cube.js';
import { dragon } from './dragon.js';
import { gaussian } from './gaussian.js';
import { sphere } from './sphere.js';

/** Two clouds with their dimension, flat, with equal weights. */
export interface KindOfPair {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly dimension: number;
}

const uniform = (n: number, stream: number, dimension: number, low: number, size: number): Float32Array =>
  cube(n, stream, dimension).map((value) => low + size * value);

/** Points on a torus around the middle of the unit cube, with radii .35 and .15. */
function torus(n: number, stream: number): Float32Array {
  const points = new Float32Array(3 * n);
  for (let k = 0; k < n; k++) {
    const around = 2 * Math.PI * uniformDraw(stream, 2 * k);
    const across = 2 * Math.PI * uniformDraw(stream, 2 * k + 1);
    const radius = 0.35 + 0.15 * Math.cos(across);
    const offsets = [radius * Math.cos(around), radius * Math.sin(around), 0.15 * Math.sin(across)];
    points.set(
      offsets.map((offset) => 0.5 + offset),
      3 * k,
    );
  }
  return points;
}

/** Points on a knot of radius about .5, a curve in space, spread by .01. */
function knot(n: number, stream: number): Float32Array {
  const points = new Float32Array(3 * n);
  for (let k = 0; k < n; k++) {
    const t = 2 * Math.PI * uniformDraw(stream, k);
    const curve = [Math.sin(t) + 2 * Math.sin(2 * t), Math.cos(t) - 2 * Math.cos(2 * t), -Math.sin(3 * t)];
    points.set(
      curve.map((value, c) => 0.5 + value / 6 + 0.01 * normalDraw(stream + 1000, 3 * k + c)),
      3 * k,
    );
  }
  return points;
}

/** Two discs side by side, in the plane. */
function discs(n: number, stream: number): Float32Array {
  const points = new Float32Array(2 * n);
  for (let k = 0; k < n; k++) {
    const radius = 0.2 * Math.sqrt(uniformDraw(stream, 2 * k));
    const angle = 2 * Math.PI * uniformDraw(stream, 2 * k + 1);
    points.set([(k % 2 === 0 ? 0.2 : 0.8) + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)], 2 * k);
  }
  return points;
}

/** A cube whose points crowd towards a corner over six orders of magnitude. */
const crowded = (n: number, stream: number): Float32Array =>
  cube(n, stream).map((value, index) => value * 10 ** (-6 * uniformDraw(stream + 1000, Math.floor(index / 3))));

/** The kinds of data that the multiscale solver is tried on, `n` points a side. A scan has to be read first. */
export const kinds = {
  'cubes, moved and scaled': (n) => ({ x: cube(n, 0), y: uniform(n, 1, 3, 0.3, 0.7), dimension: 3 }),
  'sphere, torus': (n) => ({ x: sphere(n, 0), y: torus(n, 1), dimension: 3 }),
  'sphere, cube': (n) => ({ x: sphere(n, 0), y: cube(n, 1), dimension: 3 }),
  'sphere, thin knot': (n) => ({ x: sphere(n, 0), y: knot(n, 1), dimension: 3 }),
  'four clusters, of unequal mass': (n) => ({
    x: clusters(n, 0, [0.4, 0.3, 0.2, 0.1]),
    y: clusters(n, 1, [0.1, 0.2, 0.3, 0.4]),
    dimension: 3,
  }),
  'gaussians far apart': (n) => ({ x: gaussian(n, 0, 0, 0.2), y: gaussian(n, 1, 2, 0.1), dimension: 3 }),
  'two draws from a cube': (n) => ({ x: cube(n, 0), y: cube(n, 1), dimension: 3 }),
  'crowded in a corner': (n) => ({ x: crowded(n, 0), y: cube(n, 1), dimension: 3 }),
  'disc, two discs': (n) => ({ x: uniform(n, 0, 2, 0.3, 0.4), y: discs(n, 1), dimension: 2 }),
  'squares, moved and scaled': (n) => ({ x: cube(n, 0, 2), y: uniform(n, 1, 2, 0.3, 0.7), dimension: 2 }),
  'intervals, moved and scaled': (n) => ({ x: cube(n, 0, 1), y: uniform(n, 1, 1, 0.3, 0.7), dimension: 1 }),
  'dragon, sphere': async (n) => ({ x: await dragon(n), y: sphere(n, 1), dimension: 3 }),
} as const satisfies Record<string, (n: number) => KindOfPair | Promise<KindOfPair>>;

export type KindName = keyof typeof kinds;
