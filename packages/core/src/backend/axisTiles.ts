import { UnsupportedError } from '../errors.js';
import type { AxisSoftmax, Backend, EvenNodes } from './backend.js';

/**
 * The line of columns and that of rows cut into tiles of one length. With c_I and c_J the centres of two tiles, D = c_I - c_J, u = x_i - c_I
 * and v = y_j - c_J,
 *
 *   (x_i - y_j)^2 = [D^2 + 2 D u] - 2 D v + (u - v)^2
 *
 * so that exp(-rate (x_i - y_j)^2) is a number of the row, times one of the column, times one that is the same for all pairs of tiles.
 * The first two depend on I - J alone. They are powers of two whose exponents may be large, and are told as whole exponents and
 * the factors between the roots of 1/2 and 2 that are left.
 */
export interface AxisTiles {
  readonly rowsPerTile: number;
  readonly columnsPerTile: number;
  readonly rowTiles: number;
  readonly columnTiles: number;
  /** Pairs of tiles that differ in I - J. */
  readonly differences: number;
  /** exp(-rate (u - v)^2): for each four rows, for each column, four numbers. Rows and columns are filled up to a multiple of four. */
  readonly within: Float64Array;
  /** For each difference, for each column: factor and exponent. */
  readonly columnTilts: Float64Array;
  /** For each difference, for each row: factor and exponent. */
  readonly rowTilts: Float64Array;
  /** For each difference: the least and the largest exponent that the distance of two nodes takes away. */
  readonly bounds: Float64Array;
}

/** Numbers are filled up to a multiple of this. */
export const TILE_STEP = 4;
/** Nodes of a tile, in units of the length over which a Gaussian falls to exp(-1/2): measured at 1 to 4 nodes a unit. */
const TILE_LENGTH = 4;
/** The longest tile in these units: Gaussians within a tile stay above 2^-24, which keeps all products among normal numbers. */
const LONGEST_TILE = 5.5;
/** Nodes of a tile at most: beyond, pairs within tiles are most of the work. */
const MOST_NODES = 32;

/** Less than this share of a sum, as a power of two, is left out of it. */
const NEGLIGIBLE = { float32: 30, float64: 58 } as const;

/**
 * By how much the largest exponent of a pair of tiles has to be below what a row has for the pair to be nothing beside it: exponents
 * are rounded by half on each side.
 */
export const negligibleBelow = (precision: Backend['precision'], columns: number): number =>
  NEGLIGIBLE[precision] + Math.log2(columns) + 1;

/** As many as `count`, filled up. */
export const filledUp = (count: number): number => Math.ceil(count / TILE_STEP) * TILE_STEP;

/**
 * Cuts lines into tiles.
 *
 * @throws UnsupportedError where no multiple of one spacing is the other.
 */
export function axisTiles({ rows, columns, rate }: Pick<AxisSoftmax, 'rows' | 'columns' | 'rate'>): AxisTiles {
  const { rowsPerTile, columnsPerTile } = nodesPerTile(rows, columns, rate);
  const length = rowsPerTile * rows.spacing;
  const rowTiles = Math.ceil(rows.count / rowsPerTile);
  const columnTiles = Math.ceil(columns.count / columnsPerTile);
  const differences = rowTiles + columnTiles - 1;
  const [u, v] = [offsets(rowsPerTile, rows.spacing), offsets(columnsPerTile, columns.spacing)];
  const first = rows.first - u[0] - (columns.first - v[0]);
  const [rowsFilled, columnsFilled] = [filledUp(rowsPerTile), filledUp(columnsPerTile)];
  const perBit = rate * Math.LOG2E;

  const within = new Float64Array(rowsFilled * columnsFilled);
  u.forEach((row, i) => {
    v.forEach((column, j) => {
      const place = (Math.floor(i / TILE_STEP) * columnsFilled + j) * TILE_STEP + (i % TILE_STEP);
      within[place] = Math.exp(-rate * (row - column) ** 2);
    });
  });
  const columnTilts = new Float64Array(differences * columnsFilled * 2);
  const rowTilts = new Float64Array(differences * rowsFilled * 2);
  const bounds = new Float64Array(differences * 2);
  const reach = Math.abs(u[0]) + Math.abs(v[0]);
  for (let difference = 0; difference < differences; difference++) {
    const distance = first + (difference - columnTiles + 1) * length;
    v.forEach((column, j) => {
      put(columnTilts, difference * columnsFilled + j, 2 * perBit * distance * column);
    });
    u.forEach((row, i) => {
      put(rowTilts, difference * rowsFilled + i, -perBit * distance * (distance + 2 * row));
    });
    bounds[2 * difference] = perBit * Math.max(0, Math.abs(distance) - reach) ** 2;
    bounds[2 * difference + 1] = perBit * (Math.abs(distance) + reach) ** 2;
  }
  return { rowsPerTile, columnsPerTile, rowTiles, columnTiles, differences, within, columnTilts, rowTilts, bounds };
}

/**
 * Whether float32 holds the exponents that go with distances exactly, with room for scores as large as these, which is what potentials are.
 * Otherwise it would round factors of two away.
 */
export const isExactInFloat32 = ({ bounds }: AxisTiles): boolean =>
  Math.max(bounds[1], bounds[bounds.length - 1]) < 2 ** 22;

function put(tilts: Float64Array, place: number, exponent: number): void {
  const whole = Math.round(exponent);
  tilts[2 * place] = 2 ** (exponent - whole);
  tilts[2 * place + 1] = whole;
}

/** The nodes of a tile relative to its centre. */
const offsets = (count: number, spacing: number): number[] =>
  Array.from({ length: count }, (_, k) => (k - (count - 1) / 2) * spacing);

/** Tiles of one length on both sides, of whole numbers of nodes. */
function nodesPerTile(rows: EvenNodes, columns: EvenNodes, rate: number) {
  const unit = Math.sqrt(0.5 / rate);
  // A line of one node has no spacing of its own.
  const [rowSpacing, columnSpacing] = [
    rows.count > 1 ? rows.spacing : columns.spacing,
    columns.count > 1 ? columns.spacing : rows.spacing,
  ];
  const isRowWider = rowSpacing >= columnSpacing;
  const [wide, narrow] = isRowWider ? [rowSpacing, columnSpacing] : [columnSpacing, rowSpacing];
  const ratio = Math.round(wide / narrow);
  if (Math.abs(wide / narrow - ratio) > 1e-9 * ratio || ratio > MOST_NODES) {
    throw new UnsupportedError(
      `logSumExpAlongAxis: spacings ${rows.spacing} and ${columns.spacing}: give one that is a multiple of the other, by ${MOST_NODES} at most`,
    );
  }
  const most = Math.min(MOST_NODES / ratio, Math.max(rows.count, columns.count));
  const filled = Math.min(most, filledUp((TILE_LENGTH * unit) / wide));
  const few = Math.max(1, Math.floor(Math.min(filled, (LONGEST_TILE * unit) / wide)));
  if (few * wide > LONGEST_TILE * unit && ratio > 1) {
    throw new UnsupportedError('logSumExpAlongAxis: the wider spacing is too large for so narrow a Gaussian');
  }
  return isRowWider
    ? { rowsPerTile: few, columnsPerTile: few * ratio }
    : { rowsPerTile: few * ratio, columnsPerTile: few };
}
