/**
 * <a, G> - min_i G_i: no other masses with the same sum have an objective that is more below this one's, as it is convex (Frank and Wolfe
 * 1956). Where masses are free that is <a, G> - m min(0, min_i G_i), for all that have a mass of at most m, that of `mostMass` and of a.
 */
export function gapOf(shares: Float64Array, gradient: Float64Array, mostMass?: number): number {
  let [sum, mass, least] = [0, 0, Number.POSITIVE_INFINITY];
  for (let node = 0; node < shares.length; node++) {
    sum += shares[node] * gradient[node];
    mass += shares[node];
    least = Math.min(least, gradient[node]);
  }
  if (mostMass === undefined) return Math.max(0, sum / mass - least);
  return Math.max(0, sum - Math.max(mass, mostMass) * Math.min(0, least));
}
