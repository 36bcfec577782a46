import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { fourierTransform } from './fourierTransform.js';

/** Sums over all nodes of a lattice, of two arrays of numbers at once. */
export interface LatticeConvolution {
  /** Nodes along each axis, and of the padded lattice. */
  readonly shape: readonly number[];
  readonly padded: readonly number[];
  /** Replaces both by sum_j k(x_i - x_j) v_j at every node i: [...shape], flat. */
  convolve(first: Float64Array, second?: Float64Array): Task<void>;
}

/** Line entries between two places where a task can be interrupted: some milliseconds. Chosen, not measured. */
const ENTRIES_AT_ONCE = 1 << 17;

/** Entries of a padded lattice: two nodes for each but one, as a power of 2, so that its ends do not meet. */
export const paddedShape = (shape: readonly number[]): number[] =>
  shape.map((length) => 2 ** Math.ceil(Math.log2(2 * length - 1)));

/**
 * What convolves with a kernel of the squared distance on a lattice, by Fourier transforms of zero-padded arrays: exact to rounding, in N log N
 * operations.
 */
export function* latticeConvolution(
  shape: readonly number[],
  spacing: readonly number[],
  kernel: (squared: number) => number,
): Task<LatticeConvolution> {
  const padded = paddedShape(shape);
  const count = padded.reduce((product, length) => product * length, 1);
  const [real, imaginary, spectrum] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const transforms = padded.map(fourierTransform);
  const squares = padded.map((length, axis) =>
    Float64Array.from({ length }, (_, k) => (Math.min(k, length - k) * spacing[axis]) ** 2),
  );
  const last = padded.length - 1;
  const width = padded[last];
  yield* chunked(
    count / width,
    (from, to) => {
      for (let line = from; line < to; line++) {
        let squared = 0;
        for (let axis = last - 1, left = line; axis >= 0; axis--) {
          squared += squares[axis][left % padded[axis]];
          left = Math.floor(left / padded[axis]);
        }
        for (let k = 0; k < width; k++) spectrum[line * width + k] = kernel(squared + squares[last][k]);
      }
    },
    Math.ceil(ENTRIES_AT_ONCE / width),
  );
  for (let axis = last; axis >= 0; axis--) yield* along(axis, spectrum, imaginary, padded);
  // The kernel is even, and its spectrum real; the inverse divides by the number of entries.
  for (let k = 0; k < count; k++) spectrum[k] /= count;

  return {
    shape,
    padded,
    *convolve(first, second) {
      real.fill(0);
      imaginary.fill(0);
      eachLine(shape, padded, (from, into) => {
        real.set(first.subarray(from, from + shape[last]), into);
        if (second) imaginary.set(second.subarray(from, from + shape[last]), into);
      });
      // Axes that come before one are still as they were given, or need not be known beyond that.
      for (let axis = last; axis >= 0; axis--) yield* along(axis, real, imaginary, shape);
      for (let k = 0; k < count; k++) {
        real[k] *= spectrum[k];
        imaginary[k] *= spectrum[k];
      }
      for (let axis = 0; axis <= last; axis++) yield* along(axis, imaginary, real, shape);
      eachLine(shape, padded, (from, into) => {
        first.set(real.subarray(into, into + shape[last]), from);
        second?.set(imaginary.subarray(into, into + shape[last]), from);
      });
    },
  };

  /** Transforms lines along an axis: of the axes before it those up to some lengths alone. */
  function along(axis: number, re: Float64Array, im: Float64Array, before: readonly number[]): Task<void> {
    const length = padded[axis];
    const inner = padded.slice(axis + 1).reduce((product, entries) => product * entries, 1);
    const outer = before.slice(0, axis).reduce((product, entries) => product * entries, 1);
    const [lineRe, lineIm] = [new Float64Array(length), new Float64Array(length)];
    const transform = transforms[axis];
    return chunked(
      outer * inner,
      (from, to) => {
        for (let line = from; line < to; line++) {
          let start = line % inner;
          let stride = inner * length;
          for (let other = axis - 1, left = Math.floor(line / inner); other >= 0; other--) {
            start += (left % before[other]) * stride;
            left = Math.floor(left / before[other]);
            stride *= padded[other];
          }
          for (let k = 0, at = start; k < length; k++, at += inner) {
            lineRe[k] = re[at];
            lineIm[k] = im[at];
          }
          transform(lineRe, lineIm);
          for (let k = 0, at = start; k < length; k++, at += inner) {
            re[at] = lineRe[k];
            im[at] = lineIm[k];
          }
        }
      },
      Math.ceil(ENTRIES_AT_ONCE / length),
    );
  }
}

/** Where each line along the last axis begins in an array, and in a padded one. */
function eachLine(
  shape: readonly number[],
  padded: readonly number[],
  visit: (from: number, into: number) => void,
): void {
  const last = shape.length - 1;
  const lines = shape.slice(0, last).reduce((product, length) => product * length, 1);
  for (let line = 0; line < lines; line++) {
    let into = 0;
    let stride = padded[last];
    for (let axis = last - 1, left = line; axis >= 0; axis--) {
      into += (left % shape[axis]) * stride;
      left = Math.floor(left / shape[axis]);
      stride *= padded[axis];
    }
    visit(line * shape[last], into);
  }
}
