/**
 * Pivots this small against the spread are 0: the measure is flat, or a line, or a point. Raising it flattens thin measures; lowering it
 * divides by roundings. Between float64's last digit and its root; chosen, not measured.
 */
const FLAT = 1e-10;

/**
 * Writes the lower Cholesky factor of the matrix at `from` of `matrices` to the same place of `factors`, both [.., D, D]; a
 * direction without spread gets a column of zeros. Gives false for what is no covariance.
 */
export function factorise(matrices: Float64Array, factors: Float64Array, from: number, dimension: number): boolean {
  const at = (row: number, column: number) => from + row * dimension + column;
  let spread = 0;
  for (let c = 0; c < dimension; c++) spread += Math.abs(matrices[at(c, c)]);
  for (let k = 0; k < dimension * dimension; k++) factors[from + k] = 0;
  for (let column = 0; column < dimension; column++) {
    let pivot = matrices[at(column, column)];
    for (let k = 0; k < column; k++) pivot -= factors[at(column, k)] ** 2;
    if (pivot < -FLAT * spread) return false;
    if (!(pivot > FLAT * spread)) continue;
    factors[at(column, column)] = Math.sqrt(pivot);
    for (let row = column + 1; row < dimension; row++) {
      let value = matrices[at(row, column)];
      for (let k = 0; k < column; k++) value -= factors[at(row, k)] * factors[at(column, k)];
      factors[at(row, column)] = value / factors[at(column, column)];
    }
  }
  return true;
}
