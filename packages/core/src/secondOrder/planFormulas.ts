import { derivative } from '../formula/derivative.js';
import {
  abs,
  add,
  column,
  constant,
  div,
  dot,
  type Expression,
  max,
  mul,
  parameter,
  row,
  sqrt,
  sub,
} from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import { simplify } from '../formula/simplify.js';
import type { Cost } from '../geometry/cost.js';
import type { Side } from '../measure/side.js';
import type { SinkhornOptions } from '../transport/options.js';

/** What moves in a direction: points, weights, or the temperature. */
export interface Moves {
  readonly rows: { readonly points: boolean; readonly weights: boolean };
  readonly columns: { readonly points: boolean; readonly weights: boolean };
  readonly epsilon: boolean;
}

/** What is known of a cost: that it is |x - y|, or |x - y|^2 / 2. */
export type Kind = 'distance' | 'square' | 'other';

export const kindOf = ({ p, homogeneous }: Pick<SinkhornOptions, 'p' | 'homogeneous'>): Kind => {
  if (!homogeneous) return 'other';
  return p === 1 ? 'distance' : 'square';
};

/**
 * The formulas of derivatives of a plan, at the points of one side: sums over e_ij, the plan's density. Of each side they know
 * `point`, `weight` and `potential`, and what happens to these in a direction: `move`, `weightMove`, `potentialMove`.
 */
export interface PlanFormulas {
  /** dC/dx_i, [D]: x the row's point. */
  readonly slope: Expression;
  /** (f_i + g_j - C_ij) / eps */
  readonly logDensity: Expression;
  /** What the row's optimality condition lacks in a direction, without its potentials: b C. - eps b. + eps. b L. Absent where it is 0. */
  lack(moves: Moves): Expression | undefined;
  /** The plan's change over e_ij: a b ((f. + g. - C.) / eps - eps. L / eps) + a. b + a b. */
  planMove(moves: Moves): Expression;
  /** The change of the sum of pi_ij dC/dx_i, [D]: that of the plan, and that of the slopes. */
  forceMove(moves: Moves): Expression;
  /** Of how large numbers `slope` is made: [3], `net`, `parts` and `rounds` of a `Cancellation`. */
  slopeSize(kind: Kind): Expression;
  /** Of how large numbers `lack` is a sum, without the cost's change. Absent where there are none. */
  lackSize(moves: Moves): Expression | undefined;
  /** What rounding of points changes of it, over their share. Absent where no points move. */
  lackRounds(moves: Moves): Expression | undefined;
  /** Of how large numbers `planMove` is a sum: [3]. */
  planMoveSize(moves: Moves): Expression;
  /** The same of `forceMove`. */
  forceMoveSize(moves: Moves, kind: Kind): Expression;
}

const INVERSE = parameter('inverseEpsilon');
const EPSILON_MOVE = parameter('epsilonMove');
const WEIGHTS = mul(row('weight'), column('weight'));

/** The formulas at the points of a side, for a cost from x to y. */
export const planFormulas = remembered((cost: Cost) => {
  const known = new Map<string, PlanFormulas>();
  return (dimension: number, side: Side): PlanFormulas => {
    const key = `${dimension} ${side}`;
    const found = known.get(key) ?? make(cost, dimension, side);
    known.set(key, found);
    return found;
  };
});

function make(costOf: Cost, dimension: number, side: Side): PlanFormulas {
  const [point, against] = [row('point', dimension), column('point', dimension)];
  const cost = side === 'x' ? costOf(point, against) : costOf(against, point);
  const slope = derivative(cost, point);
  const slopeAgainst = derivative(cost, against);
  const logDensity = mul(INVERSE, sub(add(row('potential'), column('potential')), cost));

  /** C. */
  const costMove = ({ rows, columns }: Moves): Expression | undefined =>
    sumOf([
      rows.points && dot(slope, row('move', dimension)),
      columns.points && dot(slopeAgainst, column('move', dimension)),
    ]);

  const planMove = (moves: Moves): Expression => {
    const moved = costMove(moves);
    const potentials = add(row('potentialMove'), column('potentialMove'));
    const exponent = mul(INVERSE, moved ? sub(potentials, moved) : potentials);
    return sumOf([
      mul(WEIGHTS, moves.epsilon ? sub(exponent, mul(INVERSE, mul(EPSILON_MOVE, logDensity))) : exponent),
      moves.rows.weights && mul(row('weightMove'), column('weight')),
      moves.columns.weights && mul(row('weight'), column('weightMove')),
    ]) as Expression;
  };

  /** What rounding of points, by a share of what they are, changes of a vector of slopes, over that share: second derivatives times points. */
  const pointSizes = add(lengthOf(point), lengthOf(against));
  const slopeRounds = (kind: Kind): Expression => {
    if (kind === 'square') return pointSizes;
    const own = lengthOf(slope);
    return kind === 'distance' ? add(own, overDistance(mul(own, pointSizes))) : own;
  };
  const overDistance = (value: Expression): Expression =>
    div(value, max(lengthOf(sub(point, against)), LEAST_DISTANCE));

  /** What rounding of points changes of C., over their share. */
  const costMoveRounds = (moved: Expression): Expression => mul(lengthOf(derivative(moved, point)), pointSizes);

  const planMoveSize = (moves: Moves): Expression => {
    const { rows, columns, epsilon } = moves;
    const moved = costMove(moves);
    const exponents = sumOf([
      abs(row('potentialMove')),
      abs(column('potentialMove')),
      rows.points && abs(dot(slope, row('move', dimension))),
      columns.points && abs(dot(slopeAgainst, column('move', dimension))),
      epsilon && abs(mul(EPSILON_MOVE, logDensity)),
    ]) as Expression;
    const parts = sumOf([
      mul(mul(WEIGHTS, INVERSE), exponents),
      rows.weights && abs(mul(row('weightMove'), column('weight'))),
      columns.weights && abs(mul(row('weight'), column('weightMove'))),
    ]) as Expression;
    const net = sumOf([
      abs(planMove(moves)),
      // What is off by some temperatures is an error of L, however small L is.
      epsilon && mul(mul(WEIGHTS, INVERSE), abs(EPSILON_MOVE)),
    ]) as Expression;
    return beside(net, parts, moved ? add(parts, mul(mul(WEIGHTS, INVERSE), costMoveRounds(moved))) : parts);
  };

  return {
    slope,
    logDensity,
    lack(moves) {
      const moved = costMove(moves);
      const terms = sumOf([
        moved && mul(column('weight'), moved),
        moves.columns.weights && mul(div(-1, INVERSE), column('weightMove')),
        moves.epsilon && mul(EPSILON_MOVE, mul(column('weight'), logDensity)),
      ]);
      return terms && simplify(terms);
    },
    slopeSize: (kind) => simplify(beside(lengthOf(slope), lengthOf(slope), slopeRounds(kind))),
    lackSize({ columns, epsilon }) {
      const terms = sumOf([
        columns.weights && mul(div(1, INVERSE), abs(column('weightMove'))),
        epsilon && mul(abs(EPSILON_MOVE), mul(column('weight'), add(1, abs(logDensity)))),
      ]);
      return terms && simplify(terms);
    },
    lackRounds(moves) {
      const moved = costMove(moves);
      return moved && simplify(mul(column('weight'), costMoveRounds(moved)));
    },
    planMove: (moves) => simplify(planMove(moves)),
    planMoveSize: (moves) => simplify(planMoveSize(moves)),
    forceMove(moves) {
      const moved = costMove(moves);
      const force = mul(planMove(moves), slope);
      return simplify(moved ? add(force, mul(WEIGHTS, derivative(moved, point))) : force);
    },
    forceMoveSize(moves, kind) {
      const moved = costMove(moves);
      const size = mul(planMoveSize(moves), beside(lengthOf(slope), lengthOf(slope), slopeRounds(kind)));
      if (!moved) return simplify(size);
      const turned = mul(WEIGHTS, lengthOf(derivative(moved, point)));
      const rounds = kind === 'distance' ? add(turned, overDistance(mul(turned, pointSizes))) : turned;
      return simplify(add(size, beside(turned, turned, rounds)));
    },
  };
}

/** A distance, in the unit of points, that is none: what is over it is 0 in place of a number that is none. */
const LEAST_DISTANCE = 1e-30;

/** Three numbers as a vector. */
export const beside = (first: Expression, second: Expression, third: Expression): Expression =>
  add(add(mul(constant([1, 0, 0]), first), mul(constant([0, 1, 0]), second)), mul(constant([0, 0, 1]), third));

export const lengthOf = (vector: Expression): Expression => sqrt(dot(vector, vector));

function sumOf(terms: readonly (Expression | false | undefined)[]): Expression | undefined {
  const there = terms.filter((term) => term !== false && term !== undefined);
  return there.length > 0 ? there.reduce((total, term) => add(total, term)) : undefined;
}
