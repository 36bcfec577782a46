import type { CodedColumn } from './codedColumn.js';
import { isEmptyAt } from './codedColumn.js';
import type { ColumnScale } from './columnScale.js';

/** A column as it goes into the joint comparison. */
export interface EncodedColumn {
  readonly column: CodedColumn;
  readonly scale: ColumnScale;
  /** How many categories have a coordinate of their own; the others share one, and those that the reference lacks another. */
  readonly levels: number;
  /** How many categories the reference has. */
  readonly known: number;
}

/** More categories than this share a coordinate, the rarest ones. */
export const MOST_LEVELS = 30;

/** How many coordinates a column takes: with one for missing cells, and for categories one for the rest and one for the unseen. */
const widthOf = ({ column, levels }: EncodedColumn): number => (column.type === 'numbers' ? 2 : levels + 3);

/**
 * Rows as points in which every column weighs the same: numbers in deviations from the reference's mean, each category as a coordinate
 * (one-hot), and a coordinate that says whether a cell is missing. A number that is missing stands at the mean. Where the reference has
 * one value alone, any other stands 1 from it.
 */
export function encodeRows(
  columns: readonly EncodedColumn[],
  rows: Uint32Array,
): { points: Float64Array; dimension: number } {
  const dimension = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const points = new Float64Array(rows.length * dimension);
  let from = 0;
  for (const encoded of columns) {
    const { column, scale, levels, known } = encoded;
    const width = widthOf(encoded);
    rows.forEach((row, index) => {
      const at = index * dimension + from;
      if (isEmptyAt(column, row)) points[at + width - 1] = scale.missingApart;
      else if (column.type === 'numbers') points[at] = standardized(column.values[row], scale);
      else {
        const code = column.codes[row];
        // Coordinates that are both other than 0 put points sqrt(2) as far apart.
        points[at + (code >= known ? levels + 1 : Math.min(code, levels))] = scale.apart / Math.SQRT2;
      }
    });
    from += width;
  }
  return { points, dimension };
}

const standardized = (value: number, { centre, scale }: ColumnScale): number =>
  scale > 0 ? (value - centre) / scale : value === centre ? 0 : 1;
