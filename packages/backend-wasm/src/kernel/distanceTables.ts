import type { AxisSoftmax, EvenNodes } from '@sinkhorn/core';

/**
 * What rows and columns bring to sums of exp(score_j - rate |x_i - y_j|): for the columns before a row that is exp(-rate x_i) times the sum of
 * exp(score_j + rate y_j), for the others exp(rate x_i) times that of exp(score_j - rate y_j). Places count from the middle of all nodes:
 * sums are exact to roundings of rate times the way across them.
 */
export interface DistanceTables {
  /** rate y_j, in powers of two. */
  readonly columnBits: Float64Array;
  /** For each row exp(-rate x_i) and exp(rate x_i), each as a factor and a whole exponent of two. */
  readonly rowTilts: Float64Array;
  /** How many columns are not behind each row. */
  readonly columnsBefore: Uint32Array;
}

export function distanceTables({
  rows,
  columns,
  rate,
}: Pick<AxisSoftmax, 'rows' | 'columns' | 'rate'>): DistanceTables {
  const perBit = rate * Math.LOG2E;
  const [low, high] = [Math.min(rows.first, columns.first), Math.max(last(rows), last(columns))];
  const middle = low + (high - low) / 2;
  const columnBits = Float64Array.from({ length: columns.count }, (_, j) => perBit * (at(columns, j) - middle));
  const rowTilts = new Float64Array(4 * rows.count);
  const columnsBefore = new Uint32Array(rows.count);
  let before = 0;
  for (let i = 0; i < rows.count; i++) {
    const place = at(rows, i);
    while (before < columns.count && at(columns, before) <= place) before++;
    columnsBefore[i] = before;
    [-1, 1].forEach((sign, side) => {
      const exponent = sign * perBit * (place - middle);
      const whole = Math.round(exponent);
      rowTilts[4 * i + 2 * side] = 2 ** (exponent - whole);
      rowTilts[4 * i + 2 * side + 1] = whole;
    });
  }
  return { columnBits, rowTilts, columnsBefore };
}

const at = ({ first, spacing }: EvenNodes, k: number): number => first + k * spacing;
const last = (nodes: EvenNodes): number => at(nodes, nodes.count - 1);

/**
 * Whether float32 holds the exponents that go with places exactly, with room for scores as large as these, which is what potentials are.
 * Otherwise it would round factors of two away.
 */
export const isDistanceExactInFloat32 = ({ rowTilts, columnBits }: DistanceTables): boolean =>
  [rowTilts[1], rowTilts[rowTilts.length - 1], columnBits[0], columnBits[columnBits.length - 1]].every(
    (exponent) => Math.abs(exponent) < 2 ** 21,
  );
