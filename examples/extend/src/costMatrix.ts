import {
  type BlockPattern,
  formula,
  InvalidOptionError,
  UnsupportedError,
} from '@sinkhorn/core';
import type { Geometry, Update, Workspace } from '@sinkhorn/core/extend';

/**
 * Costs between the points of two measures, flat, row by row; and where
 * transport is to be debiased, those of each measure with itself.
 */
export interface CostMatrices {
  /** [N, M] */
  readonly xy: ArrayLike<number>;
  /** [N, N] */
  readonly xx?: ArrayLike<number>;
  /** [M, M] */
  readonly yy?: ArrayLike<number>;
}

/**
 * The geometry of N and M points between which the costs are known as a matrix:
 * there are no coordinates, and no gradients in points.
 *
 * @param counts - N and M.
 * @throws InvalidOptionError when a matrix has another size, or an entry is no
 * finite number.
 */
export function costMatrix(
  space: Workspace,
  { xy, xx, yy }: CostMatrices,
  counts: readonly [number, number],
): Geometry {
  const [n, m] = counts;
  checkMatrix('xy', xy, n, m);
  if (xx) checkMatrix('xx', xx, n, n);
  if (yy) checkMatrix('yy', yy, m, m);
  const yx = Float64Array.from(
    { length: n * m },
    (_, k) => xy[(k % n) * m + Math.floor(k / n)],
  );
  const geometry: Geometry = oriented(space, xy, n, m, xx, () => transposed);
  const transposed: Geometry = oriented(space, yx, m, n, yy, () => geometry);
  return geometry;
}

const { add, column, mul, neg, parameter, reduced, sub } = formula;
const EPSILON = parameter('epsilon');
const INVERSE_EPSILON = parameter('inverseEpsilon');
/** log b_j + g_j / eps, of columns; and with - C_ij / eps, of pairs. */
const OF_COLUMN = add(
  column('logWeight'),
  mul(INVERSE_EPSILON, column('potential')),
);
const SCORE = sub(column('ofColumn'), mul(INVERSE_EPSILON, column('cost')));
const SOFTMIN = neg(mul(EPSILON, reduced()));
const asItIs: Update['formula'] = (softmin) => softmin;

/**
 * A geometry of n rows and m columns. Reductions know no matrices, but they
 * know blocks: the n m entries are columns, and row i meets
 * those from i m to (i + 1) m alone. So a softmin takes time in proportion to
 * the entries on every backend.
 */
function oriented(
  space: Workspace,
  costs: ArrayLike<number>,
  n: number,
  m: number,
  own: ArrayLike<number> | undefined,
  transpose: () => Geometry,
): Geometry {
  const cost = space.upload(costs, [n * m, 1]);
  const row = space.upload(new Float64Array(n), [n, 1]);
  const entriesOfRow = blocks(n, n, m, (i) => i);
  const columnOfEntry = blocks(n * m, m, 1, (entry) => entry % m);
  let ofRows: Geometry | undefined;
  return {
    transpose,
    softmin({ logWeights, potential }, epsilon, update = { formula: asItIs }) {
      if (typeof epsilon !== 'number') {
        throw new UnsupportedError(
          'a cost matrix needs temperatures that the host knows: give numbers',
        );
      }
      const parameters = {
        epsilon,
        inverseEpsilon: 1 / epsilon,
        ...update.parameters,
      };
      const [ofColumn] = space.reduce({
        kind: 'sum',
        value: OF_COLUMN,
        rows: { cost },
        columns: { logWeight: logWeights, potential },
        parameters,
        blocks: columnOfEntry,
      });
      const [result] = space.reduce({
        kind: 'logSumExp',
        score: SCORE,
        finish: update.formula(SOFTMIN, EPSILON),
        rows: { row, ...update.rows },
        columns: { cost, ofColumn },
        parameters,
        blocks: entriesOfRow,
      });
      space.release(ofColumn);
      return result;
    },
    ...(own && {
      ofRows() {
        ofRows ??= costMatrix(space, { xy: own, xx: own, yy: own }, [n, n]);
        return ofRows;
      },
    }),
  };
}

/**
 * Every row is a block, and meets one of so many blocks of columns, `size`
 * each.
 */
function blocks(
  rows: number,
  columns: number,
  size: number,
  met: (row: number) => number,
): BlockPattern {
  const multiples = (count: number, step: number) =>
    Uint32Array.from({ length: count + 1 }, (_, k) => k * step);
  return {
    rowStarts: multiples(rows, 1),
    columnStarts: multiples(columns, size),
    offsets: multiples(rows, 1),
    columnBlocks: Uint32Array.from({ length: rows }, (_, row) => met(row)),
  };
}

function checkMatrix(
  name: string,
  costs: ArrayLike<number>,
  rows: number,
  columns: number,
): void {
  if (costs.length !== rows * columns) {
    throw new InvalidOptionError(
      `${name} has ${costs.length} costs: give ${rows} x ${columns}, by rows`,
    );
  }
  for (let k = 0; k < costs.length; k++) {
    if (Number.isFinite(costs[k])) continue;
    const pair = `${Math.floor(k / columns)} to ${k % columns}`;
    throw new InvalidOptionError(
      `${name}[${k}], from ${pair}, is ${costs[k]}: give finite numbers`,
    );
  }
}
