/** How far numbers are from those they are compared with, of which there may be fewer. */
export interface Differences {
  readonly largest: number;
  /** The same over the largest of the numbers compared with. */
  readonly relative: number;
}

export function differences(truth: ArrayLike<number>, values: ArrayLike<number>): Differences {
  let largest = 0;
  let size = 0;
  for (let i = 0; i < truth.length; i++) {
    largest = Math.max(largest, Math.abs(values[i] - truth[i]));
    size = Math.max(size, Math.abs(truth[i]));
  }
  return { largest, relative: size > 0 ? largest / size : largest };
}
