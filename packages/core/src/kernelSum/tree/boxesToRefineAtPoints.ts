import { boxInterpolation } from '../../spatial/boxPolynomial.js';
import { type Entries, emptyEntries } from '../../spatial/coreset.js';
import type { EvaluationNodes } from '../../spatial/evaluationNodes.js';
import type { Field } from '../../spatial/field.js';
import type { SortedCloud } from '../../spatial/sortedCloud.js';
import { pause, type Task } from '../../tasks/task.js';

/** Cells after which other work may come between: a millisecond or so. Raising it makes an abort wait longer. Chosen, not measured. */
const CELLS_BETWEEN_PAUSES = 1024;
/**
 * How far through a cell's points, in Morton order, they are looked at: between its mean and its ends, on either side of it. More places
 * find more boxes, and cost a point of the tree's sums each. Chosen, not measured.
 */
const THROUGH = [0.25, 0.75];

/** The boxed cells that are not to be refined so far. */
const smoothBoxes = ({ cells, boxes }: EvaluationNodes, toRefine: Uint32Array): Uint32Array => {
  const refined = new Uint8Array(cells.count);
  for (const cell of toRefine) refined[cell] = 1;
  const left: number[] = [];
  for (let cell = 0; cell < cells.count; cell++) if (boxes[cell] >= 0 && !refined[cell]) left.push(cell);
  return Uint32Array.from(left);
};

/**
 * The boxes to refine for what they are off by at points besides their mean: along a line, or beside a plane of symmetry, what a polynomial is off
 * by passes through 0 there by chance.
 */
export function* boxesToRefineAtPoints(
  cloud: SortedCloud,
  nodes: EvaluationNodes,
  atNodes: Required<Field>,
  toRefine: Uint32Array,
  tolerance: number,
  over: (entries: Entries) => Task<Required<Field>>,
): Task<Uint32Array> {
  const { dimension } = cloud;
  const boxes = smoothBoxes(nodes, toRefine);
  const checks = emptyEntries(boxes.length * THROUGH.length, dimension);
  boxes.forEach((cell, k) => {
    const [start, end] = [nodes.cells.starts[cell], nodes.cells.starts[cell + 1]];
    THROUGH.forEach((share, at) => {
      const entry = k * THROUGH.length + at;
      const place = start + Math.floor(share * (end - start));
      checks.places[entry] = place;
      checks.weights[entry] = cloud.weights[place];
      for (let c = 0; c < dimension; c++) {
        checks.points[entry * dimension + c] = cloud.points[place * dimension + c];
      }
    });
  });
  if (checks.count === 0) return toRefine;
  const { gradients } = yield* over(checks);
  const values = new Float64Array(THROUGH.length);
  const slopes = new Float64Array(THROUGH.length * dimension);
  const interpolate = boxInterpolation(nodes, dimension, atNodes);
  const found = [...toRefine];
  for (let k = 0; k < boxes.length; k++) {
    if (k % CELLS_BETWEEN_PAUSES === 0) yield* pause();
    const first = k * THROUGH.length;
    interpolate(boxes[k], checks.points, first, first + THROUGH.length, values, 0, slopes);
    let most = 0;
    for (let at = 0; at < THROUGH.length; at++) {
      let squared = 0;
      for (let c = 0; c < dimension; c++) {
        squared += (slopes[at * dimension + c] - gradients[(first + at) * dimension + c]) ** 2;
      }
      most = Math.max(most, squared);
    }
    if (most > tolerance ** 2) found.push(boxes[k]);
  }
  return Uint32Array.from(found).sort();
}
