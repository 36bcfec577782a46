/** The place on a circle of a coordinate: in [0, period). */
export function onCircle(place: number, period: number): number {
  const wrapped = place - period * Math.floor(place / period);
  // A number just below 0 is rounded to the period itself.
  return wrapped >= 0 && wrapped < period ? wrapped : 0;
}

/** The difference on a circle of least length. */
export const shortest = (difference: number, period: number | undefined): number =>
  period === undefined ? difference : difference - period * Math.round(difference / period);
