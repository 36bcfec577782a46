import {
  abs,
  add,
  div,
  type Expression,
  exp,
  log,
  max,
  min,
  mul,
  neg,
  parameter,
  sign,
  sub,
} from '../formula/expression.js';

const STRENGTH = parameter('strength');
/** Exponents below this count as this: their exponentials are 0 beside what they are added to, in float32 and in float64. */
const LEAST_EXPONENT = -80;
/** Steps of Newton's method on w + log w = L: from the start below, 4 leave the last digits of float64 but few. */
const STEPS = 4;
/** Steps on the equation itself, which give back the digits that w loses where the strength is large. */
const LAST_STEPS = 2;
/** 1 + f / rho is at least this where its logarithm is taken: nearer to 0 a step hardly moves f. */
const LEAST_RATIO = 1e-30;

/**
 * The potential f above -rho with f + t log(1 + f / rho) = softmin, for a temperature t: the proximal step of penalties whose share is a
 * power of 1 + f / rho. It is f = t W(rho / t exp((rho + softmin) / t)) - rho, with Lambert's W by Newton's method on logarithms.
 */
export function logarithmicStep(softmin: Expression, temperature: Expression): Expression {
  const exponent = max(add(log(div(STRENGTH, temperature)), div(add(STRENGTH, softmin), temperature)), LEAST_EXPONENT);
  let w = lambertStart(exponent);
  for (let step = 0; step < STEPS; step++) w = div(mul(w, add(1, sub(exponent, log(w)))), add(1, w));
  let f: Expression = sub(mul(temperature, w), STRENGTH);
  for (let step = 0; step < LAST_STEPS; step++) {
    const ratio = max(add(1, div(f, STRENGTH)), LEAST_RATIO);
    const excess = sub(add(f, mul(temperature, log(ratio))), softmin);
    f = sub(f, div(excess, add(1, div(temperature, mul(STRENGTH, ratio)))));
  }
  return f;
}

/** W(exp(L)), nearly: L - log L above 1, and exp(L) / (1 + exp(L)) below. */
function lambertStart(exponent: Expression): Expression {
  const isLarge = mul(0.5, add(1, sign(sub(exponent, 1))));
  const large = max(exponent, 1);
  const small = exp(min(exponent, 1));
  return add(mul(isLarge, sub(large, log(large))), mul(sub(1, isLarge), div(small, add(1, small))));
}

/** Below this a series tells the logarithm of a ratio better than the ratio does. Raising it takes more terms. */
const SERIES_UP_TO = 0.125;
/** So many terms leave 1e-17 of it there: .125^18 / 9. */
const SERIES_TERMS = 9;

/** log(high / low) of positive numbers, given with their difference: it keeps its digits where they are nearly equal. */
export function logOfRatio(high: Expression, low: Expression, difference: Expression): Expression {
  const z = div(difference, add(high, low));
  const small = max(min(z, SERIES_UP_TO), -SERIES_UP_TO);
  const square = mul(small, small);
  // 2 artanh z.
  let series: Expression = mul(square, 1 / (2 * SERIES_TERMS - 1));
  for (let k = SERIES_TERMS - 1; k >= 2; k--) series = mul(square, add(1 / (2 * k - 1), series));
  const isLarge = mul(0.5, add(1, sign(sub(abs(z), SERIES_UP_TO))));
  const ratio = sub(log(high), log(low));
  return add(mul(isLarge, ratio), mul(add(1, neg(isLarge)), mul(2, mul(small, add(1, series)))));
}
