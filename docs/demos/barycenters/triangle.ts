/** A place in the triangle: how much each of three measures counts. */
export type Shares = readonly [number, number, number];

/** Rows from the first corner down: [[100], [.., ..], ...], with so many steps along each side. */
export const triangle = (steps: number): Shares[][] =>
  Array.from({ length: steps + 1 }, (_, row) =>
    Array.from(
      { length: row + 1 },
      (_, place): Shares => [(steps - row) / steps, (row - place) / steps, place / steps],
    ),
  );
