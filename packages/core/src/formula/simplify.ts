import { binaryFunctions, unaryFunctions } from './evaluate.js';
import {
  argumentsOf,
  type Binary,
  binary,
  component,
  constant,
  type Expression,
  neg,
  type Sum,
  sum,
  type Unary,
  unary,
} from './expression.js';

/**
 * An equal expression with fewer operations: constants folded and gathered on the left, neutral elements, double
 * negations and products with 0 removed, numbers taken out of sums over components.
 *
 * Sizes never change. A product with 0 counts as 0 whatever the other factor.
 *
 * @example
 * ```ts
 * import { expressionKey, mul, row, simplify } from '@sinkhorn/core';
 *
 * const x = row('x', 3);
 * const key = expressionKey(simplify(mul(0.5, mul(2, x))));
 * if (key !== expressionKey(x)) throw new Error('unexpected');
 * ```
 */
export function simplify(expression: Expression): Expression {
  const known = new Map<Expression, Expression>();
  const visit = (node: Expression): Expression => {
    const found = known.get(node);
    if (found) return found;
    const simple = rebuild(node, visit);
    known.set(node, simple);
    return simple;
  };
  return visit(expression);
}

function rebuild(node: Expression, visit: (node: Expression) => Expression): Expression {
  switch (node.type) {
    case 'variable':
    case 'parameter':
    case 'constant':
      return node;
    case 'unary':
      return simplifyUnary(unary(node.operator, visit(node.argument)));
    case 'binary':
      return simplifyBinary(binary(node.operator, visit(node.left), visit(node.right)));
    case 'sum':
      return simplifySum(sum(visit(node.argument)));
    case 'component': {
      const argument = visit(node.argument);
      if (argument.type === 'constant') return constant(argument.values[node.index]);
      return argument.size === 1 ? argument : component(argument, node.index);
    }
  }
}

/** The one number that every component of a constant equals, if the expression is such a constant. */
function uniform(node: Expression): number | undefined {
  return node.type === 'constant' && node.values.every((value) => value === node.values[0])
    ? node.values[0]
    : undefined;
}

/** A constant of these values, unless one of them is not finite: then the operation stays as it is. */
function fold(values: number[], otherwise: Expression): Expression {
  return values.every(Number.isFinite) ? constant(values) : otherwise;
}

const invariants = new WeakMap<Expression, boolean>();

/** Whether an expression is the same for all pairs: made of parameters and constants. */
function isInvariant(node: Expression): boolean {
  let invariant = invariants.get(node);
  if (invariant === undefined) {
    invariant = node.type !== 'variable' && argumentsOf(node).every(isInvariant);
    invariants.set(node, invariant);
  }
  return invariant;
}

const isNeg = (node: Expression): node is Unary => node.type === 'unary' && node.operator === 'neg';

function simplifyUnary(node: Unary): Expression {
  const { operator, argument } = node;
  if (argument.type === 'constant') return fold(argument.values.map(unaryFunctions[operator]), node);
  if (argument.type !== 'unary') return node;
  const inner = argument.argument;
  if (operator === 'neg' && argument.operator === 'neg') return inner;
  if ((operator === 'square' || operator === 'abs') && (argument.operator === 'neg' || argument.operator === 'abs')) {
    return simplifyUnary(unary(operator, inner));
  }
  if (operator === 'sqrt' && argument.operator === 'square') return simplifyUnary(unary('abs', inner));
  if (operator === 'log' && argument.operator === 'exp') return inner;
  return node;
}

function simplifyBinary(node: Binary): Expression {
  const { operator, left, right, size } = node;
  if (left.type === 'constant' && right.type === 'constant') {
    const at = (values: readonly number[], index: number) => values[values.length === 1 ? 0 : index];
    const apply = binaryFunctions[operator];
    return fold(
      Array.from({ length: size }, (_, index) => apply(at(left.values, index), at(right.values, index))),
      node,
    );
  }
  const rule = {
    add: simplifyAdd,
    sub: simplifySub,
    mul: simplifyMul,
    div: simplifyDiv,
    min: same,
    max: same,
    atan2: same,
    where: simplifyWhere,
  }[operator];
  return rule(node);
}

const same = (node: Binary): Expression => node;

function simplifyAdd(node: Binary): Expression {
  const { left, right, size } = node;
  if (uniform(left) === 0 && right.size === size) return right;
  if (uniform(right) === 0 && left.size === size) return left;
  if (isNeg(right)) return simplifySub(binary('sub', left, right.argument));
  if (isNeg(left)) return simplifySub(binary('sub', right, left.argument));
  return node;
}

function simplifySub(node: Binary): Expression {
  const { left, right, size } = node;
  if (uniform(right) === 0 && left.size === size) return left;
  if (uniform(left) === 0 && right.size === size) return simplifyUnary(neg(right));
  if (isNeg(right)) return simplifyAdd(binary('add', left, right.argument));
  return node;
}

function simplifyMul(node: Binary): Expression {
  const { left, right, size } = node;
  if (right.type === 'constant' && left.type !== 'constant') return simplifyMul(binary('mul', right, left));
  if (isInvariant(right) && !isInvariant(left)) return simplifyMul(binary('mul', right, left));
  const factor = uniform(left);
  if (factor === 0) return constant(new Array(size).fill(0));
  if (factor !== undefined && right.size === size) {
    if (factor === 1) return right;
    if (factor === -1) return simplifyUnary(neg(right));
    if (isNeg(right)) return simplifyMul(binary('mul', -factor, right.argument));
  }
  if (right.type === 'binary' && right.operator === 'mul' && isInvariant(left) && isInvariant(right.left)) {
    const together = simplifyBinary(binary('mul', left, right.left));
    if (together.size === size || right.right.size === size) return simplifyMul(binary('mul', together, right.right));
  }
  if (isNeg(left) && isNeg(right)) return simplifyMul(binary('mul', left.argument, right.argument));
  if (isNeg(left)) return simplifyUnary(neg(simplifyMul(binary('mul', left.argument, right))));
  if (isNeg(right)) return simplifyUnary(neg(simplifyMul(binary('mul', left, right.argument))));
  return node;
}

function simplifyDiv(node: Binary): Expression {
  const { left, right, size } = node;
  if (uniform(right) === 1 && left.size === size) return left;
  if (uniform(left) === 0) return constant(new Array(size).fill(0));
  return node;
}

function simplifyWhere(node: Binary): Expression {
  const { left, right, size } = node;
  const condition = uniform(left);
  if (uniform(right) === 0 || (condition !== undefined && condition <= 0)) return constant(new Array(size).fill(0));
  return condition !== undefined && right.size === size ? right : node;
}

function simplifySum(node: Sum): Expression {
  const { argument } = node;
  if (argument.size === 1) return argument;
  if (argument.type === 'constant') {
    return fold([argument.values.reduce((total, value) => total + value, 0)], node);
  }
  if (isNeg(argument)) return simplifyUnary(neg(simplifySum(sum(argument.argument))));
  if (argument.type === 'binary' && argument.operator === 'mul') {
    const { left, right } = argument;
    if (left.size === 1) return simplifyMul(binary('mul', left, simplifySum(sum(right))));
    if (right.size === 1) return simplifyMul(binary('mul', right, simplifySum(sum(left))));
    const factor = uniform(left);
    if (factor !== undefined) return simplifyMul(binary('mul', factor, simplifySum(sum(right))));
  }
  return node;
}
