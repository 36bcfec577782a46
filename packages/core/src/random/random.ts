/** The next number of a sequence: 32 bits, as a whole number from 0. */
export type Draw = () => number;

/** A sequence of numbers that look random, the same for the same whole number. */
export function drawsFrom(seed: number): Draw {
  const next = splitMix64(BigInt(seed));
  const [first, second] = [next(), next()];
  const [a, b, c, d] = [first, first >> 32n, second, second >> 32n].map((half) => Number(BigInt.asUintN(32, half)));
  return xoshiro128([a, b, c, d]);
}

/** A whole number from 0 up to `limit`, without it, each as likely as the others; the limit is at most 2^32. */
export function drawBelow(limit: number, draw: Draw): number {
  for (;;) {
    const drawn = draw();
    // Numbers beyond the last whole multiple of the limit would make the first ones more likely.
    if (drawn < 2 ** 32 - limit || drawn < 2 ** 32 - (2 ** 32 % limit)) {
      // The remainder, exact below 2^53: % of numbers beyond 2^31 is several times slower.
      return drawn - limit * Math.floor(drawn / limit);
    }
  }
}

/**
 * The generator xoshiro128** 1.1, from a state of four numbers of 32 bits that are not all 0: Blackman and Vigna, "Scrambled
 * linear pseudorandom number generators", 2021.
 */
export function xoshiro128(state: readonly [number, number, number, number]): Draw {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result;
  };
}

/**
 * The generator SplitMix64, of numbers of 64 bits from any seed, with which others are seeded: Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", 2014.
 */
export function splitMix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  };
}

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
