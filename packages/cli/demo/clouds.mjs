/**
 * Moves a cloud's bounding box to the origin and scales its longest side to 1.
 *
 * @param {Float64Array} points
 * @param {number} dimension
 */
export function toUnitSize(points, dimension) {
  const low = new Array(dimension).fill(Infinity);
  const high = new Array(dimension).fill(-Infinity);
  points.forEach((value, k) => {
    low[k % dimension] = Math.min(low[k % dimension], value);
    high[k % dimension] = Math.max(high[k % dimension], value);
  });
  const size = Math.max(...high.map((value, d) => value - low[d]));
  return points.map((value, k) => (value - (low[k % dimension] + high[k % dimension]) / 2) / size);
}

/**
 * Chooses `count` points, each as far as can be from those before it: an even cover of the shape, always the same.
 *
 * @param {Float64Array} points
 * @param {number} dimension
 * @param {number} count
 */
export function farthestPoints(points, dimension, count) {
  const total = points.length / dimension;
  const distances = new Float64Array(total).fill(Infinity);
  const chosen = new Float64Array(count * dimension);
  let next = 0;
  for (let k = 0; k < count; k++) {
    const point = points.subarray(next * dimension, (next + 1) * dimension);
    chosen.set(point, k * dimension);
    let farthest = 0;
    for (let i = 0; i < total; i++) {
      let square = 0;
      for (let d = 0; d < dimension; d++) square += (points[i * dimension + d] - point[d]) ** 2;
      distances[i] = Math.min(distances[i], square);
      if (distances[i] > distances[farthest]) farthest = i;
    }
    next = farthest;
  }
  return chosen;
}

/**
 * Subtracts the mean of each column over all rows and divides by its standard deviation.
 *
 * @param {number[][]} rows
 */
export function standardise(rows) {
  const width = rows[0].length;
  const mean = Array.from({ length: width }, (_, d) => rows.reduce((sum, row) => sum + row[d], 0) / rows.length);
  const deviation = mean.map((centre, d) =>
    Math.sqrt(rows.reduce((sum, row) => sum + (row[d] - centre) ** 2, 0) / rows.length),
  );
  return rows.map((row) => row.map((value, d) => (value - mean[d]) / deviation[d]));
}
