import { InvalidFormulaError } from '../errors.js';
import {
  abs,
  add,
  argumentsOf,
  type Binary,
  type BinaryOperator,
  binary,
  constant,
  cos,
  div,
  type Expression,
  exp,
  max,
  mul,
  neg,
  rsqrt,
  sign,
  sin,
  square,
  sub,
  sum,
  type Unary,
  type Variable,
} from './expression.js';
import { simplify } from './simplify.js';

/**
 * The gradient of a scalar expression with respect to one variable, as an expression of that variable's size, simplified.
 *
 * Reverse-mode differentiation on the tree. Where a derivative does not exist the symmetric choice is made: 0 for
 * |u|, sqrt(u) and atan2 at 0 and for acos(u) from its ends on, one half for each side of min and max at a tie. Of a `where`
 * it is that of what is taken.
 *
 * @throws InvalidFormulaError when the expression is a vector.
 *
 * @example
 * ```ts
 * import { column, derivative, expressionKey, mul, row, squaredDistance, sub } from '@sinkhorn/core';
 *
 * const x = row('x', 3);
 * const y = column('y', 3);
 * const gradient = derivative(mul(0.5, squaredDistance(x, y)), x);
 * if (expressionKey(gradient) !== expressionKey(sub(x, y))) throw new Error('unexpected');
 * ```
 */
export function derivative(expression: Expression, variable: Variable): Expression {
  if (expression.size !== 1) {
    throw new InvalidFormulaError(`derivative of a vector of size ${expression.size}: differentiate a number`);
  }
  const adjoints = new Map<Expression, Expression>([[expression, constant(1)]]);
  const send = (node: Expression, adjoint: Expression) => {
    const before = adjoints.get(node);
    adjoints.set(node, before ? add(before, adjoint) : adjoint);
  };
  const gradients: Expression[] = [];
  const chosen = new Set<Expression>();
  for (const node of usersFirst(expression)) {
    const adjoint = adjoints.get(node);
    if (!adjoint) continue;
    if (node.type === 'variable') {
      if (node.side === variable.side && node.name === variable.name) gradients.push(adjoint);
    } else {
      if (node.type === 'binary' && node.operator === 'where') chosen.add(node.right);
      if (chosen.has(node)) for (const argument of argumentsOf(node)) chosen.add(argument);
      propagate(node, adjoint, send, chosen.has(node) ? productUnlessZero : mul);
    }
  }
  const ones = constant(new Array(variable.size).fill(1));
  const total = gradients.length > 0 ? gradients.reduce((left, right) => add(left, right)) : constant(0);
  return simplify(total.size === variable.size ? total : mul(ones, total));
}

/** The nodes of the tree, each one once, every node before its arguments. */
function usersFirst(root: Expression): Expression[] {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  const visit = (node: Expression) => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const argument of argumentsOf(node)) visit(argument);
    order.push(node);
  };
  visit(root);
  return order.reverse();
}

type Send = (node: Expression, adjoint: Expression) => void;
type Times = (adjoint: Expression, partial: Expression) => Expression;

/** What a `where` does not take has the adjoint 0, and may have a derivative that is no number. */
const productUnlessZero: Times = (adjoint, partial) => binary('where', abs(adjoint), mul(adjoint, partial));

function propagate(node: Expression, adjoint: Expression, send: Send, times: Times): void {
  switch (node.type) {
    case 'unary':
      send(node.argument, times(adjoint, unaryDerivative(node)));
      break;
    case 'binary':
      if (node.operator === 'where') {
        send(node.right, fit(binary('where', node.left, adjoint), node.right, node));
        break;
      }
      for (const [argument, partial] of partials(node, node.operator)) {
        send(argument, fit(partial ? times(adjoint, partial) : adjoint, argument, node));
      }
      break;
    case 'sum':
      send(node.argument, adjoint);
      break;
    case 'component': {
      const unit = new Array(node.argument.size).fill(0);
      unit[node.index] = 1;
      send(node.argument, mul(constant(unit), adjoint));
      break;
    }
    default:
      break;
  }
}

/** An argument that went with every component of a vector gathers what each component sends back. */
function fit(adjoint: Expression, argument: Expression, node: Expression): Expression {
  if (argument.size === node.size) return adjoint;
  return adjoint.size === 1 ? mul(node.size, adjoint) : sum(adjoint);
}

function unaryDerivative(node: Unary): Expression {
  const u = node.argument;
  switch (node.operator) {
    case 'neg':
      return constant(-1);
    case 'abs':
      return sign(u);
    case 'sign':
      return constant(0);
    case 'sqrt':
      return mul(0.5, rsqrt(u));
    case 'rsqrt':
      return mul(-0.5, mul(node, square(node)));
    case 'square':
      return mul(2, u);
    case 'exp':
      return node;
    case 'log':
      return square(rsqrt(u));
    case 'sin':
      return cos(u);
    case 'cos':
      return neg(sin(u));
    case 'acos':
      return neg(rsqrt(max(0, mul(sub(1, u), add(1, u)))));
    case 'tanh':
      return sub(1, square(node));
    case 'erf':
      return mul(2 / Math.sqrt(Math.PI), exp(neg(square(u))));
    case 'floor':
      return constant(0);
  }
}

/** The arguments of a binary node with the partial derivative of each; none means 1. */
function partials({ left, right }: Binary, operator: Exclude<BinaryOperator, 'where'>): [Expression, Expression?][] {
  switch (operator) {
    case 'add':
      return [[left], [right]];
    case 'sub':
      return [[left], [right, constant(-1)]];
    case 'mul':
      return [
        [left, right],
        [right, left],
      ];
    case 'div':
      return [
        [left, div(1, right)],
        [right, neg(div(left, square(right)))],
      ];
    case 'min':
      return choice(left, right, sub(right, left));
    case 'max':
      return choice(left, right, sub(left, right));
    case 'atan2': {
      const inverse = square(rsqrt(add(square(left), square(right))));
      return [
        [left, mul(right, inverse)],
        [right, neg(mul(left, inverse))],
      ];
    }
  }
}

/** Partial derivatives of a choice between two arguments: the left one is taken where `margin` > 0. */
function choice(left: Expression, right: Expression, margin: Expression): [Expression, Expression][] {
  const lean = mul(0.5, sign(margin));
  return [
    [left, add(0.5, lean)],
    [right, sub(0.5, lean)],
  ];
}
