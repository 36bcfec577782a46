/** A seeded generator of numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Cloud {
  readonly points: Float64Array;
  readonly dimension: number;
  readonly weights?: Float64Array;
}

export const cube = (count: number, dimension: number, seed: number, low = 0, size = 1): Cloud => {
  const next = random(seed);
  return { points: Float64Array.from({ length: count * dimension }, () => low + size * next()), dimension };
};

export function sphere(count: number, seed: number): Cloud {
  const next = random(seed);
  const points = new Float64Array(3 * count);
  for (let k = 0; k < count; k++) {
    const height = 2 * next() - 1;
    const angle = 2 * Math.PI * next();
    const radius = Math.sqrt(1 - height ** 2);
    points.set(
      [radius * Math.cos(angle), radius * Math.sin(angle), height].map((u) => 0.5 + 0.5 * u),
      3 * k,
    );
  }
  return { points, dimension: 3 };
}

/** Points around a few centres, closely. */
export function clusters(count: number, dimension: number, seed: number, spread = 0.03): Cloud {
  const next = random(seed);
  const centres = Array.from({ length: 3 * dimension }, () => next());
  const points = Float64Array.from({ length: count * dimension }, (_, k) => {
    return centres[(Math.floor(k / dimension) % 3) * dimension + (k % dimension)] + spread * (next() + next() - 1);
  });
  return { points, dimension };
}

/** 4,000 points around four corners of the unit cube, far apart against their spread, with the given shares of the points. */
export function unequalClusters(shares: readonly number[], seed: number): Cloud {
  const next = random(seed);
  const corners = [
    [0, 0, 0],
    [1, 1, 0],
    [1, 0, 1],
    [0, 1, 1],
  ];
  const centres = shares.flatMap((share, k) => new Array<number[]>(Math.round(4000 * share)).fill(corners[k]));
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const points = centres.flatMap((centre) => centre.map((at) => at + 0.05 * normal()));
  return { points: Float64Array.from(points), dimension: 3 };
}

export function weighted(cloud: Cloud, seed: number, orders = 1): Cloud {
  const next = random(seed);
  const raw = Float64Array.from({ length: cloud.points.length / cloud.dimension }, () => 10 ** (-orders * next()));
  const mass = raw.reduce((total, weight) => total + weight, 0);
  return { ...cloud, weights: raw.map((weight) => weight / mass) };
}
