import { type Workspace, workspace } from '../backend/workspace.js';
import { UnsupportedError } from '../errors.js';
import { pairwise } from '../geometry/pairwise/pairwise.js';
import { logarithms } from '../measure/deviceMeasure.js';
import { toFrame } from '../measure/frame.js';
import type { Side } from '../measure/side.js';
import { read, report, type Task } from '../tasks/task.js';
import { unitsFor } from './context.js';
import { potentialsOf } from './hostPotentials.js';
import { type PlanSource, rowMass } from './plan.js';

/** The most entries a dense plan may have: 128 MiB of float64. */
const DENSE_PLAN_LIMIT = 2 ** 24;

/** @throws UnsupportedError where a plan has too many entries to be a matrix. */
export function checkDense({ pair: { x, y } }: Pick<PlanSource, 'pair'>, side: Side): void {
  if (x.batch * x.count * y.count <= DENSE_PLAN_LIMIT) return;
  const [rows, columns] = side === 'x' ? [x, y] : [y, x];
  throw new UnsupportedError(
    `a dense plan of ${rows.count} x ${columns.count} has more than ${DENSE_PLAN_LIMIT} entries: use apply, marginals or barycentricMap, which never store it`,
  );
}

/**
 * Entries that one reduction gives: 4 MiB of float32, and a fraction of a second on a slow device. Raising it makes fewer reductions and
 * longer waits. Chosen, not measured by itself.
 */
const ENTRIES_AT_ONCE = 2 ** 20;
/** Columns of one reduction: each takes a line of a texture or more, of which some devices have 4096. */
const COLUMNS_AT_ONCE = 1024;

/**
 * The plan as a matrix, [B, N, M], row by row.
 *
 * Its columns become elements of a batch, with one column each: an entry then is an expression of a row and of the one column there
 * is, and many columns are one reduction. The plan from y is that from x turned, to the last bit.
 *
 * @throws UnsupportedError above DENSE_PLAN_LIMIT entries.
 */
export function* densePlan(source: PlanSource, side: Side): Task<Float64Array> {
  checkDense(source, side);
  const { backend, options, pair } = source;
  const { batch, count: rowCount } = pair.x;
  const { count } = pair.y;
  const entries = batch * rowCount * count;
  const epsilon = (options.blur / unitsFor(backend, pair, options).length) ** options.p;
  const from = pointsOf(source, 'x', pair.x.weights);
  const to = pointsOf(source, 'y', logarithms(pair.y.weights));
  const [afterRow, afterColumn] = side === 'x' ? [count, 1] : [1, rowCount];
  const atOnce = Math.max(1, Math.min(COLUMNS_AT_ONCE, Math.floor(ENTRIES_AT_ONCE / rowCount)));
  // Many small elements keep their batch, and are visited by their columns.
  const keepsBatch = batch * Math.ceil(count / atOnce) > count;
  const dense = new Float64Array(entries);
  const space = workspace(backend);
  try {
    for (let element = 0; element < (keepsBatch ? 1 : batch); element++) {
      const rows = keepsBatch
        ? uploadPoints(space, from, range(0, batch * rowCount), [batch, rowCount])
        : uploadPoints(space, from, range(element * rowCount, rowCount), [rowCount]);
      for (let start = 0; start < count; start += keepsBatch ? 1 : atOnce) {
        yield* report({ stage: 'plan', share: keepsBatch ? start / count : (element + start / count) / batch });
        const places = keepsBatch
          ? range(start, batch, count)
          : range(element * count + start, Math.min(atOnce, count - start));
        const columns = uploadPoints(space, to, places, [places.length, 1]);
        const geometry = pairwise({ space, cost: options.cost, from: rows, to: columns });
        const against = { logWeights: columns.weights, potential: columns.potential };
        const [found] = geometry.pass(against, epsilon, {
          kind: 'sum',
          value: rowMass(geometry.formulas.score),
          rows: { weight: rows.weights, potential: rows.potential },
        });
        const values = yield* read(backend, found);
        places.forEach((place, k) => {
          const first = Math.floor(place / count) * rowCount * count + (place % count) * afterColumn;
          for (let i = 0; i < rowCount; i++) dense[first + i * afterRow] = values[k * rowCount + i];
        });
        space.release(found, ...arraysOf(columns));
      }
      space.release(...arraysOf(rows));
    }
    return dense;
  } finally {
    space.releaseAll();
  }
}

const range = (start: number, length: number, step = 1): readonly number[] =>
  Array.from({ length }, (_, k) => start + k * step);

/** A side's points, flat, with their weights or the logarithms of them, and the potential: in the device's units. */
interface HostPoints {
  readonly dimension: number;
  readonly points: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  readonly potential: ArrayLike<number>;
}

function pointsOf({ backend, pair, options, potentials }: PlanSource, side: Side, weights: Float64Array): HostPoints {
  const { frame, energy } = unitsFor(backend, pair, options);
  return {
    dimension: pair[side].dimension,
    points: toFrame(pair[side], frame),
    weights,
    potential: potentialsOf(potentials, side).cross.map((value) => value / energy),
  };
}

/** Uploads the points at some places. */
function uploadPoints(
  space: Workspace,
  { dimension, points, weights, potential }: HostPoints,
  places: readonly number[],
  shape: readonly number[],
) {
  const upload = (values: ArrayLike<number>, size: number) => {
    const taken = new Float64Array(places.length * size);
    places.forEach((place, k) => {
      for (let c = 0; c < size; c++) taken[k * size + c] = values[place * size + c];
    });
    return space.upload(taken, [...shape, size]);
  };
  return { dimension, points: upload(points, dimension), weights: upload(weights, 1), potential: upload(potential, 1) };
}

const arraysOf = ({ points, weights, potential }: ReturnType<typeof uploadPoints>) => [points, weights, potential];
