import type { Backend } from '../backend/backend.js';
import type { HostGradient } from '../measure/hostGradients.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { type ExactRows, exactRowsHere, exactRowsOn, type Places } from './exactRows.js';
import type { MmdOptions } from './kernel.js';

/** A kernel norm, and what it was put together from. */
export interface MmdParts {
  /** [B] */
  readonly values: Float64Array;
  /** [B]: the size of the terms that a value is the sum of. */
  readonly sizes: Float64Array;
  /** [B, N]: half the sums over its own side; for x less those over the other one. */
  readonly terms: Readonly<Record<Side, Float64Array>>;
  /** [B, N]: the size of those. */
  readonly termSizes: Readonly<Record<Side, Float64Array>>;
  readonly gradients: { readonly [S in Side]?: HostGradient };
  /** [B, N, D]: the size of what gradients in points are the difference of. */
  readonly gradientSizes: { readonly [S in Side]?: Float64Array };
  /** [B, N]: the root mean square of what float32 coordinates change in a gradient, of a kernel with a kink where points meet. */
  readonly kinkErrors: { readonly [S in Side]?: Float64Array };
}

/** Points of each side at which float32 sums are held against float64 ones: on a float64 device, and on the host, which is slower. */
const SAMPLES = 64;
const SAMPLES_HERE = 16;
/** A sample's mean is taken to be off by up to so many of its standard errors. */
const STANDARD_ERRORS = 3;
/** Half the distance from 1 to the next number. */
const ROUNDOFF = { float32: 2 ** -24, float64: 2 ** -53 } as const;
/** Roundings of a term, in the formula and in the weights: each step of the library's kernels is off by a few. */
const ROUNDINGS_OF_TERM = 8;
/** Errors of gradients are relative to the gradient, or to so much of what it is the difference of, where that is more. */
const GRADIENT_FLOOR = 1e-10;

/**
 * The relative error that rounding leaves in values and gradients, the largest over the batch. For float64 it is a bound, from the
 * size of the terms that are added up; float32 sums are held against float64 ones at some points, those with large terms first.
 */
export function* roundingError(
  backend: Backend,
  pair: MeasurePair,
  options: MmdOptions,
  parts: MmdParts,
  wanted: readonly Side[],
): Task<number> {
  const { inFloat64, precision } = backend;
  if (precision === 'float64' || (!inFloat64 && !options.radial)) {
    return boundedError(ROUNDOFF[precision], pair, options, parts, wanted);
  }
  const samples = inFloat64 ? SAMPLES : SAMPLES_HERE;
  const chances = bySide((side) => chancesOf(pair[side], parts.termSizes[side], parts.gradientSizes[side]));
  const places = bySide((side) => placesOf(pair[side], chances[side], samples));
  const exact =
    inFloat64 || !options.radial
      ? yield* exactRowsOn(inFloat64 ?? backend, pair, options, places, wanted)
      : exactRowsHere(pair, options.radial, places);
  return measuredError(pair, parts, chances, places, exact, wanted);
}

/** The largest of some errors, of which none may be lost for being no number. */
const worstOf = (errors: readonly number[]): number =>
  errors.reduce((worst, error) => (error <= worst ? worst : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error), 0);

/** The length of a vector. */
const normOf = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));

const over = (error: number, size: number): number => (error === 0 ? 0 : error / size);

function boundedError(
  roundoff: number,
  { x, y }: MeasurePair,
  { blur }: MmdOptions,
  { values, sizes, gradients, gradientSizes }: MmdParts,
  wanted: readonly Side[],
): number {
  const errors: number[] = [];
  const roundings = ROUNDINGS_OF_TERM + Math.sqrt(x.count + y.count);
  values.forEach((value, k) => {
    // exp(-q) is off by q roundings as well, and with q = -log k the sum of k q is at most that of k, times the log of its mean.
    const mean = sizes[k] / (x.masses[k] + y.masses[k]) ** 2;
    const steepness = blur === undefined ? 1 : 1 + Math.max(0, -Math.log(mean));
    const relative = roundoff * roundings * (Number.isFinite(steepness) ? steepness : 1);
    errors.push(over(relative * sizes[k], Math.abs(value)));
    for (const side of wanted) {
      const [gradient, size] = [gradients[side]?.points, gradientSizes[side]];
      if (!gradient || !size) continue;
      const length = gradient.length / values.length;
      const [norm, whole] = [gradient, size].map((all) => normOf(all.subarray(k * length, (k + 1) * length)));
      errors.push(over(relative * whole, Math.max(norm, GRADIENT_FLOOR * whole)));
    }
  });
  return worstOf(errors);
}

/** The part of an array that belongs to one element of a batch. */
const partOf = (all: Float64Array, element: number, batch: number): Float64Array =>
  all.subarray((element * all.length) / batch, ((element + 1) * all.length) / batch);

/** [B, N]: how likely each point is to be taken: half by the size of its term, and half by that of its gradient if there is one. */
function chancesOf(
  { weights, batch, count }: CheckedMeasure,
  terms: Float64Array,
  gradients: Float64Array = new Float64Array(weights.length),
): Float64Array {
  const dimension = gradients.length / weights.length;
  const sizes = [
    weights.map((weight, k) => weight * terms[k]),
    weights.map((_, k) => normOf(gradients.subarray(k * dimension, (k + 1) * dimension))),
  ];
  const chances = new Float64Array(weights.length);
  for (let element = 0; element < batch; element++) {
    const parts = sizes.map((all) => partOf(all, element, batch));
    const totals = parts.map((part) => part.reduce((sum, size) => sum + size, 0));
    const kinds = totals.filter((total) => total > 0).length;
    for (let k = 0; k < count; k++) {
      chances[element * count + k] = parts.reduce((sum, part, kind) => {
        return sum + (totals[kind] > 0 ? part[k] / totals[kind] / kinds : 0);
      }, 0);
    }
  }
  return chances;
}

/** Points of each element, by their chances: evenly through them. */
function placesOf({ batch, count }: CheckedMeasure, chances: Float64Array, samples: number): Places {
  const places = new Uint32Array(batch * samples);
  for (let element = 0; element < batch; element++) {
    const last = (element + 1) * count - 1;
    let place = element * count;
    let sum = chances[place];
    for (let sample = 0; sample < samples; sample++) {
      while (place < last && !(sum > (sample + 0.5) / samples)) sum += chances[++place];
      places[element * samples + sample] = place;
    }
  }
  return places;
}

function measuredError(
  pair: MeasurePair,
  { values, terms, gradients, kinkErrors }: MmdParts,
  chances: Readonly<Record<Side, Float64Array>>,
  places: Readonly<Record<Side, Places>>,
  exact: Readonly<Record<Side, ExactRows>>,
  wanted: readonly Side[],
): number {
  const { batch, dimension } = pair.x;
  const samples = places.x.length / batch;
  const errors: number[] = [];
  for (let element = 0; element < batch; element++) {
    let [bias, variance] = [0, 0];
    for (const side of ['x', 'y'] as const) {
      const { weights } = pair[side];
      const { own, cross, gradients: slopes } = exact[side];
      const sampled = Array.from({ length: samples }, (_, k) => element * samples + k);
      // Over its chance, each sample stands for all of the sum.
      const offs = sampled.map((at) => {
        const place = places[side][at];
        const off = terms[side][place] - (own[at] / 2 - (side === 'x' ? cross[at] : 0));
        return over(weights[place] * off, chances[side][place]);
      });
      const mean = offs.reduce((sum, off) => sum + off) / samples;
      bias += mean;
      variance += offs.reduce((sum, off) => sum + (off - mean) ** 2, 0) / samples ** 2;
      const found = gradients[side]?.points;
      if (!wanted.includes(side) || !found) continue;
      const squares = sampled.map((at) => {
        const place = places[side][at];
        let squared = 0;
        for (let c = 0; c < dimension; c++) {
          squared += (found[place * dimension + c] - slopes[at * dimension + c]) ** 2;
        }
        return over(squared, chances[side][place]);
      });
      const square = squares.reduce((sum, each) => sum + each) / samples;
      const spread = squares.reduce((sum, each) => sum + (each - square) ** 2, 0) / samples ** 2;
      const kinks = STANDARD_ERRORS * normOf(partOf(kinkErrors[side] ?? new Float64Array(), element, batch));
      const off = Math.hypot(Math.sqrt(square + STANDARD_ERRORS * Math.sqrt(spread)), kinks);
      errors.push(over(off, normOf(partOf(found, element, batch))));
    }
    errors.push(over(Math.abs(bias) + STANDARD_ERRORS * Math.sqrt(variance), Math.abs(values[element])));
  }
  return worstOf(errors);
}
