import type { Domain } from '../measure/domain.js';
import { boundingBox } from '../measure/frame.js';
import { coordinateAlong, isGrid } from '../measure/grid.js';
import type { CheckedWeights } from '../measure/measure.js';
import { bySide, type Side } from '../measure/side.js';
import { atOnce } from '../tasks/preparing.js';

type Located = Domain & Pick<CheckedWeights, 'weights' | 'batch' | 'count'>;
type Measures = Readonly<Record<Side, Located>>;

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
/** Cells along an axis at most: those of wider clouds are larger than the gap. */
const MOST_CELLS = 2 ** 16;
/** What the number of a cell grows by along an axis, so that an empty one is at either end: numbers stay exact. */
const STRIDE = 2 * MOST_CELLS;

/**
 * Parts of two measures together that lie further than `gap` from each other, with nothing between them: single linkage. Of many points
 * those of neighbouring cells are taken to be linked, so that parts may be up to some gaps apart and still count as one.
 */
export function partsApart(pair: Measures, gap: number): PartsApart {
  const of = bySide((side) => new Int32Array(pair[side].weights.length).fill(-1));
  const isFew = pair.x.count + pair.y.count <= FEW_POINTS;
  const counts = Array.from({ length: pair.x.batch }, (_, element) =>
    (isFew ? byDistances : byCells)(pair, element, gap, of),
  );
  return { of, counts };
}

/** Calls with every point of an element that has weight. */
function forPoints(pair: Measures, element: number, call: (side: Side, k: number) => void): void {
  for (const side of ['x', 'y'] as const) {
    const { weights, count } = pair[side];
    for (let k = element * count; k < (element + 1) * count; k++) if (weights[k] > 0) call(side, k);
  }
}

/** Walks from point to point: each that is not reached yet is looked at once from every one that is. */
function byDistances(pair: Measures, element: number, gap: number, of: PartsApart['of']): number {
  const { dimension } = pair.x;
  const left: (readonly [points: ArrayLike<number>, k: number, of: Int32Array])[] = [];
  forPoints(pair, element, (side, k) => left.push([pair[side].points, k, of[side]]));
  let parts = 0;
  for (let first = left.pop(); first; first = left.pop()) {
    const reached = [first];
    for (let from = reached.pop(); from; from = reached.pop()) {
      const [one, i, ofOne] = from;
      ofOne[i] = parts;
      let kept = 0;
      for (const to of left) {
        const [two, j] = to;
        let square = 0;
        for (let c = 0; c < dimension && square <= gap * gap; c++) {
          square += (one[i * dimension + c] - two[j * dimension + c]) ** 2;
        }
        if (square <= gap * gap) reached.push(to);
        else left[kept++] = to;
      }
      left.length = kept;
    }
    parts++;
  }
  return parts;
}

/** Sorts points into cells, and walks from cell to cell. */
function byCells(pair: Measures, element: number, gap: number, of: PartsApart['of']): number {
  const { low: least, high } = atOnce(boundingBox([pair.x, pair.y]));
  const extent = high.map((value, axis) => value - least[axis]);
  const axes = Array.from(extent.keys())
    .sort((one, two) => extent[two] - extent[one])
    .slice(0, MOST_AXES)
    .map((axis) => ({
      low: least[axis],
      width: Math.max(gap, extent[axis] / MOST_CELLS),
      coordinate: bySide((side) => coordinates(pair[side], axis)),
    }));
  const cells = new Map<number, number>();
  forPoints(pair, element, (side, k) => {
    let name = 0;
    for (const { coordinate, low, width } of axes) {
      name = STRIDE * name + 1 + Math.floor((coordinate[side](k) - low) / width);
    }
    const cell = cells.get(name) ?? cells.size;
    cells.set(name, cell);
    of[side][k] = cell;
  });
  const around = axes.reduce((steps) => steps.flatMap((step) => [-1, 0, 1].map((d) => STRIDE * step + d)), [0]);
  const part = new Int32Array(cells.size).fill(-1);
  let parts = 0;
  for (const [first, place] of cells) {
    if (part[place] >= 0) continue;
    part[place] = parts;
    const reached = [first];
    for (let from = reached.pop(); from !== undefined; from = reached.pop()) {
      for (const step of around) {
        const next = cells.get(from + step);
        if (next === undefined || part[next] >= 0) continue;
        part[next] = parts;
        reached.push(from + step);
      }
    }
    parts++;
  }
  forPoints(pair, element, (side, k) => {
    of[side][k] = part[of[side][k]];
  });
  return parts;
}

/** A coordinate of each point; nodes of a grid are not made into points for it. */
function coordinates(measure: Located, axis: number): (k: number) => number {
  if (isGrid(measure)) return coordinateAlong(measure.grid, axis);
  const { points, dimension } = measure;
  return (k) => points[k * dimension + axis];
}
