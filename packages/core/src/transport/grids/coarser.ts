import type { Axes } from '../../geometry/separable/separable.js';
import type { CheckedWeights } from '../../measure/measure.js';

/** Masses on nodes at any places along each axis: a grid, or one whose nodes represent several of a finer one. */
export interface GridWeights {
  readonly axes: Axes;
  readonly weights: CheckedWeights;
}

/**
 * How many nodes of a grid one node of a coarser one may represent along each axis at a temperature: a power of 2, as many as are no
 * farther apart than the blur (GeomLoss's rule).
 */
export const factorsAt = (axes: Axes, blur: number): readonly number[] =>
  axes.map((axis) => {
    const spacing = axis.length > 1 ? axis[1] - axis[0] : 0;
    let factor = 1;
    while (factor < axis.length && 2 * factor * spacing <= blur) factor *= 2;
    return factor;
  });

/** A grid whose nodes represent so many along each axis, from their centre. */
export function coarser({ axes, weights: fine }: GridWeights, factors: readonly number[]): GridWeights {
  let { weights } = fine;
  // The entries of the axes that come after the one that is summed along are next to each other.
  let inner = 1;
  const coarse: Float64Array[] = [];
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const factor = factors[axis];
    coarse.unshift(centres(axes[axis], factor));
    if (factor > 1) weights = summed(weights, axes[axis].length, inner, factor);
    inner *= coarse[0].length;
  }
  return { axes: coarse, weights: { ...fine, weights, count: inner } };
}

/** Sums over pairs of neighbours along every axis with more than one node, of so many numbers along each. */
export function halvedSums(numbers: Float64Array, lengths: readonly number[]): Float64Array {
  let sums = numbers;
  let inner = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    if (lengths[axis] > 1) sums = summed(sums, lengths[axis], inner, 2);
    inner *= Math.ceil(lengths[axis] / 2);
  }
  return sums;
}

/** At equal distances, the last one too where it represents fewer nodes: as if there were more, without mass. */
function centres(axis: Float64Array, factor: number): Float64Array {
  const spacing = axis.length > 1 ? axis[1] - axis[0] : 0;
  const count = Math.ceil(axis.length / factor);
  return Float64Array.from({ length: count }, (_, k) => axis[0] + (k * factor + (factor - 1) / 2) * spacing);
}

/** Sums of so many neighbours along an axis of a length, whose entries are `inner` apart. */
function summed(weights: Float64Array, length: number, inner: number, factor: number): Float64Array {
  const fewer = Math.ceil(length / factor);
  const outer = weights.length / (length * inner);
  const sums = new Float64Array(outer * fewer * inner);
  for (let line = 0; line < outer; line++) {
    for (let k = 0; k < length; k++) {
      const from = (line * length + k) * inner;
      const into = (line * fewer + Math.floor(k / factor)) * inner;
      for (let entry = 0; entry < inner; entry++) sums[into + entry] += weights[from + entry];
    }
  }
  return sums;
}
