import type { Question } from '../oracle/oracle.js';
import { type Clouds, kinds } from './clouds.js';
import { type Random, random } from './random.js';

/** A random problem: what is asked, and in words what it is. */
export interface Problem extends Question {
  /** SEED-INDEX, from which it is made again. */
  readonly id: string;
  readonly kind: string;
  readonly weighting: string;
  readonly precision: 'float32' | 'float64';
  /** Of the bounding box of both clouds; where that is a point, the scale of the coordinates. */
  readonly diameter: number;
  /** Whether all points lie in one place: then blur is the only length there is. */
  readonly isPoint: boolean;
  readonly x: Float32Array | Float64Array;
  readonly y: Float32Array | Float64Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Few points, so that the oracle is exact and quick. */
const MOST_POINTS = 60;
/** One problem in so many has this number of points. */
const RARELY = 50;
const MANY_POINTS = 200;

type Weighting = (random: Random, count: number) => number[];

export const weightings: Readonly<Record<string, Weighting>> = {
  uniform: (_, count) => Array.from({ length: count }, () => 1),
  counts: (random, count) => Array.from({ length: count }, () => random.whole(1, 20)),
  '12 orders': (random, count) => Array.from({ length: count }, () => random.logarithmic(1e-12, 1)),
  zeros: (random, count) =>
    Array.from({ length: count }, (_, index) => (index > 0 && random.uniform() < 0.3 ? 0 : random.between(0.5, 1))),
  'on one point': (_, count) => Array.from({ length: count }, (_, index) => (index === 0 ? 1 : 1e-6)),
};

export function problem(seed: number, index: number): Problem {
  const chance = random(seed, index);
  const kind = chance.pick(Object.keys(kinds));
  const size = () => (chance.whole(1, RARELY) === 1 ? MANY_POINTS : chance.whole(1, MOST_POINTS));
  const dimension = chance.pick([1, 2, 3, 10, 64]);
  const clouds = kinds[kind](chance, { n: size(), m: size(), dimension });
  const precision = chance.pick(['float32', 'float64'] as const);
  const Numbers = precision === 'float32' ? Float32Array : Float64Array;

  const scale = chance.uniform() < 0.5 ? 1 : chance.logarithmic(1e-6, 1e6);
  const far = chance.uniform() < 0.15 ? 1e4 * scale * extent(clouds) : 0;
  const place = (points: number[][]) => new Numbers(points.flat().map((value) => value * scale + far));
  const x = place(clouds.x);
  const y = place(clouds.y);
  const spread = diameterOf(x, y, dimension);
  const diameter = spread || scale;

  const p = chance.pick([1, 2] as const);
  const lengths = () => diameter * chance.logarithmic(0.1, 10);
  const none = Number.POSITIVE_INFINITY;
  const sides = chance.whole(1, 6);
  const one = lengths();
  const reach =
    sides <= 3
      ? { x: none, y: none }
      : sides <= 4
        ? { x: one, y: one }
        : { x: lengths(), y: chance.uniform() < 0.3 ? none : lengths() };
  const isBalanced = reach.x === none && reach.y === none;

  const own = clouds.a && clouds.b && chance.uniform() < 0.8;
  const weighting = own ? 'own' : chance.pick(Object.keys(weightings));
  const weigh = (count: number, given: number[] | undefined) => (own && given) || weightings[weighting](chance, count);
  const a = weigh(clouds.x.length, clouds.a);
  const isCopy = kind === 'identical' || kind === 'nearly equal' || kind === 'shifted copy';
  const b = isCopy && chance.uniform() < 0.7 ? a : weigh(clouds.y.length, clouds.b);
  const masses =
    isBalanced || chance.uniform() < 0.5 ? [1, 1] : [chance.logarithmic(0.1, 10), chance.logarithmic(0.1, 10)];

  return {
    id: `${seed}-${index}`,
    kind,
    weighting,
    precision,
    diameter,
    isPoint: spread === 0,
    dimension,
    x,
    y,
    a: ofMass(a, masses[0]),
    b: ofMass(b, masses[1]),
    p,
    blur: diameter * chance.logarithmic(1e-4, 1e4),
    reach,
    debias: chance.uniform() < 0.75,
  };
}

export function ofMass(weights: number[], mass: number): Float64Array {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float64Array.from(weights, (weight) => (weight / sum) * mass);
}

function extent({ x, y }: Clouds): number {
  return diameterOf(x.flat(), y.flat(), x[0].length) || 1;
}

/** The diagonal of the bounding box. */
export function diameterOf(x: ArrayLike<number>, y: ArrayLike<number>, dimension: number): number {
  let squares = 0;
  for (let axis = 0; axis < dimension; axis++) {
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const cloud of [x, y]) {
      for (let index = axis; index < cloud.length; index += dimension) {
        least = Math.min(least, cloud[index]);
        most = Math.max(most, cloud[index]);
      }
    }
    squares += (most - least) ** 2;
  }
  return Math.sqrt(squares);
}
