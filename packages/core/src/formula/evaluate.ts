import { erf } from './erf.js';
import type { BinaryOperator, Expression, UnaryOperator, Variable } from './expression.js';

/** The elementwise functions of one argument, in float64. */
export const unaryFunctions: Readonly<Record<UnaryOperator, (u: number) => number>> = {
  neg: (u) => -u,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  rsqrt: (u) => (u === 0 ? 0 : 1 / Math.sqrt(u)),
  square: (u) => u * u,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  acos: (u) => Math.acos(Math.min(Math.max(u, -1), 1)),
  tanh: Math.tanh,
  erf,
  floor: Math.floor,
};

/** The elementwise functions of two arguments, in float64. */
export const binaryFunctions: Readonly<Record<BinaryOperator, (u: number, v: number) => number>> = {
  add: (u, v) => u + v,
  sub: (u, v) => u - v,
  mul: (u, v) => u * v,
  div: (u, v) => u / v,
  min: Math.min,
  max: Math.max,
  // JavaScript tells -0 from 0, and GPUs do not.
  atan2: (u, v) => Math.atan2(u + 0, v + 0),
  where: (u, v) => (u > 0 ? v : 0),
};

/** What an expression's variables and parameters represent. */
export interface Bindings {
  readonly variable: (variable: Variable) => ArrayLike<number>;
  readonly parameters?: Readonly<Record<string, number>>;
}

/**
 * The value of an expression for one row and one column, in float64: the plainest reading of a formula, one
 * component at a time.
 *
 * @example
 * ```ts
 * import { column, evaluate, row, squaredDistance } from '@sinkhorn/core';
 *
 * const values = { x: [0, 0], y: [3, 4] };
 * const [value] = evaluate(squaredDistance(row('x', 2), column('y', 2)), {
 *   variable: ({ name }) => values[name as 'x' | 'y'],
 * });
 * if (value !== 25) throw new Error('unexpected');
 * ```
 */
export function evaluate(expression: Expression, bindings: Bindings): Float64Array {
  const known = new Map<Expression, Float64Array>();
  const visit = (node: Expression): Float64Array => {
    const found = known.get(node);
    if (found) return found;
    const value = compute(node, visit, bindings);
    known.set(node, value);
    return value;
  };
  return visit(expression);
}

function compute(node: Expression, visit: (node: Expression) => Float64Array, bindings: Bindings): Float64Array {
  switch (node.type) {
    case 'variable':
      return Float64Array.from(bindings.variable(node));
    case 'parameter':
      return Float64Array.of(bindings.parameters?.[node.name] ?? Number.NaN);
    case 'constant':
      return Float64Array.from(node.values);
    case 'unary':
      return visit(node.argument).map(unaryFunctions[node.operator]);
    case 'binary': {
      const left = visit(node.left);
      const right = visit(node.right);
      const apply = binaryFunctions[node.operator];
      const values = new Float64Array(Math.max(left.length, right.length));
      for (let k = 0; k < values.length; k++) {
        values[k] = apply(left[left.length === 1 ? 0 : k], right[right.length === 1 ? 0 : k]);
      }
      return values;
    }
    case 'sum':
      return Float64Array.of(visit(node.argument).reduce((total, value) => total + value, 0));
    case 'component':
      return Float64Array.of(visit(node.argument)[node.index]);
  }
}
