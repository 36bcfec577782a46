/** Entropic transport of a few points, for which nothing of the library is needed. */
export interface DenseTransport {
  readonly costs: readonly (readonly number[])[];
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly epsilon: number;
  /** The strengths of total variation on both sides; Infinity where the marginal is met. */
  readonly rho: { readonly x: number; readonly y: number };
}

/** How long the ascent goes on at most, and the slope at which it ends. */
const STEPS = 2_000_000;
const FLAT = 1e-13;

/**
 * The most of <a, f> + <b, g> - eps <a x b, exp((f + g - C) / eps) - 1> over potentials between -rho and rho, by projected gradient ascent:
 * slow and sure, as the function is concave.
 */
export function dualMaximum({ costs, x, y, epsilon, rho }: DenseTransport): number {
  const f = x.map(() => 0);
  const g = y.map(() => 0);
  const within = (value: number, bound: number) => Math.min(bound, Math.max(-bound, value));
  let value = Number.NEGATIVE_INFINITY;
  let step = epsilon;
  for (let k = 0; k < STEPS; k++) {
    const plan = costs.map((row, i) => row.map((cost, j) => x[i] * y[j] * Math.exp((f[i] + g[j] - cost) / epsilon)));
    const mass = plan.flat().reduce((sum, entry) => sum + entry, 0);
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, entry, i) => sum + entry * b[i], 0);
    const total = (list: readonly number[]) => list.reduce((sum, entry) => sum + entry, 0);
    const next = dot(x, f) + dot(y, g) - epsilon * (mass - total(x) * total(y));
    // A step that overshoots is taken back by the ones after it: they are shorter.
    if (next < value - 1e-15) step /= 2;
    value = next;
    let largest = 0;
    const slopesX = plan.map((row, i) => 1 - total(row) / x[i]);
    const slopesY = y.map((weight, j) => 1 - total(plan.map((row) => row[j])) / weight);
    for (const [potential, slopes, bound] of [
      [f, slopesX, rho.x],
      [g, slopesY, rho.y],
    ] as const) {
      slopes.forEach((slope, i) => {
        const moved = within(potential[i] + step * slope, bound);
        largest = Math.max(largest, Math.abs(moved - potential[i]));
        potential[i] = moved;
      });
    }
    if (largest < FLAT * step) return value;
  }
  return value;
}
