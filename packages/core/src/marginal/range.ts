import { add, type Expression, log, max, min, mul, parameter, sub } from '../formula/expression.js';
import type { DivergencePenalty } from './divergencePenalty.js';

const LOW = parameter('low');
const HIGH = parameter('high');

/** The potential where no share is too small: what a softmin of more than 0 comes to is 0. */
const fromZero = (softmin: Expression, epsilon: Expression) => min(add(softmin, mul(epsilon, log(HIGH))), 0);
const fromLow = (softmin: Expression, epsilon: Expression) =>
  add(fromZero(softmin, epsilon), max(add(softmin, mul(epsilon, log(LOW))), 0));

/** -phi*(-f) = min(low f, high f). */
const dual = (potential: Expression) => min(mul(LOW, potential), mul(HIGH, potential));

/** phi is 0 from `low` to `high`, and infinite beyond: any share between them is free. */
export const range = (low: number, high: number): DivergencePenalty => ({
  balanced: false,
  scale: Number.POSITIVE_INFINITY,
  parameters: { low, high },
  prox: low === 0 ? fromZero : fromLow,
  dualDifference: (before, after) => sub(dual(after), dual(before)),
  phi: () => 0,
  least: low,
  most: high,
});
