/**
 * The entropy eps sum_i a_i log a_i, whose gradient it adds to another, up to a constant. It makes transport with the entropy of a plan next to
 * that of the measures into one with the entropy of the plan alone, next to the nodes of the support.
 */
export function addEntropy(gradient: Float64Array, shares: Float64Array, epsilon: number): number {
  let entropy = 0;
  for (let node = 0; node < shares.length; node++) {
    const log = Math.log(Math.max(shares[node], Number.MIN_VALUE));
    gradient[node] += epsilon * log;
    entropy += shares[node] * log;
  }
  return epsilon * entropy;
}
