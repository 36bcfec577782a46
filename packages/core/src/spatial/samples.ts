/**
 * Standard errors that a sample's mean is taken to be off by: 2 leave out 1 in 20 of a normal law. Raising it makes estimates safer and
 * larger. The benchmark "Many points, against all pairs" shows estimates beside errors.
 */
export const STANDARD_ERRORS = 2;

/** Places of points that split a cloud's mass evenly: in Morton order they are spread over space as the measure is. */
export function samplePlaces(weights: Float64Array, samples: number): Uint32Array {
  const mass = sumOf(weights.length, (place) => weights[place]);
  const places = new Uint32Array(samples);
  let sum = 0;
  let place = -1;
  for (let sample = 0; sample < samples; sample++) {
    while (place < 0 || (place < weights.length - 1 && sum < ((sample + 0.5) * mass) / samples))
      sum += weights[++place];
    places[sample] = place;
  }
  return places;
}

/** The points at some places, [n, D]. */
export function pointsAt(points: Float32Array | Float64Array, dimension: number, places: Uint32Array): Float64Array {
  return Float64Array.from({ length: places.length * dimension }, (_, k) => {
    return points[places[Math.floor(k / dimension)] * dimension + (k % dimension)];
  });
}

/**
 * The root mean square distance of vectors at samples, [n, D]: of many such samples hardly any mean square would be larger.
 */
export function distanceOf(one: Float64Array, two: Float64Array, dimension: number): number {
  const samples = one.length / dimension;
  const squares = new Float64Array(samples);
  for (let k = 0; k < one.length; k++) squares[Math.floor(k / dimension)] += (one[k] - two[k]) ** 2;
  const mean = sumOf(samples, (k) => squares[k]) / samples;
  const spread = sumOf(samples, (k) => (squares[k] - mean) ** 2) / Math.max(1, samples - 1);
  return Math.sqrt(mean + STANDARD_ERRORS * Math.sqrt(spread / samples));
}

/** The sum of the terms 0 to count - 1. */
export function sumOf(count: number, term: (k: number) => number): number {
  let total = 0;
  for (let k = 0; k < count; k++) total += term(k);
  return total;
}
