import type { CheckedMeasure } from '../measure/measure.js';
import { bySide, type Side } from '../measure/side.js';

/** By side, the part that each point belongs to, counted from 0, [B, N]; -1 for points without weight. */
export interface PartsApart {
  readonly of: Readonly<Record<Side, Int32Array>>;
  /** [B] */
  readonly counts: readonly number[];
}

/** Points up to which all distances are looked at: 2 million of them. Raising it takes time, and is exact for more. Chosen, not measured. */
const FEW_POINTS = 2000;
/** More points are sorted into cells by at most so many coordinates, those of the largest extent. */
const MOST_AXES = 3;

/**
 * Parts of two measures together that lie further than `gap` from each other, with nothing between them: single linkage. Of many points
 * those of neighbouring cells are taken to be linked, so that parts may be up to some gaps apart and still count as one.
 */
export function partsApart(pair: Readonly<Record<Side, CheckedMeasure>>, gap: number): PartsApart {
  const { batch, dimension } = pair.x;
  const of = bySide((side) => new Int32Array(batch * pair[side].count).fill(-1));
  const counts: number[] = [];
  for (let element = 0; element < batch; element++) {
    const at: { side: Side; index: number }[] = [];
    for (const side of ['x', 'y'] as const) {
      const { weights, count } = pair[side];
      for (let k = element * count; k < (element + 1) * count; k++) if (weights[k] > 0) at.push({ side, index: k });
    }
    const points = new Float64Array(at.length * dimension);
    at.forEach(({ side, index }, k) => {
      for (let c = 0; c < dimension; c++) points[k * dimension + c] = pair[side].points[index * dimension + c];
    });
    const linked = at.length <= FEW_POINTS ? byDistances(points, dimension, gap) : byCells(points, dimension, gap);
    const numbers = new Map<number | string, number>();
    at.forEach(({ side, index }, k) => {
      const root = linked(k);
      const number = numbers.get(root) ?? numbers.size;
      numbers.set(root, number);
      of[side][index] = number;
    });
    counts.push(numbers.size);
  }
  return { of, counts };
}

/** Walks from point to point: each that is not reached yet is looked at once from every one that is. */
function byDistances(points: Float64Array, dimension: number, gap: number): (k: number) => number {
  const count = points.length / dimension;
  const part = new Int32Array(count).fill(-1);
  const left = Array.from({ length: count }, (_, k) => k);
  const square = gap * gap;
  while (left.length > 0) {
    const first = left.pop() as number;
    part[first] = first;
    const reached = [first];
    for (let from = reached.pop(); from !== undefined; from = reached.pop()) {
      let kept = 0;
      for (const to of left) {
        let distance = 0;
        for (let c = 0; c < dimension; c++) {
          distance += (points[from * dimension + c] - points[to * dimension + c]) ** 2;
        }
        if (distance <= square) {
          part[to] = first;
          reached.push(to);
        } else left[kept++] = to;
      }
      left.length = kept;
    }
  }
  return (k) => part[k];
}

function byCells(points: Float64Array, dimension: number, gap: number): (k: number) => string {
  const count = points.length / dimension;
  const extents = Array.from({ length: dimension }, (_, axis) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = axis; k < points.length; k += dimension) {
      low = Math.min(low, points[k]);
      high = Math.max(high, points[k]);
    }
    return { axis, low, extent: high - low };
  });
  const axes = extents.sort((one, two) => two.extent - one.extent).slice(0, MOST_AXES);
  const place = (k: number) => axes.map(({ axis, low }) => Math.floor((points[k * dimension + axis] - low) / gap));
  const cells = new Map<string, readonly number[]>();
  const names = Array.from({ length: count }, (_, k) => {
    const cell = place(k);
    const name = cell.join();
    cells.set(name, cell);
    return name;
  });
  const part = new Map<string, string>();
  for (const first of cells.keys()) {
    const reached = part.has(first) ? [] : [first];
    for (let from = reached.pop(); from !== undefined; from = reached.pop()) {
      part.set(from, first);
      const cell = cells.get(from) as readonly number[];
      for (let next = 0; next < 3 ** cell.length; next++) {
        const to = cell.map((at, axis) => at + (Math.floor(next / 3 ** axis) % 3) - 1).join();
        if (cells.has(to) && !part.has(to)) {
          part.set(to, first);
          reached.push(to);
        }
      }
    }
  }
  return (k) => part.get(names[k]) as string;
}
