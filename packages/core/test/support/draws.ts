/** Numbers between 0 and 1, the same in every run (a linear congruential generator). */
export function draws(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  });
}
