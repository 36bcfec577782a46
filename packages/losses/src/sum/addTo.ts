/** Adds numbers times a factor, in some columns or in all. */
export function addTo(
  total: Float64Array,
  values: Float64Array,
  factor: number,
  columns?: readonly number[],
  dimension = 1,
): void {
  const size = columns?.length ?? 1;
  for (let k = 0; k < values.length; k++) {
    total[columns ? Math.floor(k / size) * dimension + columns[k % size] : k] += factor * values[k];
  }
}
