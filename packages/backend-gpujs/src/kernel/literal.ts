/** Represents 'nothing seen yet' inside kernels: the languages of shaders may assume that there are no infinities. */
export const LOWEST = '-3.0e+38';
export const HIGHEST = '3.4028234663852886e+38';

const LARGEST = 3.4028234663852886e38;

/** A number as a float32; beyond its range, the nearest there is. */
export function literal(value: number): string {
  const rounded = Math.fround(Math.max(-LARGEST, Math.min(LARGEST, value)));
  return rounded < 0 || Object.is(rounded, -0) ? `(-${-rounded})` : `${rounded}`;
}
