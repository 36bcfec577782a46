import type { Axes } from '../../geometry/separable/separable.js';

// A grid that is half as fine has a node at the centre of each pair of neighbours, along every axis with more than one node; a last node
// without a neighbour is one of a pair all the same.

/** The number of nodes of the coarser grid along an axis of so many. */
const halved = (length: number): number => Math.ceil(length / 2);

/** Values on the coarser grid, [B, N'], of values on a grid, [B, N], by linear interpolation; the missing one of a pair lies on the line of the last two. */
export const restricted = (values: ArrayLike<number>, axes: Axes, batch: number): Float64Array =>
  alongEach(
    values,
    axes,
    batch,
    { before: (length) => length, after: halved },
    ({ from, start, step, length, to, into }) => {
      for (let k = 0; k < halved(length); k++) {
        const one = from[start + 2 * k * step];
        const two = 2 * k + 1 < length ? from[start + (2 * k + 1) * step] : 2 * one - from[start + (2 * k - 1) * step];
        to[into + k * step] = (one + two) / 2;
      }
    },
  );

/** Values on a grid, [B, N], of values on the coarser one, [B, N'], by linear interpolation; those of the nearest node outside of its nodes. */
export const interpolated = (values: ArrayLike<number>, axes: Axes, batch: number): Float64Array =>
  alongEach(
    values,
    axes,
    batch,
    { before: halved, after: (length) => length },
    ({ from, start, step, length, to, into }) => {
      const last = halved(length) - 1;
      for (let k = 0; k < length; k++) {
        const near = Math.floor(k / 2);
        const far = Math.min(last, Math.max(0, near + (k % 2 === 0 ? -1 : 1)));
        to[into + k * step] = (3 * from[start + near * step] + from[start + far * step]) / 4;
      }
    },
  );

/** A line of values along an axis, `step` apart from `start` on, and where the values go that are made of it. */
interface Line {
  readonly from: ArrayLike<number>;
  readonly start: number;
  readonly step: number;
  /** Of the finer grid. */
  readonly length: number;
  readonly to: Float64Array;
  readonly into: number;
}

/** Makes lines of other lengths out of those along one axis after the other, the last one first. */
function alongEach(
  values: ArrayLike<number>,
  axes: Axes,
  batch: number,
  lengths: Readonly<Record<'before' | 'after', (length: number) => number>>,
  make: (line: Line) => void,
): Float64Array {
  let found: ArrayLike<number> = values;
  let outer = axes.reduce((product, { length }) => product * lengths.before(length), batch);
  let step = 1;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const { length } = axes[axis];
    const [before, after] = [lengths.before(length), lengths.after(length)];
    outer /= before;
    if (length > 1) {
      const from = found;
      const to = new Float64Array(outer * after * step);
      for (let line = 0; line < outer; line++) {
        for (let k = 0; k < step; k++) {
          make({ from, start: line * before * step + k, step, length, to, into: line * after * step + k });
        }
      }
      found = to;
    }
    step *= after;
  }
  return found instanceof Float64Array ? found : new Float64Array(found);
}
