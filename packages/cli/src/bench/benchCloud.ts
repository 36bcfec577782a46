import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random points in the unit cube, row by row, the same for the same seed. */
export function benchCloud(n: number, dimension: number, seed: number): Float32Array {
  const random = xoroshiro128plus(seed);
  return Float32Array.from({ length: n * dimension }, () => uniformFloat64(random));
}
