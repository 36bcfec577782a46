import { polynomialOf } from '../../spatial/boxPolynomial.js';
import { type Entries, emptyEntries } from '../../spatial/coreset.js';
import type { SortedCloud } from '../../spatial/sortedCloud.js';
import type { Targets } from '../../spatial/targets.js';
import type { Field } from '../../spatial/transfer.js';
import { pause, type Task } from '../../tasks/task.js';

/** After so many cells other work may come between. */
const CELLS_BETWEEN_PAUSES = 1024;
/** How far through a cell's points, in Morton order, they are looked at: between its mean and its ends, on either side of it. */
const THROUGH = [0.25, 0.75];

/** The boxed cells that are not known to be rough. */
const smoothBoxes = ({ cells, boxed }: Targets, rough: Uint32Array): Uint32Array => {
  const left = Uint8Array.from(boxed);
  for (const cell of rough) left[cell] = 0;
  return Uint32Array.from({ length: cells.count }, (_, cell) => cell).filter((cell) => left[cell] === 1);
};

/**
 * The boxes that are rough at points besides their mean: along a line, or beside a plane of symmetry, what a polynomial is off
 * by passes through 0 there by chance.
 */
export function* roughAtPoints(
  cloud: SortedCloud,
  targets: Targets,
  atTargets: Required<Field>,
  rough: Uint32Array,
  tolerance: number,
  over: (entries: Entries) => Task<Required<Field>>,
): Task<Uint32Array> {
  const { dimension } = cloud;
  const boxes = smoothBoxes(targets, rough);
  const checks = emptyEntries(boxes.length * THROUGH.length, dimension);
  boxes.forEach((cell, k) => {
    const [start, end] = [targets.cells.starts[cell], targets.cells.starts[cell + 1]];
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
  if (checks.count === 0) return rough;
  const { gradients } = yield* over(checks);
  const value = new Float64Array(1);
  const gradient = new Float64Array(dimension);
  const found = [...rough];
  for (let k = 0; k < boxes.length; k++) {
    if (k % CELLS_BETWEEN_PAUSES === 0) yield* pause();
    const evaluate = polynomialOf(targets, dimension, atTargets, boxes[k]);
    let most = 0;
    for (let entry = k * THROUGH.length; entry < (k + 1) * THROUGH.length; entry++) {
      evaluate(checks.points, entry, value, 0, gradient, 0);
      let squared = 0;
      for (let c = 0; c < dimension; c++) squared += (gradient[c] - gradients[entry * dimension + c]) ** 2;
      most = Math.max(most, squared);
    }
    if (most > tolerance ** 2) found.push(boxes[k]);
  }
  return Uint32Array.from(found).sort();
}
