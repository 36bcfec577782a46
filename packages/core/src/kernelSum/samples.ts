import { workspace } from '../backend/workspace.js';
import type { Side } from '../measure/side.js';
import type { Field } from '../spatial/field.js';
import { distanceOf, pointsAt, STANDARD_ERRORS, samplePlaces, sumOf } from '../spatial/samples.js';
import { chunked } from '../tasks/chunked.js';
import { pause, report, type Task } from '../tasks/task.js';
import { addFields, emptyField } from './addFields.js';
import { kernelFields } from './kernelFields.js';
import { type MmdProblem, withLast } from './problem.js';

/**
 * Points of each cloud at which sums are taken over all pairs as well. Raising it makes errors better known, in proportion to its root,
 * at N pairs each. Chosen, not measured.
 */
const SAMPLES = 256;
/** Some tenths of a second of work for one processor, against the samples of a cloud. */
const COLUMNS_AT_ONCE = 65_536;
const SIDES = ['x', 'y'] as const;
const ESTIMATING = { stage: 'estimating' } as const;

/** Points of one cloud that split its mass evenly, and k * (a - b) there, over all pairs. */
export interface SideSamples {
  readonly mass: number;
  readonly places: Uint32Array;
  readonly points: Float64Array;
  readonly exact: Required<Field>;
}

export type MmdSamples = Readonly<Record<Side, SideSamples>>;

/** Takes the sums over all pairs at samples of both clouds. */
export function* takeSamples(problem: MmdProblem): Task<MmdSamples> {
  const { dimension, clouds } = problem;
  yield* report(ESTIMATING);
  const sampled = function* (side: Side) {
    yield* pause();
    const places = samplePlaces(clouds[side].weights, SAMPLES);
    return { mass: sumOf(clouds[side].weights.length, (k) => clouds[side].weights[k]), places };
  };
  const of = { x: yield* sampled('x'), y: yield* sampled('y') };
  const points = {
    x: pointsAt(clouds.x.points, dimension, of.x.places),
    y: pointsAt(clouds.y.points, dimension, of.y.places),
  };
  const exact = yield* exactAt(problem, points);
  return {
    x: { ...of.x, points: points.x, exact: exact.x ?? emptyField(0, dimension) },
    y: { ...of.y, points: points.y, exact: exact.y ?? emptyField(0, dimension) },
  };
}

/** k * (a - b) at some points, over all pairs: in float64 where the device has it, so that the rounding of float32 is told as well. */
export function* exactAt(
  problem: MmdProblem,
  points: { readonly [S in Side]?: Float64Array },
): Task<{ [S in Side]?: Required<Field> }> {
  const { kind, dimension, clouds, parameters } = problem;
  const { backend } = problem.space;
  const space = workspace(backend.inFloat64 ?? backend);
  try {
    const { count, ...joint } = yield* mixed(clouds, dimension);
    const upload = (of: Float64Array) => ({
      dimension: dimension + 1,
      points: space.upload(withLast(space, of, dimension), [of.length / dimension, dimension + 1]),
    });
    const exact: { [S in Side]?: Required<Field> } = {};
    const passes = SIDES.flatMap((side) => {
      const at = points[side];
      if (!at) return [];
      const field = emptyField(at.length / dimension, dimension);
      exact[side] = field;
      return [{ rows: upload(at), field }];
    });
    // A device that computes in this thread holds everything up meanwhile: it is given some of the columns at a time.
    for (let from = 0; from < count; from += COLUMNS_AT_ONCE) {
      yield* report({ ...ESTIMATING, share: from / count });
      const to = Math.min(count, from + COLUMNS_AT_ONCE);
      const columns = {
        ...upload(joint.points.subarray(from * dimension, to * dimension)),
        weights: space.upload(joint.weights.subarray(from, to), [to - from, 1]),
      };
      for (const { rows, field } of passes) {
        yield* addFields({ ...problem, space }, kernelFields(space, kind, rows, columns, { parameters }), field, 0);
      }
      space.release(columns.points);
      space.release(columns.weights);
    }
    return exact;
  } finally {
    space.releaseAll();
  }
}

/**
 * The points of both clouds, in turn, with weights below 0 for those of y: where the clouds are nearly alike, sums stay small
 * on the way, and so does their rounding.
 */
function* mixed(
  { x, y }: MmdProblem['clouds'],
  dimension: number,
): Task<{ readonly points: Float64Array; readonly weights: Float64Array; readonly count: number }> {
  const [ofX, ofY] = [x.weights.length, y.weights.length];
  const count = ofX + ofY;
  const points = new Float64Array(count * dimension);
  const weights = new Float64Array(count);
  let [i, j] = [0, 0];
  yield* chunked(count, (first, end) => {
    for (let k = first; k < end; k++) {
      const isX = (2 * i + 1) * ofY <= (2 * j + 1) * ofX;
      const [from, at] = isX ? [x, i++] : [y, j++];
      weights[k] = isX ? from.weights[at] : -from.weights[at];
      for (let c = 0; c < dimension; c++) points[k * dimension + c] = from.points[at * dimension + c];
    }
  });
  return { count, points, weights };
}

/** Fields at the samples. */
export const atSamples = (samples: MmdSamples, { x, y }: Readonly<Record<Side, Field>>): Record<Side, Field> => ({
  x: atPlaces(x, samples.x.places),
  y: atPlaces(y, samples.y.places),
});

function atPlaces({ values, gradients }: Field, places: Uint32Array): Field {
  const dimension = gradients ? gradients.length / values.length : 0;
  return {
    values: Float64Array.from(places, (place) => values[place]),
    gradients:
      gradients &&
      Float64Array.from({ length: places.length * dimension }, (_, k) => {
        return gradients[places[Math.floor(k / dimension)] * dimension + (k % dimension)];
      }),
  };
}

/** The root mean square of vectors, [n, D]. */
export const rootMeanSquare = (values: Float64Array, dimension: number): number =>
  Math.sqrt((dimension * sumOf(values.length, (k) => values[k] ** 2)) / values.length);

/** The relative errors of sums found at the samples. */
export interface SampledErrors {
  /** Of the value, as large as it may well be. */
  readonly value: number;
  /** Whether the value is off at all, as far as samples tell. */
  readonly isOff: boolean;
  /** The largest of those of the gradients that were wanted. */
  readonly gradients: number;
}

/**
 * The errors at the samples, of the value ||a - b||^2 and of the gradients of some sides. That of the value is taken to be
 * the samples' mean error and twice its standard error, over the value if that is given, and otherwise over what the
 * samples make of it, with its standard error.
 */
export function errorsAt(
  samples: MmdSamples,
  found: Readonly<Record<Side, Field>>,
  wrt: readonly Side[],
  squaredNorm?: number,
): SampledErrors {
  let [bias, value] = [0, 0];
  let [variance, valueVariance] = [0, 0];
  let gradients = 0;
  for (const side of SIDES) {
    const { mass, exact } = samples[side];
    const { values, gradients: slopes } = found[side];
    const signed = side === 'x' ? mass : -mass;
    const off = meanOf((k) => values[k] - exact.values[k]);
    const known = meanOf((k) => exact.values[k]);
    bias += signed * off.mean;
    variance += mass ** 2 * off.variance;
    value += signed * known.mean;
    valueVariance += mass ** 2 * known.variance;
    if (!wrt.includes(side) || !slopes) continue;
    const dimension = slopes.length / values.length;
    const error = distanceOf(exact.gradients, slopes, dimension);
    if (error > 0) gradients = Math.max(gradients, error / rootMeanSquare(exact.gradients, dimension));
  }
  const spread = STANDARD_ERRORS * Math.sqrt(variance);
  const off = Math.abs(bias) + spread;
  const over = Math.abs(squaredNorm ?? Math.abs(value) + STANDARD_ERRORS * Math.sqrt(valueVariance));
  return { value: off === 0 ? 0 : off / over, isOff: Math.abs(bias) > spread, gradients };
}

/** The larger of the errors of value and gradients at the samples. */
export function errorAt(samples: MmdSamples, found: Readonly<Record<Side, Field>>, wrt: readonly Side[]): number {
  const { value, gradients } = errorsAt(samples, found, wrt);
  return Math.max(value, gradients);
}

/** The mean of a term over the samples, and the variance of that mean. */
function meanOf(term: (k: number) => number): { readonly mean: number; readonly variance: number } {
  const mean = sumOf(SAMPLES, term) / SAMPLES;
  return { mean, variance: sumOf(SAMPLES, (k) => (term(k) - mean) ** 2) / (SAMPLES - 1) / SAMPLES };
}
