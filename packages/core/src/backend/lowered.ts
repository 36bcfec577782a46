import {
  abs,
  add,
  argumentsOf,
  binary,
  div,
  type Expression,
  exp,
  floor,
  max,
  min,
  mul,
  neg,
  type Operand,
  sign,
  sqrt,
  square,
  sub,
  where,
} from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import { rewrite } from '../formula/rewrite.js';
import type { Reduction } from './backend.js';
import type { Coefficients, Elementary, Quotient } from './elementary.js';

/**
 * Radians, just above an eighth of a turn: what is left of an angle that is too large for its precision stays below. Raising it lets an
 * angle of few digits through; pi / 4 and its rounding ask for it.
 */
const MOST_LEFT = 0.8;

const polynomial = (coefficients: Coefficients, t: Expression): Expression =>
  coefficients
    .slice(0, -1)
    .reduceRight<Operand>(
      (sum, coefficient) => add(mul(sum, t), coefficient),
      coefficients[coefficients.length - 1],
    ) as Expression;

/** t + t^3 R(t^2), with R a polynomial or a quotient of two. */
function odd([numerator, denominator]: Quotient, t: Expression): Expression {
  const z = square(t);
  const slope = polynomial(numerator, z);
  return add(t, mul(mul(t, z), denominator ? div(slope, polynomial(denominator, z)) : slope));
}

/** The sine of an angle, or its cosine: that of an angle a quarter turn further. */
function sine(u: Expression, quarters: 0 | 1, functions: Elementary): Expression {
  const turns = floor(add(mul(u, 2 / Math.PI), 0.5));
  const left = functions.quarterTurn.reduce<Expression>((rest, part) => sub(rest, mul(turns, part)), u);
  const r = min(max(left, -MOST_LEFT), MOST_LEFT);
  const z = square(r);
  const quarter = add(turns, quarters);
  const half = floor(mul(0.5, quarter));
  const isOdd = sub(quarter, mul(2, half));
  const isNegative = sub(half, mul(2, floor(mul(0.5, half))));
  const cosine = add(sub(1, mul(0.5, z)), mul(square(z), polynomial(functions.cosine, z)));
  const value = add(mul(sub(1, isOdd), odd([functions.sine], r)), mul(isOdd, cosine));
  return mul(sub(1, mul(2, isNegative)), value);
}

function angle(y: Expression, x: Expression, functions: Elementary): Expression {
  const [up, along] = [abs(y), abs(x)];
  const [small, large] = [min(up, along), max(up, along)];
  const isSteep = sub(small, mul(Math.tan(Math.PI / 8), large));
  const divisor = max(where(isSteep, add(small, large), large), functions.nearest);
  const t = div(where(isSteep, sub(small, large), small), divisor);
  const eighth = add(binary('where', isSteep, Math.PI / 4), odd(functions.arctangent, t));
  const quarter = where(sub(up, along), sub(Math.PI / 2, eighth), eighth);
  const half = where(neg(x), sub(Math.PI, quarter), quarter);
  return where(neg(y), neg(half), half);
}

function arccosine(u: Expression, functions: Elementary): Expression {
  const cosine = max(min(u, 1), -1);
  return angle(sqrt(mul(sub(1, cosine), add(1, cosine))), cosine, functions);
}

function hyperbolicTangent(u: Expression, functions: Elementary): Expression {
  const x = min(abs(u), functions.far.tanh);
  const far = sub(1, div(2, add(exp(mul(2, x)), 1)));
  return mul(sign(u), where(sub(x, 0.625), far, odd(functions.hyperbolicTangent, x)));
}

function errorFunction(u: Expression, functions: Elementary): Expression {
  const x = min(abs(u), functions.far.erf);
  const z = square(x);
  const tail = polynomial(functions.errorTail, div(1, add(1, mul(0.5, x))));
  const near = mul(x, polynomial(functions.errorFunction, z));
  return mul(sign(u), where(sub(x, 1), sub(1, mul(exp(neg(z)), tail)), near));
}

type Lowering = (functions: Elementary, first: Expression, second: Expression) => Expression;

const LOWERINGS: { readonly [Operator in string]?: Lowering } = {
  sin: (functions, u) => sine(u, 0, functions),
  cos: (functions, u) => sine(u, 1, functions),
  acos: (functions, u) => arccosine(u, functions),
  tanh: (functions, u) => hyperbolicTangent(u, functions),
  erf: (functions, u) => errorFunction(u, functions),
  atan2: (functions, y, x) => angle(y, x, functions),
};

const loweringOf = (node: Expression): Lowering | undefined =>
  node.type === 'unary' || node.type === 'binary' ? LOWERINGS[node.operator] : undefined;

/** What happened to formulas before is the same object each time, so that their programs are known again. Marked, for bundles without it. */
const lowering = /* @__PURE__ */ remembered((functions: Elementary) =>
  remembered((expression: Expression): Expression => {
    const seen = new Set<Expression>();
    const isConcerned = (node: Expression): boolean => {
      if (seen.has(node)) return false;
      seen.add(node);
      return loweringOf(node) !== undefined || argumentsOf(node).some(isConcerned);
    };
    const replace = (node: Expression): Expression | undefined => {
      const lower = loweringOf(node);
      if (!lower) return undefined;
      const [first, second] = argumentsOf(node);
      return lower(functions, lowering(functions)(first), second && lowering(functions)(second));
    };
    return isConcerned(expression) ? rewrite(expression, replace) : expression;
  }),
);

/**
 * The same reduction with `sin`, `cos`, `acos`, `atan2`, `tanh` and `erf` written in arithmetic, `exp`, `floor` and `where`: for a
 * backend whose device has none of them, or none with so many digits.
 *
 * Where `exp` is exact to 2 units in the last place, the results are within 5 of the value for `acos`, `atan2`, `tanh` and `erf`, and
 * within 2 roundings of 1 for `sin` and `cos`, up to angles of 8000 in float32 and of 1.6e6 in float64. Beyond those digits are lost,
 * as they are in the angle itself.
 *
 * @example
 * ```ts
 * import { float32Functions, lowered, resolveReduction, row, tanh } from '@sinkhorn/core';
 *
 * const u = { shape: [3, 1] };
 * const reduction = { kind: 'sum', value: tanh(row('u')), rows: { u }, columns: {}, parameters: {} } as const;
 * resolveReduction(lowered(reduction, float32Functions), ['floor', 'where']);
 * ```
 */
export function lowered(reduction: Reduction, functions: Elementary): Reduction {
  const { score, value, finish } = reduction;
  const lower = (formula: Expression | undefined) => formula && lowering(functions)(formula);
  const formulas = { score: lower(score), value: lower(value), finish: lower(finish) };
  const isSame = formulas.score === score && formulas.value === value && formulas.finish === finish;
  return isSame ? reduction : { ...reduction, ...formulas };
}
