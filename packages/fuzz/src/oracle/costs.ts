import { type Cloud, countOf, squaredDistance } from './cloud.js';
import { type DoubleDouble, DoubleDoubles, from, multiply, squareRoot } from './doubleDouble.js';

/** |x - y| for 1, |x - y|^2 / 2 for 2. */
export type Power = 1 | 2;

export function costOf(power: Power, squared: DoubleDouble): DoubleDouble {
  return power === 1 ? squareRoot(squared) : multiply(squared, from(0.5));
}

/** All costs, [N, M]. */
export function costs(x: Cloud, y: Cloud, power: Power): DoubleDoubles {
  const result = new DoubleDoubles(countOf(x) * countOf(y));
  for (let i = 0; i < countOf(x); i++) {
    for (let j = 0; j < countOf(y); j++) result.set(i * countOf(y) + j, costOf(power, squaredDistance(x, i, y, j)));
  }
  return result;
}
