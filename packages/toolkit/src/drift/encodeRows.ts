import { type CodedColumn, isEmptyAt } from './codedColumn.js';
import { type ColumnScale, columnScale, type Standardization } from './columnScale.js';

/** A column as it goes into the joint comparison: its categories are numbered from the most frequent one on. */
interface EncodedColumn {
  readonly column: CodedColumn;
  readonly scale: ColumnScale;
  /** How many coordinates it takes: with one for missing cells, and for categories one for the rare ones. */
  readonly width: number;
}

/** More categories than this share a coordinate, the rarest ones. */
const MOST_LEVELS = 30;

/**
 * Rows as points in which every column weighs the same: numbers in deviations from their mean, each category as a coordinate
 * (one-hot), and a coordinate that says whether a cell is missing. A number that is missing stands at the mean.
 *
 * @param columns - the rows of both tables, which scales and categories are found in: by those of one table alone, its rows would be
 * told from the others by the scale, and the p-value would be too small.
 */
export function encodeRows(
  columns: readonly CodedColumn[],
  standardization: Standardization,
): { points: Float64Array; dimension: number } {
  const encoded = columns.map((column) => encode(column, standardization));
  const dimension = encoded.reduce((sum, { width }) => sum + width, 0);
  const rows = columns[0].type === 'numbers' ? columns[0].values.length : columns[0].codes.length;
  const points = new Float64Array(rows * dimension);
  let from = 0;
  for (const { column, scale, width } of encoded) {
    for (let row = 0; row < rows; row++) {
      const at = row * dimension + from;
      if (isEmptyAt(column, row)) points[at + width - 1] = scale.missingApart;
      else if (column.type === 'numbers')
        points[at] = scale.scale > 0 ? (column.values[row] - scale.centre) / scale.scale : 0;
      // Coordinates that are both other than 0 put points sqrt(2) as far apart.
      else points[at + Math.min(column.codes[row], MOST_LEVELS)] = scale.apart / Math.SQRT2;
    }
    from += width;
  }
  return { points, dimension };
}

function encode(column: CodedColumn, standardization: Standardization): EncodedColumn {
  const scale = columnScale(column, standardization);
  if (column.type === 'numbers') return { column, scale, width: 2 };
  const counts = new Map<number, number>();
  for (const code of column.codes) if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1);
  const order = [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b);
  const ranks = new Map(order.map(([code], rank) => [code, rank]));
  const codes = column.codes.map((code) => ranks.get(code) ?? -1);
  return { column: { type: 'levels', codes }, scale, width: Math.min(MOST_LEVELS, counts.size) + 2 };
}
