/**
 * Where the continued fraction takes over from the series: the larger, the more digits the series loses to cancellation, the smaller, the
 * slower the fraction.
 */
const FAR = 1.5;
/** Beyond, the error function is 1 in float64: 1 - erf(6) is 2e-17. */
const END = 6;
/** Terms of the continued fraction, which are enough from FAR on: its error there is far below rounding. Raising it only costs time. */
const TERMS = 100;

/**
 * The error function in float64, within 1e-15 of its value: by the series without alternating signs, DLMF 7.6.2, and beyond 1.5
 * by the continued fraction of its complement, DLMF 7.9.1.
 */
export function erf(u: number): number {
  const x = Math.abs(u);
  if (x >= END) return Math.sign(u);
  const bell = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x > FAR) {
    let fraction = x;
    for (let k = TERMS; k > 0; k--) fraction = x + k / 2 / fraction;
    return Math.sign(u) * (1 - bell / fraction);
  }
  let sum = x;
  let term = x;
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 2 * Math.sign(u) * bell * sum;
}
