/** The mean of numbers under weights. */
export function weightedMean(values: Float64Array, masses: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let k = 0; k < values.length; k++) {
    sum += values[k] * masses[k];
    total += masses[k];
  }
  return sum / total;
}
