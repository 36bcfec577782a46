import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Numbers in [0, 1), always the same for a seed.
 * @param {number} seed
 */
export function uniform(seed) {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

/**
 * `count` points of the unit square drawn from a density there, by rejection.
 * @param {number} count
 * @param {(x: number, y: number) => number} density of values in [0, 1]
 * @param {number} seed
 */
export function drawFrom(count, density, seed) {
  const random = uniform(seed);
  const points = new Float64Array(2 * count);
  for (let k = 0; k < count; ) {
    const [x, y] = [random(), random()];
    if (random() >= density(x, y)) continue;
    points.set([x, y], 2 * k);
    k += 1;
  }
  return points;
}
