const MASK = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;

function mix(state: bigint): bigint {
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** The `index`-th number of a stream, in (0, 1): SplitMix64 of a counter, so that any language draws the same ones. */
export function uniformDraw(stream: number, index: number): number {
  const state = ((BigInt(stream) << 40n) + BigInt(index + 1) * GOLDEN) & MASK;
  return (Number(mix(state) >> 11n) + 0.5) * 2 ** -53;
}

/** The `index`-th number of a stream, with the standard normal distribution (Box and Muller 1958). */
export function normalDraw(stream: number, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(uniformDraw(stream, 2 * index)));
  return radius * Math.cos(2 * Math.PI * uniformDraw(stream, 2 * index + 1));
}
