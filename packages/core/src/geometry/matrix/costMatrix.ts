import type { DeviceArray } from '../../backend/backend.js';
import type { BlockPattern } from '../../backend/blockPattern.js';
import type { Workspace } from '../../backend/workspace.js';
import { UnsupportedError } from '../../errors.js';
import { add, column, type Expression, mul, neg, parameter, reduced, row, sub } from '../../formula/expression.js';
import { remembered } from '../../formula/remembered.js';
import { chunked, numbersChunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import type { Geometry } from '../geometry.js';
import type { Update } from '../update.js';

/** Costs between the points of two measures as matrices, row by row, and those of each measure with itself where they are known. */
export interface CostMatrices {
  /** [N, M] */
  readonly xy: Float64Array;
  /** [N, N] */
  readonly xx?: Float64Array;
  /** [M, M] */
  readonly yy?: Float64Array;
}

const EPSILON = parameter('epsilon');
const INVERSE_EPSILON = parameter('inverseEpsilon');
/** log b_j + g_j / eps, of columns, the same of entries, and with - C_ij / eps. */
const OF_COLUMN = add(row('logWeight'), mul(INVERSE_EPSILON, row('potential')));
const GATHERED = column('ofColumn');
const SCORE = sub(GATHERED, mul(INVERSE_EPSILON, column('cost')));
const SOFTMIN: Expression = neg(mul(EPSILON, reduced()));
const asItIs: Update = { formula: (softmin) => softmin };
/** The same formula object each time: a backend then finds its kernel without comparing formulas. */
const finishOf = remembered((formula: Update['formula']) => formula(SOFTMIN, EPSILON));

/**
 * The geometry of n and m points between which costs are known as a matrix, in units of `energy`: there are no coordinates, and no
 * gradients in points. It keeps the matrix twice on the device, in both orders, and so many numbers again in a pass.
 */
export function* costMatrix(
  space: Workspace,
  { xy, xx, yy }: CostMatrices,
  [n, m]: readonly [number, number],
  energy: number,
): Task<Geometry> {
  const ofX = xx && (yield* withItself(xx, n));
  const ofY = yy && (yield* withItself(yy, m));
  return yield* bothWays(xy, n, m, ofX && (() => ofX), ofY && (() => ofY));

  function* withItself(costs: Float64Array, count: number): Task<Geometry> {
    const geometry: Geometry = yield* bothWays(
      costs,
      count,
      count,
      () => geometry,
      () => geometry,
    );
    return geometry;
  }

  function* bothWays(
    costs: Float64Array,
    rows: number,
    columns: number,
    ofRows: (() => Geometry) | undefined,
    ofColumns: (() => Geometry) | undefined,
  ): Task<Geometry> {
    const scaled = yield* numbersChunked(costs.length, (entry) => costs[entry] / energy);
    const turned = yield* numbersChunked(costs.length, (k) => scaled[(k % rows) * columns + Math.floor(k / rows)]);
    const geometry: Geometry = yield* oriented(space, scaled, rows, columns, () => back, ofRows);
    const back: Geometry = yield* oriented(space, turned, columns, rows, () => geometry, ofColumns);
    return geometry;
  }
}

/**
 * A geometry of n rows and m columns. Reductions know no matrices, but they know blocks: the n m entries are columns, and row i meets
 * those from i m to (i + 1) m alone. So a softmin takes time in proportion to the entries on every backend.
 */
function* oriented(
  space: Workspace,
  costs: Float64Array,
  n: number,
  m: number,
  transpose: () => Geometry,
  ofRows: (() => Geometry) | undefined,
): Task<Geometry> {
  yield* pause();
  const cost = space.upload(costs, [n * m, 1]);
  const aRow = space.upload(new Float64Array(n), [n, 1]);
  const entriesOfRow = yield* blocks(n, n, m);
  const gather = yield* gathering(space, n, m, cost);
  return {
    transpose,
    softmin({ logWeights, potential }, epsilon, update = asItIs) {
      if (typeof epsilon !== 'number') {
        throw new UnsupportedError('a cost matrix needs temperatures that the host knows: give numbers');
      }
      const parameters = { epsilon, inverseEpsilon: 1 / epsilon, ...update.parameters };
      const ofColumn = gather(logWeights, potential, epsilon);
      try {
        return space.reduce({
          kind: 'logSumExp',
          score: SCORE,
          finish: finishOf(update.formula),
          rows: { aRow, ...update.rows },
          columns: { cost, ofColumn },
          parameters,
          blocks: entriesOfRow,
        })[0];
      } finally {
        space.backend.release(ofColumn);
      }
    },
    ...(ofRows && { ofRows }),
  };
}

/** What gives each entry the numbers of its column, in an array that the caller frees: in one move where the backend has it, and else as a reduction over one column each. */
function* gathering(
  space: Workspace,
  n: number,
  m: number,
  cost: DeviceArray,
): Task<(logWeight: DeviceArray, potential: DeviceArray, epsilon: number) => DeviceArray> {
  const { backend } = space;
  const order = backend.permute && (yield* remainders(n * m, m));
  const met = order ? undefined : yield* blocks(n * m, m, 1);
  return (logWeight, potential, epsilon) => {
    const ofColumn = space.map(OF_COLUMN, { logWeight, potential }, { inverseEpsilon: 1 / epsilon });
    const columns = { ofColumn };
    const ofEntry =
      (order && backend.permute?.(ofColumn, order)) ??
      space.reduce({ kind: 'sum', value: GATHERED, rows: { cost }, columns, parameters: {}, blocks: met })[0];
    space.keep(ofEntry);
    space.release(ofColumn);
    return ofEntry;
  };
}

/** k % divisor for each k below a count: of entries of a matrix row by row, the column that each is in. */
function* remainders(count: number, divisor: number): Task<Uint32Array> {
  const found = new Uint32Array(count);
  yield* chunked(count, (from, to) => {
    for (let k = from; k < to; k++) found[k] = k % divisor;
  });
  return found;
}

/** Every row is a block, and meets one of so many blocks of columns, `size` each: row k the k-th, and after the last the first again. */
function* blocks(rows: number, columns: number, size: number): Task<BlockPattern> {
  const multiples = (count: number, step: number) => Uint32Array.from({ length: count + 1 }, (_, k) => k * step);
  const each = multiples(rows, 1);
  yield* pause();
  return {
    rowStarts: each,
    columnStarts: multiples(columns, size),
    offsets: each,
    columnBlocks: yield* remainders(rows, columns),
  };
}
