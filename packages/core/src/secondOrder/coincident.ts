import type { CheckedMeasure } from '../measure/measure.js';

/** Points in some frame, [B, N, D]. */
export type Places = Pick<CheckedMeasure, 'dimension' | 'batch' | 'count'> & {
  readonly points: Float32Array | Float64Array;
};

/** How many points of the columns lie on a point of the rows; of a cloud itself, on one that comes before. */
export function coincidentPoints(rows: Places, columns: Places): number {
  const { dimension, batch } = rows;
  let found = 0;
  for (let element = 0; element < batch; element++) {
    const seen = new Set<string>();
    const each = ({ points, count }: Places, visit: (key: string) => void) => {
      for (let i = element * count; i < (element + 1) * count; i++) {
        // Adding 0 makes -0 and 0 one.
        visit(
          points
            .subarray(i * dimension, (i + 1) * dimension)
            .map((value) => value + 0)
            .join(),
        );
      }
    };
    if (rows === columns) {
      each(rows, (key) => {
        if (seen.has(key)) found += 1;
        seen.add(key);
      });
    } else {
      each(rows, (key) => seen.add(key));
      each(columns, (key) => {
        if (seen.has(key)) found += 1;
      });
    }
  }
  return found;
}
