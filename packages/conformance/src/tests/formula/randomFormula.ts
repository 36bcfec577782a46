import {
  abs,
  add,
  column,
  component,
  constant,
  distance,
  div,
  dot,
  type Expression,
  exp,
  log,
  max,
  min,
  mul,
  neg,
  parameter,
  row,
  rsqrt,
  sqrt,
  square,
  sub,
  sum,
} from '@sinkhorn/core';
import fc from 'fast-check';

/** The size of vectors; numbers have size 1. */
export interface FormulaOptions {
  readonly dimension: number;
  /** Whether every derivative exists and is moderate. */
  readonly smooth: boolean;
}

/** Bounds an expression, smoothly: u / (1 + u^2), between -1/2 and 1/2. */
const bounded = (u: Expression): Expression => div(u, add(1, square(u)));

const positive = (u: Expression): Expression => add(0.5, square(bounded(u)));

/**
 * Random formulas of the row variables `x` (a vector) and `u` (a number), the column variables `y` and `v`, and the
 * parameter `scale`. Every node stays of size about 1, so that what a backend gets wrong stands out against rounding.
 */
export function randomFormula({ dimension, smooth }: FormulaOptions): {
  number: fc.Arbitrary<Expression>;
  vector: fc.Arbitrary<Expression>;
} {
  const { number, vector } = fc.letrec<{ number: Expression; vector: Expression }>((tie) => {
    const one = tie('number');
    const many = tie('vector');
    const any = fc.oneof(one, many);
    const leafNumber = fc.constantFrom<Expression>(row('u'), column('v'), parameter('scale'), constant(0.75));
    const leafVector = fc.constantFrom<Expression>(
      row('x', dimension),
      column('y', dimension),
      constant(Array.from({ length: dimension }, (_, c) => 0.3 * (c + 1) * (c % 2 === 0 ? 1 : -1))),
    );
    const unaries = [
      neg,
      (u: Expression) => exp(bounded(u)),
      (u: Expression) => sqrt(positive(u)),
      (u: Expression) => rsqrt(positive(u)),
      (u: Expression) => log(positive(u)),
      (u: Expression) => square(bounded(u)),
      ...(smooth ? [] : [abs]),
    ];
    const binaries = [
      add,
      sub,
      (u: Expression, v: Expression) => mul(bounded(u), bounded(v)),
      (u: Expression, v: Expression) => div(bounded(u), positive(v)),
      ...(smooth ? [] : [min, max]),
    ];
    const numbers = [
      fc.tuple(fc.constantFrom(...unaries), one).map(([apply, u]) => apply(u)),
      fc.tuple(fc.constantFrom(...binaries), one, one).map(([apply, u, v]) => apply(u, v)),
      many.map((u) => sum(bounded(u))),
      fc.tuple(many, many).map(([u, v]) => dot(bounded(u), bounded(v))),
      fc.tuple(many, many).map(([u, v]) => distance(add(3, bounded(u)), bounded(v))),
      fc.tuple(many, fc.nat(dimension - 1)).map(([u, index]) => component(u, index)),
    ];
    const vectors = [
      fc.tuple(fc.constantFrom(...unaries), many).map(([apply, u]) => apply(u)),
      fc.tuple(fc.constantFrom(...binaries), many, any).map(([apply, u, v]) => apply(u, v)),
      fc.tuple(fc.constantFrom(...binaries), one, many).map(([apply, u, v]) => apply(u, v)),
    ];
    return {
      number: fc.oneof({ maxDepth: 4, depthSize: 'small' }, leafNumber, ...numbers),
      vector: fc.oneof({ maxDepth: 4, depthSize: 'small' }, leafVector, ...vectors),
    };
  });
  return { number, vector };
}
