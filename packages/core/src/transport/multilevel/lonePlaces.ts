import type { SortedCloud } from '../../spatial/sortedCloud.js';

/**
 * Places of the points with the most weight times distance to a neighbour in Morton order: few points far from all others may hold most of an error,
 * and samples that split the mass miss them.
 */
export function lonePlaces({ points, dimension, weights, count }: SortedCloud, most: number): Uint32Array {
  const distance = (one: number, two: number): number => {
    if (two < 0 || two >= count) return Number.POSITIVE_INFINITY;
    let square = 0;
    for (let c = 0; c < dimension; c++) square += (points[one * dimension + c] - points[two * dimension + c]) ** 2;
    return Math.sqrt(square);
  };
  const loneliness = weights.map((weight, k) => weight * Math.min(distance(k, k - 1), distance(k, k + 1)));
  const least = loneliness.slice().sort()[Math.max(0, count - most)];
  const places: number[] = [];
  for (let k = 0; k < count && places.length < most; k++) if (loneliness[k] >= least) places.push(k);
  return Uint32Array.from(places);
}
