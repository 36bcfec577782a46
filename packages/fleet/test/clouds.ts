/** Clouds of points in the unit cube, the same in every run. */
export function cloud(seed: number, count: number, dimension = 3) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return { points: Float32Array.from({ length: count * dimension }, next), dimension };
}
