import type { DeviceArray, Reduction } from '../../backend/backend.js';
import type { BlockPattern } from '../../backend/blockPattern.js';
import type { Workspace } from '../../backend/workspace.js';
import { derivative } from '../../formula/derivative.js';
import {
  column,
  type Expression,
  mul,
  neg,
  parameter,
  reduced,
  reducedLogSumExp,
  row,
  type Variable,
} from '../../formula/expression.js';
import { remembered } from '../../formula/remembered.js';
import type { Side } from '../../measure/side.js';
import type { Columns } from '../columns.js';
import type { Cost } from '../cost.js';
import type { Geometry } from '../geometry.js';
import type { Temperature } from '../temperature.js';
import type { Update } from '../update.js';
import type { CostMemory, KeptCosts } from './keptCosts.js';
import { scoreOf } from './score.js';

/** Points of a measure on a device. */
export interface DevicePoints {
  readonly dimension: number;
  /** [N, D] or [B, N, D] */
  readonly points: DeviceArray;
}

/** Two clouds of points, and a formula of the cost of going from one of the first to one of the second. */
export interface Clouds {
  readonly space: Workspace;
  readonly cost: Cost;
  readonly from: DevicePoints;
  readonly to: DevicePoints;
  /** The pairs that count in softmins at the points of each cloud; all of them when absent. */
  readonly blocks?: { readonly from?: BlockPattern; readonly to?: BlockPattern };
  /** Where costs are kept as long as the space, from the first pass on; each pass computes them where it is absent. */
  readonly memory?: CostMemory;
}

/** Some points of a side, points of the other one, and the pairs that count. */
export interface PairsAt {
  readonly space: Workspace;
  readonly cost: Cost;
  readonly rows: DevicePoints;
  readonly columns: DevicePoints;
  readonly blocks?: BlockPattern;
}

/** What a pass gathers over the columns of each row: a reduction whose score, if its kind has one, is log b_j + (g_j - C_ij) / eps. */
export type Pass = Pick<Reduction, 'value' | 'finish'> & {
  readonly kind: 'logSumExp' | 'softmaxMean' | 'sum';
  readonly rows?: Reduction['rows'];
  readonly columns?: Reduction['columns'];
  readonly parameters?: Reduction['parameters'];
};

/** A geometry of a formula over pairs of points. */
export interface PairwiseGeometry extends Geometry {
  /** The row's point, a variable named `point`, the cost between it and the column's, named `point` too, and the score of passes. */
  readonly formulas: { readonly point: Variable; readonly cost: Expression; readonly score: Expression };
  transpose(): PairwiseGeometry;
  ofRows(): PairwiseGeometry;
  costGradient: NonNullable<Geometry['costGradient']>;
  /** Any pass over the pairs. */
  pass(columns: Columns, epsilon: number, pass: Pass): readonly DeviceArray[];
}

/**
 * The geometry whose rows are the first cloud's points: every pass over pairs of transport is made here.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkMeasure, powerCost } from '@sinkhorn/core';
 * import { pairwise, rawFrame, uploadMeasure, workspace } from '@sinkhorn/core/extend';
 *
 * const space = workspace(cpu());
 * const from = uploadMeasure(space, checkMeasure('x', [[0, 0]]), rawFrame(2));
 * const to = uploadMeasure(space, checkMeasure('y', [[3, 4]]), rawFrame(2));
 * const geometry = pairwise({ space, cost: powerCost(1), from, to });
 * const potential = space.upload([1], [1, 1]);
 * const softmin = geometry.softmin({ logWeights: to.logWeights, potential }, 0.1);
 * if (Math.abs((await space.backend.read(softmin))[0] - 4) > 1e-9) throw new Error('unexpected');
 * space.releaseAll();
 * ```
 */
export function pairwise(clouds: Clouds): PairwiseGeometry {
  let transposed: PairwiseGeometry | undefined;
  const { space, cost, from, to, memory } = clouds;
  const costs = memory?.keep(space, () => formulasOf(cost)(from.dimension, false).cost, from.points, to.points);
  const one = oriented(clouds, costs, false, () => {
    transposed ??= oriented(clouds, costs, true, () => one);
    return transposed;
  });
  return one;
}

/** A geometry whose rows are points of a side, and its columns points of the other one. */
export function pairwiseAt(side: Side, { space, cost, rows, columns, blocks }: PairsAt): PairwiseGeometry {
  if (side === 'x') return pairwise({ space, cost, from: rows, to: columns, blocks: { from: blocks } });
  return pairwise({ space, cost, from: columns, to: rows, blocks: { to: blocks } }).transpose();
}

function oriented(
  clouds: Clouds,
  costs: KeptCosts | undefined,
  transposed: boolean,
  transpose: () => PairwiseGeometry,
): PairwiseGeometry {
  const { space, blocks } = clouds;
  const [rows, columnPoints] = transposed ? [clouds.to, clouds.from] : [clouds.from, clouds.to];
  const { point, cost, score, slope } = formulasOf(clouds.cost)(rows.dimension, transposed);

  const pairs = { rows: rows.points, columns: columnPoints.points, blocks: transposed ? blocks?.to : blocks?.from };

  const pass: PairwiseGeometry['pass'] = ({ logWeights, potential }, epsilon, given) => {
    const hasScore = given.kind !== 'sum';
    return space.reduce({
      kind: given.kind,
      score: hasScore ? score : undefined,
      value: given.value,
      finish: given.finish,
      rows: { point: pairs.rows, ...given.rows },
      columns: { point: pairs.columns, logWeight: logWeights, potential, ...given.columns },
      parameters: { inverseEpsilon: 1 / epsilon, ...given.parameters },
      blocks: pairs.blocks,
      ...(hasScore && costs?.(transposed)),
    });
  };

  return {
    formulas: { point, cost, score },
    transpose,
    ofRows: () => pairwise({ ...clouds, from: rows, to: rows, blocks: undefined }),
    pass,
    softmin(columns, epsilon: Temperature, update = asItIs) {
      if (typeof epsilon !== 'number') return epsilon.softmin({ space, cost, ...pairs }, columns, update);
      return pass(columns, epsilon, {
        kind: 'logSumExp',
        finish: finishOf(update.formula),
        rows: update.rows,
        parameters: { epsilon, ...update.parameters },
      })[0];
    },
    costGradient(columns, epsilon, factor) {
      const [found, logSumExp] = pass(columns, epsilon, {
        kind: 'softmaxMean',
        value: slope(),
        finish: factor && mul(factor.formula(softminFrom(reducedLogSumExp()), EPSILON), reduced(rows.dimension)),
        rows: factor?.rows,
        parameters: { epsilon, ...factor?.parameters },
      });
      return { mean: found, logSumExp };
    },
  };
}

const EPSILON = parameter('epsilon');
const softminFrom = (logSumExp: Expression): Expression => neg(mul(EPSILON, logSumExp));
const asItIs: Update = { formula: (softmin) => softmin };

/** The formulas of passes over pairs for a cost. */
const formulasOf = remembered((costOf: Cost) => {
  const known = new Map<string, PassFormulas>();
  return (dimension: number, transposed: boolean): PassFormulas => {
    const key = `${dimension} ${transposed}`;
    const formulas = known.get(key) ?? passFormulas(costOf, dimension, transposed);
    known.set(key, formulas);
    return formulas;
  };
});

interface PassFormulas {
  readonly point: Variable;
  readonly cost: Expression;
  /** log b_j + (g_j - C_ij) / eps */
  readonly score: Expression;
  /** dC(x_i, y_j)/dx_i */
  slope(): Expression;
}

function passFormulas(costOf: Cost, dimension: number, transposed: boolean): PassFormulas {
  const point = row('point', dimension);
  const against = column('point', dimension);
  const cost = transposed ? costOf(against, point) : costOf(point, against);
  const score = scoreOf(cost);
  let slope: Expression | undefined;
  return {
    point,
    cost,
    score,
    slope() {
      slope ??= derivative(cost, point);
      return slope;
    },
  };
}

// The same formula object each time: a backend then finds its kernel without comparing formulas.
const finishOf = remembered((formula: Update['formula']) => formula(softminFrom(reduced()), EPSILON));
