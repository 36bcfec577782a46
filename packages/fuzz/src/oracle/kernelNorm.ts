import { type Cloud, countOf, difference, squaredDistance, withoutZeros } from './cloud.js';
import {
  add,
  type DoubleDouble,
  DoubleDoubles,
  divide,
  exp,
  from,
  multiply,
  negate,
  ONE,
  ROUNDING,
  squareRoot,
  toNumber,
  ZERO,
} from './doubleDouble.js';
import type { Answer, Question } from './oracle.js';

/** A kernel of the squared distance s: its value, and twice its derivative by s, which the difference x - y is multiplied by; 0 where it has none. */
export interface RadialKernel {
  value(s: DoubleDouble): DoubleDouble;
  factor(s: DoubleDouble): DoubleDouble;
}

export const energy: RadialKernel = {
  value: (s) => negate(squareRoot(s)),
  factor: (s) => (s.hi === 0 ? ZERO : negate(divide(ONE, squareRoot(s)))),
};

export const gaussian = (blur: number): RadialKernel => {
  const square = multiply(from(blur), from(blur));
  const value = (s: DoubleDouble) => exp(negate(divide(s, multiply(from(2), square))));
  return { value, factor: (s) => negate(divide(value(s), square)) };
};

export const laplacian = (blur: number): RadialKernel => {
  const value = (s: DoubleDouble) => exp(negate(divide(squareRoot(s), from(blur))));
  return {
    value,
    factor: (s) => (s.hi === 0 ? ZERO : negate(divide(value(s), multiply(from(blur), squareRoot(s))))),
  };
};

/** 1 / (1 + r^2 / length^2). */
export const cauchy = (length: number): RadialKernel => {
  const value = (s: DoubleDouble) => divide(ONE, add(ONE, divide(s, from(length ** 2))));
  return { value, factor: (s) => multiply(from(-2 / length ** 2), multiply(value(s), value(s))) };
};

/** 1/2 <a - b, k * (a - b)> with its gradients, from sums over all pairs in 32 digits. */
export function kernelNorm(
  { x, y, a, b, dimension }: Pick<Question, 'x' | 'y' | 'a' | 'b' | 'dimension'>,
  kernel: RadialKernel,
): Pick<Answer, 'value' | 'valueError' | 'points' | 'weights'> {
  const all: Cloud = { points: x, weights: DoubleDoubles.from(a), dimension };
  const sides = [
    { cloud: withoutZeros(x, a, dimension).cloud, sign: 1 },
    { cloud: withoutZeros(y, b, dimension).cloud, sign: -1 },
  ];
  let value = ZERO;
  let size = 0;
  const fields = new Float64Array(a.length);
  const slopes = new Float64Array(x.length);
  const sizes = [0, 0];
  for (let i = 0; i < a.length; i++) {
    let field = ZERO;
    const slope = new DoubleDoubles(dimension);
    for (const { cloud, sign } of sides) {
      for (let j = 0; j < countOf(cloud); j++) {
        const squared = squaredDistance(all, i, cloud, j);
        const weight = multiply(from(sign), cloud.weights.get(j));
        const term = multiply(weight, kernel.value(squared));
        field = add(field, term);
        sizes[0] += Math.abs(term.hi);
        const factor = multiply(weight, kernel.factor(squared));
        for (let axis = 0; axis < dimension; axis++) {
          const along = multiply(factor, difference(all, i, cloud, j, axis));
          slope.addTo(axis, along);
          sizes[1] += a[i] * Math.abs(along.hi);
        }
      }
    }
    fields[i] = toNumber(field);
    for (let axis = 0; axis < dimension; axis++) {
      slopes[i * dimension + axis] = toNumber(multiply(from(a[i]), slope.get(axis)));
    }
    value = add(value, multiply(from(a[i] / 2), field));
    size += a[i] * Math.abs(field.hi);
  }
  // The field of both at the points of y: the other half.
  const rows = sides[1].cloud;
  for (let i = 0; i < countOf(rows); i++) {
    for (const { cloud, sign } of sides) {
      for (let j = 0; j < countOf(cloud); j++) {
        const pair = multiply(rows.weights.get(i), cloud.weights.get(j));
        const term = multiply(multiply(from(-sign / 2), pair), kernel.value(squaredDistance(rows, i, cloud, j)));
        value = add(value, term);
        size += Math.abs(term.hi);
      }
    }
  }
  const rounding = 100 * ROUNDING;
  return {
    value: toNumber(value),
    valueError: size * rounding + Math.abs(toNumber(value)) * Number.EPSILON,
    points: { values: slopes, error: sizes[1] * rounding + Math.hypot(...slopes) * Number.EPSILON },
    weights: { values: fields, error: sizes[0] * rounding + Math.hypot(...fields) * Number.EPSILON },
  };
}
