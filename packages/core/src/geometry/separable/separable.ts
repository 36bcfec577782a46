import type { AxisSoftmax, DeviceArray, EvenNodes, Reduction } from '../../backend/backend.js';
import type { Workspace } from '../../backend/workspace.js';
import { UnsupportedError } from '../../errors.js';
import { add, column, type Expression, mul, parameter, row, sub } from '../../formula/expression.js';
import { remembered } from '../../formula/remembered.js';
import { simplify } from '../../formula/simplify.js';
import type { Columns } from '../columns.js';
import type { Cost } from '../cost.js';
import type { Geometry } from '../geometry.js';
import type { Update } from '../update.js';
import { axisCost } from './axisCost.js';
import { evenNodes } from './evenNodes.js';
import { type Lines, linesIn } from './lines.js';

/** The nodes of a grid: all combinations of coordinates along its axes, row by row, the last axis fastest. */
export type Axes = readonly Float64Array[];

/** Two grids, and a cost that is a sum over axes. */
export interface Grids {
  readonly space: Workspace;
  /** The cost along an axis, a formula of two coordinates: |x - y|^2 / 2 adds up to the squared distance, |x - y| to Manhattan's. */
  readonly cost: Cost;
  readonly from: Axes;
  readonly to: Axes;
  /** How exact sums have to be where the device has float64: see `AxisSoftmax`. */
  readonly sums?: AxisSoftmax['sums'];
}

/** A geometry of grids whose cost is a sum over axes. */
export interface SeparableGeometry extends Geometry {
  transpose(): SeparableGeometry;
  ofRows(): SeparableGeometry;
  /**
   * At every row the mean of the columns' vectors under exp((g_j - C_ij) / eps) b_j, [N, size], and the logarithm of the sum of these
   * weights, [N, 1].
   */
  means(columns: Columns, epsilon: number, values: DeviceArray): { mean: DeviceArray; logSumExp: DeviceArray };
  /** The same geometry with other rows, such as the nodes of a finer grid. */
  withRows(rows: Axes): SeparableGeometry;
}

/**
 * The geometry of two grids whose rows are the first one's nodes. A softmin goes along one axis after the other: exp(-C / eps) is a product
 * over axes, so that N (n_1 + ... + n_D) exponentials take the place of N M (Solomon et al. 2015, section 4, here in the log domain).
 *
 * It is exact, for any blur: nothing underflows and nothing is cut off. The grids may have different nodes, at any places along each axis.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { powerCost } from '@sinkhorn/core';
 * import { workspace } from '@sinkhorn/core/extend';
 * import { separable } from '@sinkhorn/core/grids';
 *
 * const space = workspace(cpu());
 * const from = [Float64Array.of(0, 1), Float64Array.of(0, 1, 2)]; // 2 x 3 nodes
 * const to = [Float64Array.of(3), Float64Array.of(4)]; // one node
 * const geometry = separable({ space, cost: powerCost(2), from, to });
 * const [logWeights, potential] = [[0], [0]].map((zero) => space.upload(zero, [1, 1]));
 * const softmin = await space.backend.read(geometry.softmin({ logWeights, potential }, 0.1));
 * if (softmin.length !== 6 || Math.abs(softmin[0] - 12.5) > 1e-9) throw new Error('unexpected');
 * space.releaseAll();
 * ```
 */
export const separable = ({ space, cost, from, to, sums }: Grids): SeparableGeometry =>
  between({ lines: linesIn(space), cost, sums }, from, to);

/** What geometries of the same grids share. */
interface Shared extends Pick<Grids, 'cost' | 'sums'> {
  readonly lines: Lines;
}

/** The two geometries of two grids, each of which knows the other; lines are shared by all that come of one. */
function between(shared: Shared, from: Axes, to: Axes): SeparableGeometry {
  const one: SeparableGeometry = oriented(shared, from, to, false, () => two);
  const two: SeparableGeometry = oriented(shared, to, from, true, () => one);
  return one;
}

function oriented(
  shared: Shared,
  rows: Axes,
  columns: Axes,
  transposed: boolean,
  transpose: () => SeparableGeometry,
): SeparableGeometry {
  const { lines, cost, sums } = shared;
  const { space } = lines;
  const formulas = formulasOf(cost)[transposed ? 'transposed' : 'straight'];
  let own: SeparableGeometry | undefined;

  /**
   * A reduction along each axis, from the last one to the first. After each the axis is put first, so that the next one is last; after
   * all of them nodes are in their order again.
   */
  function alongAxes({ logWeights, potential }: Columns, epsilon: number, values?: DeviceArray) {
    const parameters = { inverseEpsilon: 1 / epsilon };
    let logSumExp: DeviceArray | undefined;
    let mean = values;
    let count = columns.reduce((product, axis) => product * axis.length, 1);
    for (let axis = rows.length - 1; axis >= 0; axis--) {
      const [n, m] = [rows[axis].length, columns[axis].length];
      const number = count / m;
      const given = {
        rows: { point: lines.coordinates(rows[axis], number) },
        columns: {
          point: lines.coordinates(columns[axis], number),
          ...(logSumExp ? { score: logSumExp } : { logWeight: logWeights, potential }),
        },
        parameters,
        blocks: lines.pattern(number, n, m),
        score: logSumExp ? formulas.further : formulas.first,
      };
      const found = space.reduce(withMean(given, mean));
      space.release(logSumExp, mean === values ? undefined : mean);
      const move = (array: DeviceArray) => lines.lastAxisFirst(array, number, n);
      logSumExp = move(found[found.length - 1]);
      mean = mean && move(found[0]);
      count = number * n;
    }
    return { logSumExp: logSumExp as DeviceArray, mean };
  }

  /** The same without values, where the backend has a faster way for the cost and these nodes. */
  function softmaxAlongAxes({ logWeights, potential }: Columns, epsilon: number): DeviceArray | undefined {
    const { backend } = space;
    const way = waysAlongAxis.get(cost);
    if (!way || !backend[way.name]) return undefined;
    const even = rows.map((axis, k) => [evenNodes(axis), evenNodes(columns[k])] as const);
    if (!even.every(([row, column]) => row && column)) return undefined;
    let scores = space.map(startingScore, { logWeight: logWeights, potential }, { inverseEpsilon: 1 / epsilon });
    let inner = 1;
    for (let axis = rows.length - 1; axis >= 0; axis--) {
      const [along, over] = even[axis] as readonly [EvenNodes, EvenNodes];
      const before = scores;
      try {
        const given = { scores, inner, rows: along, columns: over, rate: way.factor / epsilon, sums };
        scores = space.hold(backend[way.name]?.(given) as DeviceArray);
        space.reductions += 1;
      } catch (error) {
        if (error instanceof UnsupportedError) return undefined;
        throw error;
      } finally {
        space.release(before);
      }
      inner *= along.count;
    }
    return scores;
  }

  return {
    transpose,
    ofRows() {
      own ??= between(shared, rows, rows);
      return own;
    },
    withRows: (others) =>
      transposed ? between(shared, columns, others).transpose() : between(shared, others, columns),
    softmin(given, epsilon, { formula, rows: more, parameters } = asItIs) {
      if (typeof epsilon !== 'number') {
        throw new UnsupportedError('grids need temperatures that the host knows: give numbers');
      }
      const logSumExp = softmaxAlongAxes(given, epsilon) ?? alongAxes(given, epsilon).logSumExp;
      const result = space.map(
        updated(formula),
        { logSumExp, ...more },
        { ...parameters, epsilon, minusEpsilon: -epsilon },
      );
      space.release(logSumExp);
      return result;
    },
    means(given, epsilon, values) {
      const { logSumExp, mean } = alongAxes(given, epsilon, values);
      return { logSumExp, mean: mean as DeviceArray };
    },
  };
}

function withMean(given: Omit<Reduction, 'kind'>, values: DeviceArray | undefined): Reduction {
  if (!values) return { ...given, kind: 'logSumExp' };
  const value = column('value', values.shape[values.shape.length - 1]);
  return { ...given, kind: 'softmaxMean', value, columns: { ...given.columns, value: values } };
}

/** What a backend may have for a cost along an axis, and the cost's factor. */
const waysAlongAxis = new Map<
  Cost,
  { readonly name: 'logSumExpAlongAxis' | 'logSumExpByDistance'; readonly factor: number }
>([
  [axisCost(2), { name: 'logSumExpAlongAxis', factor: 0.5 }],
  [axisCost(1), { name: 'logSumExpByDistance', factor: 1 }],
]);

const asItIs: Update = { formula: (softmin) => softmin };

const startingScore = add(row('logWeight'), mul(parameter('inverseEpsilon'), row('potential')));

// The same formula object each time: a backend then finds its kernel without comparing formulas.
const updated = remembered(
  (formula: Update['formula']): Expression =>
    formula(mul(parameter('minusEpsilon'), row('logSumExp')), parameter('epsilon')),
);

const formulasOf = remembered((cost: Cost) => {
  const [point, against] = [row('point'), column('point')];
  const inverse = parameter('inverseEpsilon');
  const scores = (costs: Expression) => ({
    /** log b_j + (g_j - C_ij) / eps, and then what the axes before have come to in place of the column's part. */
    first: simplify(sub(add(column('logWeight'), mul(inverse, column('potential'))), mul(inverse, costs))),
    further: simplify(sub(column('score'), mul(inverse, costs))),
  });
  return { straight: scores(cost(point, against)), transposed: scores(cost(against, point)) };
});
