import type { SortedCloud } from '../../spatial/sortedCloud.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';

/**
 * Places of the points with the most weight times distance to a neighbour in Morton order, increasing: few points far from all others may hold most of
 * an error, and samples that split the mass miss them.
 */
export function* lonePlaces({ points, dimension, weights, count }: SortedCloud, most: number): Task<Uint32Array> {
  const size = Math.min(most, count);
  // From the least lonely on; of those alike the first ones are taken.
  const places = new Uint32Array(size);
  const loneliness = new Float64Array(size).fill(-1);
  const insert = (place: number, lonely: number): void => {
    let k = 1;
    for (; k < size && loneliness[k] < lonely; k++) {
      loneliness[k - 1] = loneliness[k];
      places[k - 1] = places[k];
    }
    loneliness[k - 1] = lonely;
    places[k - 1] = place;
  };
  let before = Number.POSITIVE_INFINITY;
  yield* chunked(size > 0 ? count : 0, (from, to) => {
    for (let place = from; place < to; place++) {
      const after = place + 1 < count ? distanceToNext(points, dimension, place) : Number.POSITIVE_INFINITY;
      const lonely = weights[place] * Math.min(before, after);
      if (lonely > loneliness[0]) insert(place, lonely);
      before = after;
    }
  });
  return places.sort();
}

function distanceToNext(points: Float64Array, dimension: number, place: number): number {
  let square = 0;
  for (let k = place * dimension; k < (place + 1) * dimension; k++) square += (points[k + dimension] - points[k]) ** 2;
  return Math.sqrt(square);
}
