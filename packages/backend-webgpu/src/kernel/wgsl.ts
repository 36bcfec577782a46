/** Threads of a workgroup: one or two wavefronts on every GPU, and within every device's limits. */
export const WORKGROUP_SIZE = 64;

/** WGSL may assume that there are no infinities: what is added to scores that must not count, and the least of partial results. */
export const LOWEST = '-3.0e38f';
/** Where running maxima begin: below every score that counts for anything, and above LOWEST by more than any score. */
export const FLOOR = '-1.0e38f';
export const HIGHEST = '3.4028234e38f';

/** A number as an f32 literal; beyond its range, the nearest there is. */
export function literal(value: number): string {
  const largest = 3.4028234663852886e38;
  const rounded = Math.fround(Math.max(-largest, Math.min(largest, value)));
  return Object.is(rounded, -0) ? '-0.0f' : `${rounded}f`;
}

/** Four neighbouring columns at once, or one number. */
export type Lanes = 1 | 4;

export const zero = (lanes: Lanes): string => (lanes === 4 ? 'vec4<f32>()' : '0.0f');

/** A value of `from` lanes where `to` are wanted. */
export const widened = (text: string, from: Lanes, to: Lanes): string =>
  from === 1 && to === 4 ? `vec4<f32>(${text})` : text;
