import { add, type Expression, exp, max, mul, neg, sign, sub } from '../../formula/expression.js';

/** Below this, a series tells exp(z) - 1 better than the difference does, which loses two bits there. Raising it takes more terms. */
const SERIES_UP_TO = 0.25;
/** So many terms leave 1e-17 of it there: .25^12 / 13!. */
const SERIES_TERMS = 12;

/** exp(z) - 1 for z <= 0, near 0 too. */
export function expm1(z: Expression): Expression {
  const small = max(z, -SERIES_UP_TO);
  let series = add(1, mul(1 / SERIES_TERMS, small));
  for (let k = SERIES_TERMS - 1; k >= 2; k--) series = add(1, mul(mul(1 / k, small), series));
  const isLarge = mul(0.5, add(1, sign(sub(-SERIES_UP_TO, z))));
  const difference = sub(exp(z), 1);
  return add(mul(isLarge, difference), mul(add(1, neg(isLarge)), mul(small, series)));
}
