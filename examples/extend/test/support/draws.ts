/** Numbers between 0 and 1, the same for the same seed. */
export function draws(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  });
}

/** N weights of a mass, none of them small. */
export function weightsOf(count: number, seed: number, mass = 1): number[] {
  const shares = draws(count, seed).map((draw) => 0.5 + draw);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => (mass * share) / total);
}

/** The slope of a function at 0. */
export async function slope(at: (shift: number) => Promise<number>, step = 1e-5): Promise<number> {
  return ((await at(step)) - (await at(-step))) / (2 * step);
}
