import type { Side } from '../measure/side.js';
import type { Field } from '../spatial/field.js';
import { pointsAt, sumOf } from '../spatial/samples.js';
import { numbersChunked, sumChunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';
import type { MmdProblem } from './problem.js';
import { exactAt, type MmdSamples } from './samples.js';

/**
 * Points of each cloud that are taken by the length of their gradient. Raising it makes estimates steadier, in proportion to its root,
 * and dearer. Chosen, not measured.
 */
const SAMPLES = 128;
/**
 * Standard errors that a sample's mean is taken to be off by. Raising it makes estimates safer and larger. Chosen; `pnpm fuzz` judges it.
 */
const STANDARD_ERRORS = 4;

/**
 * The relative error of a side's gradient, over all its points: at the samples that split the mass evenly, and at others that are
 * taken where the gradient is long, which are few where a blur is small against the distance between most points.
 */
export function* gradientError(
  problem: MmdProblem,
  samples: MmdSamples,
  side: Side,
  { gradients }: Required<Field>,
): Task<number> {
  const { dimension, clouds } = problem;
  const { weights, points } = clouds[side];
  const squaredAt = (place: number, minus: (c: number) => number) =>
    sumOf(dimension, (c) => (weights[place] * (gradients[place * dimension + c] - minus(c))) ** 2);
  const lengths = yield* numbersChunked(weights.length, (place) => Math.sqrt(squaredAt(place, () => 0)));
  const norm = Math.sqrt(yield* sumChunked(lengths.length, (place) => lengths[place] ** 2));
  /** The error over all points, from exact gradients at some that were taken with some chance each. */
  const errorFrom = (places: Uint32Array, exact: Float64Array, chance: (place: number) => number): number => {
    const squares = Float64Array.from(places, (place, k) => {
      const squared = squaredAt(place, (c) => exact[k * dimension + c]);
      return squared === 0 ? 0 : squared / chance(place);
    });
    const mean = sumOf(squares.length, (k) => squares[k]) / squares.length;
    const spread = sumOf(squares.length, (k) => (squares[k] - mean) ** 2) / squares.length ** 2;
    return Math.sqrt(mean + STANDARD_ERRORS * Math.sqrt(spread));
  };
  const { mass, places, exact } = samples[side];
  const even = errorFrom(places, exact.gradients, (place) => weights[place] / mass);
  const total = yield* sumChunked(lengths.length, (place) => lengths[place]);
  if (!(total > 0)) return even === 0 ? 0 : Number.POSITIVE_INFINITY;
  const steep = placesBy(lengths, total);
  const there = yield* exactAt(problem, { [side]: pointsAt(points, dimension, steep) });
  const atSteep = errorFrom(steep, there[side]?.gradients ?? new Float64Array(), (place) => lengths[place] / total);
  return Math.max(even, atSteep) / norm;
}

/** Places that split a sum of numbers evenly. */
function placesBy(sizes: Float64Array, total: number): Uint32Array {
  const places = new Uint32Array(SAMPLES);
  let place = 0;
  let sum = sizes[0];
  for (let sample = 0; sample < SAMPLES; sample++) {
    while (place < sizes.length - 1 && !(sum > ((sample + 0.5) / SAMPLES) * total)) sum += sizes[++place];
    places[sample] = place;
  }
  return places;
}
