import type { Random } from './random.js';

/** Two clouds of points, and weights where the kind has some of its own. */
export interface Clouds {
  readonly x: number[][];
  readonly y: number[][];
  readonly a?: number[];
  readonly b?: number[];
}

interface Sizes {
  readonly n: number;
  readonly m: number;
  readonly dimension: number;
}

type Make = (random: Random, sizes: Sizes) => Clouds;

const points = (count: number, dimension: number, coordinate: (axis: number, index: number) => number): number[][] =>
  Array.from({ length: count }, (_, index) => Array.from({ length: dimension }, (_, axis) => coordinate(axis, index)));

const uniform = (random: Random, count: number, dimension: number) => points(count, dimension, () => random.uniform());
const normal = (random: Random, count: number, dimension: number) => points(count, dimension, () => random.normal());

/** Each side made in the same way. */
const both =
  (make: (random: Random, count: number, dimension: number) => number[][]): Make =>
  (random, { n, m, dimension }) => ({ x: make(random, n, dimension), y: make(random, m, dimension) });

const shifted = (cloud: number[][], shift: (axis: number) => number) =>
  cloud.map((point) => point.map((value, axis) => value + shift(axis)));

/** Turns the first two axes. */
const turned = (cloud: number[][], angle: number) =>
  cloud.map(([first, second = 0, ...rest]) => {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return rest.length || cloud[0].length > 1
      ? [cos * first - sin * second, sin * first + cos * second, ...rest]
      : [first];
  });

const unit = (point: number[]) => {
  const length = Math.hypot(...point) || 1;
  return point.map((value) => value / length);
};

const lattice = (random: Random, count: number, dimension: number) =>
  points(count, dimension, () => random.whole(0, 4));

/** Kinds of clouds that solvers are known to trip over, and some that they are not. */
export const kinds: Readonly<Record<string, Make>> = {
  uniform: both(uniform),
  gaussian: both(normal),
  'clusters of unequal mass': (random, { n, m, dimension }) => {
    const groups = random.whole(2, 3);
    const spread = random.logarithmic(1e-3, 0.1);
    const centres = points(groups, dimension, () => 3 * random.normal());
    const imbalance = random.logarithmic(1e-4, 1e-2);
    const side = (count: number, sign: number) => {
      const cloud = points(count, dimension, (axis, index) => centres[index % groups][axis] + spread * random.normal());
      const sizes = centres.map((_, group) => Math.ceil((count - group) / groups));
      const weights = cloud.map((_, index) => {
        const group = index % groups;
        const tilt = group === 0 ? sign : group === 1 ? -sign : 0;
        return (1 / groups + tilt * imbalance) / sizes[group];
      });
      return { cloud, weights };
    };
    const x = side(Math.max(n, groups), 1);
    const y = side(Math.max(m, groups), -1);
    return { x: x.cloud, y: y.cloud, a: x.weights, b: y.weights };
  },
  'nearly equal': (random, { n, dimension }) => {
    const x = normal(random, n, dimension);
    const shift = random.logarithmic(1e-6, 1e-2);
    return { x, y: x.map((point) => point.map((value) => value + shift * random.normal())) };
  },
  'shifted copy': (random, { n, dimension }) => {
    const x = normal(random, n, dimension);
    const shift = random.logarithmic(1e-6, 10);
    return { x, y: shifted(x, () => shift) };
  },
  identical: (random, { n, dimension }) => {
    const x = uniform(random, n, dimension);
    return { x, y: x.map((point) => [...point]) };
  },
  'permuted copy': (random, { n, dimension }) => {
    const x = uniform(random, n, dimension);
    return { x, y: random.shuffled(n).map((index) => [...x[index]]) };
  },
  lattice: both(lattice),
  'rotated lattice': (random, { n, m, dimension }) => ({
    x: lattice(random, n, dimension),
    y: turned(lattice(random, m, dimension), random.between(0, Math.PI)),
  }),
  line: (random, { n, m, dimension }) => {
    const along = unit(points(1, dimension, () => random.normal())[0]);
    const onLine = (count: number) =>
      points(count, 1, () => random.uniform()).map(([place]) => along.map((value) => place * value));
    return { x: onLine(n), y: onLine(m) };
  },
  sphere: both((random, count, dimension) => normal(random, count, dimension).map(unit)),
  'far outlier': (random, { n, m, dimension }) => {
    const x = uniform(random, n, dimension);
    const y = uniform(random, m, dimension);
    y[0][0] = 999999;
    return { x, y };
  },
  'all in one place': (random, { n, m, dimension }) => {
    const place = points(1, dimension, () => random.normal())[0];
    return { x: points(n, dimension, (axis) => place[axis]), y: points(m, dimension, (axis) => place[axis]) };
  },
  duplicates: both((random, count, dimension) => {
    const few = uniform(random, Math.max(1, Math.ceil(count / 4)), dimension);
    return Array.from({ length: count }, () => [...random.pick(few)]);
  }),
  'two far boxes': (random, { n, m, dimension }) => ({
    x: uniform(random, n, dimension),
    y: shifted(uniform(random, m, dimension), () => 100),
  }),
  'heavy tails': both((random, count, dimension) =>
    points(count, dimension, () => Math.tan(Math.PI * (random.uniform() - 0.5))),
  ),
  counts: both((random, count, dimension) =>
    points(count, dimension, () => Math.floor(random.logarithmic(1, 200)) - 1),
  ),
  'one against many': (random, { m, dimension }) => ({
    x: normal(random, 1, dimension),
    y: normal(random, m, dimension),
  }),
  'grids of two spacings': (random, { n, m, dimension }) => {
    const grid = (count: number) => {
      const side = Math.max(1, Math.round(count ** (1 / Math.min(dimension, 2))));
      return points(Math.min(count, side ** Math.min(dimension, 2)), dimension, (axis, index) =>
        axis === 0 ? ((index % side) + 0.5) / side : axis === 1 ? (Math.floor(index / side) + 0.5) / side : 0,
      );
    };
    const shift = random.between(0, 0.5);
    return { x: grid(n), y: shifted(grid(m), () => shift) };
  },
  moons: (random, { n, m, dimension }) => {
    const moon = (count: number, sign: number) =>
      Array.from({ length: count }, () => {
        const angle = Math.PI * random.uniform();
        const all = [sign * Math.cos(angle) + (1 - sign) / 2, sign * Math.sin(angle) + (1 - sign) / 4];
        return Array.from({ length: dimension }, (_, axis) => (all[axis] ?? 0) + 0.05 * random.normal());
      });
    return { x: moon(n, 1), y: moon(m, -1) };
  },
  simplex: both((random, count, dimension) =>
    Array.from({ length: count }, () => {
      const corner = random.whole(0, dimension);
      return Array.from({ length: dimension }, (_, axis) => (axis === corner ? 1 : 0));
    }),
  ),
  'cluster in a cluster': both((random, count, dimension) =>
    Array.from({ length: count }, (_, index) =>
      Array.from({ length: dimension }, () => random.normal() * (index % 2 ? 1e-3 : 1)),
    ),
  ),
};
