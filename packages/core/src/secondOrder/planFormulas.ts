import { derivative } from '../formula/derivative.js';
import { add, column, div, dot, type Expression, mul, parameter, row, sub } from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import { simplify } from '../formula/simplify.js';
import type { Cost } from '../geometry/cost.js';
import type { Side } from '../measure/side.js';

/** What moves in a direction: points, weights, or the temperature. */
export interface Moves {
  readonly rows: { readonly points: boolean; readonly weights: boolean };
  readonly columns: { readonly points: boolean; readonly weights: boolean };
  readonly epsilon: boolean;
}

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
    planMove: (moves) => simplify(planMove(moves)),
    forceMove(moves) {
      const moved = costMove(moves);
      const force = mul(planMove(moves), slope);
      return simplify(moved ? add(force, mul(WEIGHTS, derivative(moved, point))) : force);
    },
  };
}

function sumOf(terms: readonly (Expression | false | undefined)[]): Expression | undefined {
  const there = terms.filter((term) => term !== false && term !== undefined);
  return there.length > 0 ? there.reduce((total, term) => add(total, term)) : undefined;
}
