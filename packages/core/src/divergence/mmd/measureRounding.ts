import type { DeviceArray } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { column, min, mul, row, square, squaredDistance, unary } from '../../formula/expression.js';
import type { MmdOptions } from '../../kernelSum/kernel.js';
import type { KernelKind } from '../../kernelSum/kernelDecay.js';
import { type ExactRows, exactRowsHere, exactRowsOn, type Places } from '../../kernelSum/pairwise/exactRows.js';
import type { WeightedPoints } from '../../kernelSum/pairwise/kernelSums.js';
import { KINKS, RADIAL_KERNELS } from '../../kernelSum/radialKernel.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { bySide, other, type Side } from '../../measure/side.js';
import { readScaled } from '../../tasks/task.js';
import { placesByChance } from './placesByChance.js';
import { boundedError, type MeasureRounding, type MmdParts, normOf, over, worstOf } from './rounding.js';

/**
 * Points of each side at which float32 sums are compared with float64 ones, on a float64 device. Raising it makes estimates steadier, in
 * proportion to its root, and dearer. Chosen, not measured.
 */
const SAMPLES = 64;
/** The same on the host, which is slower. Chosen, not measured. */
const SAMPLES_HERE = 16;
/**
 * Standard errors that a sample's mean is taken to be off by. Raising it makes estimates safer and larger; 3 leave out 1 in 400 of a
 * normal law. Chosen; `pnpm fuzz` judges it.
 */
const STANDARD_ERRORS = 3;
/**
 * Lengths of the unit box by which two points move against each other as their coordinates are rounded to float32, about: half a last
 * digit.
 */
const MOVED = 2 ** -25;

/** By side, for each point: the root mean square of what float32 coordinates change in its gradient, where a kernel has a kink. */
type KinkErrors = { readonly [S in Side]?: Float64Array };

/**
 * Sums in float32 compared with float64 ones at some points, those with large terms and gradients first. A kernel that is a formula
 * of its own, on a device that has no float64, is left with the bound.
 */
export function measureRounding(options: MmdOptions, kind: KernelKind | undefined): MeasureRounding {
  const { blur = 1 } = options;
  return function* (space, pair, device, parts, wrt) {
    const { backend } = space;
    const { inFloat64 } = backend;
    if (!inFloat64 && !kind) return boundedError(backend, pair, options, parts, wrt);
    const samples = inFloat64 ? SAMPLES : SAMPLES_HERE;
    const chances = bySide((side) => chancesOf(pair[side], parts.termSizes[side], parts.gradientSizes[side]));
    const places = bySide((side) => placesByChance(pair[side], chances[side], samples));
    const exact =
      inFloat64 || !kind
        ? yield* exactRowsOn(inFloat64 ?? backend, pair, options, places, wrt)
        : exactRowsHere(pair, RADIAL_KERNELS[kind](blur), places);
    const kink = kind ? KINKS[kind](blur) : 0;
    const kinkErrors: { [S in Side]?: Float64Array } = {};
    for (const side of kink > 0 ? wrt : []) {
      const against = (of: Side) =>
        readScaled(backend, turns(space, device[side], device[of], 1 / MOVED ** 2), MOVED ** 2);
      const own = yield* against(side);
      const others = yield* against(other(side));
      kinkErrors[side] = pair[side].weights.map((weight, k) => weight * kink * Math.sqrt(own[k] + others[k]));
    }
    return measuredError(pair, parts, kinkErrors, chances, places, exact, wrt);
  };
}

/**
 * sum_j b_j^2 / |x_i - y_j|^2, but at most b_j^2 times `most` each, for every point of `rows`, [N, 1]: by how much the unit vectors
 * from points to others turn when those are moved a little. Points in one place do not count.
 */
function turns(space: Workspace, rows: WeightedPoints, columns: WeightedPoints, most: number): DeviceArray {
  const { dimension } = rows;
  const inverse = square(unary('rsqrt', squaredDistance(row('point', dimension), column('point', dimension))));
  return space.reduce({
    kind: 'sum',
    value: mul(square(column('weight')), min(inverse, most)),
    rows: { point: rows.points },
    columns: { point: columns.points, weight: columns.weights },
    parameters: {},
  })[0];
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

function measuredError(
  pair: MeasurePair,
  { values, terms, gradients }: MmdParts,
  kinkErrors: KinkErrors,
  chances: Readonly<Record<Side, Float64Array>>,
  places: Readonly<Record<Side, Places>>,
  exact: Readonly<Record<Side, ExactRows>>,
  wrt: readonly Side[],
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
      // Over its chance, each sample represents all of the sum.
      const offs = sampled.map((at) => {
        const place = places[side][at];
        const off = terms[side][place] - (own[at] / 2 - (side === 'x' ? cross[at] : 0));
        return over(weights[place] * off, chances[side][place]);
      });
      const mean = offs.reduce((sum, off) => sum + off) / samples;
      bias += mean;
      variance += offs.reduce((sum, off) => sum + (off - mean) ** 2, 0) / samples ** 2;
      const found = gradients[side]?.points;
      if (!wrt.includes(side) || !found) continue;
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
