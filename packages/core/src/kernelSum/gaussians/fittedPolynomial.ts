/**
 * The coefficients, from that of t^0 on, of the polynomial that a function on [-1, 1] has at Chebyshev's nodes: for a smooth one
 * hardly worse than the best of its degree.
 */
export function fittedPolynomial(of: (t: number) => number, degree: number): number[] {
  const count = degree + 1;
  const angles = Array.from({ length: count }, (_, k) => (Math.PI * (k + 0.5)) / count);
  const values = angles.map((angle) => of(Math.cos(angle)));
  const coefficients: number[] = new Array(count).fill(0);
  // Chebyshev's polynomials of two degrees: the next is 2 t times the one, less the other.
  let before: number[] = [];
  let chebyshev: number[] = [1];
  for (let n = 0; n < count; n++) {
    const share = angles.reduce((sum, angle, k) => sum + values[k] * Math.cos(n * angle), 0);
    chebyshev.forEach((value, power) => {
      coefficients[power] += ((n === 0 ? 1 : 2) * share * value) / count;
    });
    const next = [0, ...chebyshev.map((value) => (n === 0 ? value : 2 * value))];
    before.forEach((value, power) => {
      next[power] -= value;
    });
    [before, chebyshev] = [chebyshev, next];
  }
  return coefficients;
}

/** The coefficients of a polynomial's derivative. */
export const derivativeOf = (coefficients: readonly number[]): number[] =>
  coefficients.slice(1).map((value, k) => (k + 1) * value);
