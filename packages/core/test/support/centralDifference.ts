/** The slope of a function at a place, by central differences that are exact up to the step's fourth power. */
export const centralDifference = (valueAt: (place: number) => number, place: number, step = 1e-3): number =>
  (8 * (valueAt(place + step) - valueAt(place - step)) - (valueAt(place + 2 * step) - valueAt(place - 2 * step))) /
  (12 * step);
