/** A seeded generator of numbers in [0, 1), so that every run sees the same clouds. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A cloud as the losses take it, with arrays of its own. */
export interface TestCloud {
  points: Float64Array;
  dimension: number;
  weights: Float64Array;
}

/** `count` points around `centre`, with unequal weights of sum `mass`. */
export function cloud(count: number, dimension: number, seed: number, centre = 0, mass = 1): TestCloud {
  const next = random(seed);
  const points = Float64Array.from({ length: count * dimension }, () => centre + next());
  const raw = Float64Array.from({ length: count }, () => 0.2 + next());
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return { points, dimension, weights: raw.map((weight) => (mass * weight) / total) };
}

/** The same cloud with one number changed. */
export function changed(original: TestCloud, field: 'points' | 'weights', index: number, by: number): TestCloud {
  const values = original[field].slice();
  values[index] += by;
  return { ...original, [field]: values };
}
