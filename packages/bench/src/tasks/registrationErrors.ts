import { drawsFrom } from '@sinkhorn/core/random';
import { type Registration, registerAffine, registerFreeForm, registerRigid } from '@sinkhorn/toolkit/registration';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { madeShapes } from '../clouds/madeShapes.js';

/** Registrations between samples of made shapes, whose truth is known. */
export interface RegistrationErrors {
  readonly family: keyof typeof registrations;
  readonly sample: (typeof samples)[number];
  readonly count: number;
  /** How strong maps are, as shares: of a half turn, of a length, of the spread. */
  readonly strengths: readonly number[];
  readonly backend: BackendChoice;
}

export interface RegistrationError {
  readonly shape: string;
  readonly strength: number;
  /** How far points are from where they belong, as the root of the mean square, in spreads of the target. */
  readonly off: number;
  readonly doubts: readonly string[];
}

/** What is asked of a sample: all of the shape, with noise, with outliers, a part of it, another density. */
const samples = ['whole', 'noise', 'outliers', 'part', 'uneven'] as const;

const registrations = { rigid: registerRigid, affine: registerAffine, freeForm: registerFreeForm };

type Draw = () => number;
type Point = readonly number[];

/** Registers a sample of each made shape, moved by each strength, onto another sample. */
export async function registrationErrors(given: RegistrationErrors): Promise<RegistrationError[]> {
  return onBackend(given.backend, async (backend) => {
    const found: RegistrationError[] = [];
    for (const [s, strength] of given.strengths.entries()) {
      for (const [k, [shape, make]] of Object.entries(madeShapes).entries()) {
        const uniform = drawsFrom(1 + 100 * samples.indexOf(given.sample) + 10_000 * s + k);
        const draw = () => uniform() / 2 ** 32;
        const dimension = make(draw).length;
        const map = moves[given.family](dimension, strength, draw);
        const source = Array.from({ length: given.count }, () => make(draw));
        const whole = Array.from({ length: 4 * given.count }, () => map(make(draw)));
        const { middle, spread } = extentOf(whole);
        const target = sampled(whole, given, middle, spread, draw);
        const reach = given.sample === 'outliers' || given.sample === 'part' ? 0.3 * spread : undefined;
        const result: Registration = await registrations[given.family](source, target, {
          backend,
          ...(reach && { reach }),
        });
        const off = apart(source.map(map), result.points) / spread;
        found.push({ shape, strength, off, doubts: result.doubts });
      }
    }
    return found;
  });
}

/** Maps of so many dimensions, that strong. */
const moves: Record<
  RegistrationErrors['family'],
  (dimension: number, strength: number, draw: Draw) => (point: Point) => number[]
> = {
  rigid: (dimension, strength, draw) => turn(dimension, Math.PI * strength, draw),
  affine(dimension, strength, draw) {
    const matrix = Array.from({ length: dimension }, (_, r) =>
      Array.from({ length: dimension }, (_, c) => (r === c ? 1 : 0) + strength * normal(draw)),
    );
    // No reflection: one cannot be told from no reflection by a rigid start.
    if (determinant(matrix) < 0) matrix[0] = matrix[0].map((value) => -value);
    return (point) => matrix.map((row) => row.reduce((sum, value, c) => sum + value * point[c], 0));
  },
  // Three waves about as long as the shape is wide.
  freeForm(dimension, strength, draw) {
    const waves = Array.from({ length: 3 }, () => ({
      way: Array.from({ length: dimension }, () => ((strength / Math.sqrt(1.5)) * normal(draw)) / Math.sqrt(dimension)),
      rate: Array.from({ length: dimension }, () => 1.5 * normal(draw)),
      phase: 2 * Math.PI * draw(),
    }));
    return (point) =>
      point.map((value, d) =>
        waves.reduce(
          (sum, { way, rate, phase }) =>
            sum + way[d] * Math.sin(phase + rate.reduce((angle, own, c) => angle + own * point[c], 0)),
          value,
        ),
      );
  },
};

/** By an angle, in space about any axis. */
function turn(dimension: number, angle: number, draw: Draw): (point: Point) => number[] {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  if (dimension === 2) return ([x, y]) => [cosine * x - sine * y, sine * x + cosine * y];
  const way = Array.from({ length: 3 }, () => normal(draw));
  const [u, v, w] = way.map((value) => value / Math.hypot(...way));
  return ([x, y, z]) => {
    const along = (1 - cosine) * (u * x + v * y + w * z);
    return [
      cosine * x + sine * (v * z - w * y) + along * u,
      cosine * y + sine * (w * x - u * z) + along * v,
      cosine * z + sine * (u * y - v * x) + along * w,
    ];
  };
}

function sampled(
  whole: readonly Point[],
  { sample, count }: RegistrationErrors,
  middle: Point,
  spread: number,
  draw: Draw,
): number[][] {
  const way = middle.map(() => normal(draw));
  const length = Math.hypot(...way);
  const along = (point: Point) =>
    point.reduce((sum, value, d) => sum + ((value - middle[d]) * way[d]) / length, 0) / spread;
  const points = whole.map((point) => [...point]);
  if (sample === 'uneven')
    return points.filter((point) => draw() < 0.15 + 0.85 / (1 + Math.exp(-3 * along(point)))).slice(0, count);
  const some = points.slice(0, count);
  if (sample === 'part') return some.sort((a, b) => along(a) - along(b)).slice(0, Math.floor(0.8 * count));
  if (sample === 'noise') return some.map((point) => point.map((value) => value + 0.03 * spread * normal(draw)));
  if (sample === 'outliers') {
    for (let i = 0; i < 0.15 * count; i++) some[i] = middle.map((value) => value + 3 * spread * (2 * draw() - 1));
  }
  return some;
}

/** By pairs (Box and Muller 1958). */
const normal = (draw: Draw) => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());

function extentOf(points: readonly Point[]): { readonly middle: number[]; readonly spread: number } {
  const middle = points[0].map((_, d) => points.reduce((sum, point) => sum + point[d], 0) / points.length);
  return { middle, spread: apart(points, Float64Array.from(points.flatMap(() => middle))) };
}

function apart(points: readonly Point[], others: Float64Array): number {
  const all = points.flat();
  return Math.sqrt(all.reduce((sum, value, k) => sum + (value - others[k]) ** 2, 0) / points.length);
}

function determinant(m: readonly Point[]): number {
  if (m.length === 2) return m[0][0] * m[1][1] - m[0][1] * m[1][0];
  const minor = (a: number, b: number) => m[1][a] * m[2][b] - m[1][b] * m[2][a];
  return m[0][0] * minor(1, 2) - m[0][1] * minor(0, 2) + m[0][2] * minor(0, 1);
}
