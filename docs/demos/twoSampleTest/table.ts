import Papa from 'papaparse';
import { looksLikeIdentifier } from 'sinkhorn/toolkit';

/** A file of rows, with what can be compared in it. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  /** What is between whole numbers and their fractions. */
  readonly decimal: '.' | ',';
}

/** The numbers of both tables in the columns that they share, each column standardised over both. */
export interface Samples {
  readonly columns: readonly string[];
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** The same before they were standardised: for tables and charts. */
  readonly raw: { readonly x: Float64Array; readonly y: Float64Array };
  /** What was left out, and why. */
  readonly remarks: readonly string[];
  /** Columns left out as they seem to name rows: the reader may want them all the same. */
  readonly identifiers: readonly string[];
}

/** More rows of a file than this are left out: each shuffle is a whole solve. */
const MOST_ROWS = 1000;

/**
 * Reads CSV text with a line of names.
 * @throws Error that says what is wrong with the file.
 */
export function readTable(name: string, text: string): Table {
  const { data, meta, errors } = Papa.parse<Record<string, string>>(text.trim(), {
    header: true,
    skipEmptyLines: 'greedy',
  });
  const fault = errors.find(({ type }) => type === 'Quotes');
  if (fault) throw new Error(`${name}, row ${(fault.row ?? 0) + 1}: ${fault.message}.`);
  const columns = meta.fields ?? [];
  if (columns.length === 0 || data.length === 0) {
    throw new Error(`${name} has no rows: a CSV file with a line of column names and rows of numbers is needed.`);
  }
  const decimal = decimalOf(data, meta.delimiter);
  if (columns.every((column) => numberIn(column, decimal) !== undefined)) {
    throw new Error(`${name} begins with numbers: its first line has to name the columns.`);
  }
  return { name, columns, rows: data, decimal };
}

/** A comma where the columns are separated by something else, and more cells are numbers with one than with a point. */
function decimalOf(rows: Table['rows'], delimiter: string): Table['decimal'] {
  if (delimiter === ',') return '.';
  let [commas, points] = [0, 0];
  for (const row of rows) {
    for (const cell of Object.values(row)) {
      if (/^\s*[+-]?\d*,\d+(e[+-]?\d+)?\s*$/i.test(cell)) commas++;
      else if (/^\s*[+-]?\d*\.\d+(e[+-]?\d+)?\s*$/i.test(cell)) points++;
    }
  }
  return commas > points ? ',' : '.';
}

/**
 * What two tables have in common, as numbers.
 *
 * @param kept - Columns that are compared although they seem to name rows.
 * @throws Error that says why they cannot be compared.
 */
export function compare(a: Table, b: Table, kept: readonly string[] = []): Samples {
  const remarks: string[] = [];
  const shared = a.columns.filter((column) => b.columns.includes(column));
  if (shared.length === 0) {
    throw new Error(`${a.name} and ${b.name} share no column: ${list(a.columns)} and ${list(b.columns)}.`);
  }
  const numeric = shared.filter((column) => [a, b].every((table) => isNumeric(table, column)));
  const text = shared.filter((column) => !numeric.includes(column));
  if (numeric.length === 0) {
    throw new Error(
      `No column of numbers is in both files: ${list(text)} hold text, in at least half of the rows of a file.`,
    );
  }
  const naming = numeric.filter((column) => !kept.includes(column) && [a, b].some((table) => namesRows(table, column)));
  // Where nothing else is there, they are what there is to compare.
  const identifiers = naming.length < numeric.length ? naming : [];
  const columns = numeric.filter((column) => !identifiers.includes(column));
  if (text.length > 0) remarks.push(`Left out, as they hold text: ${list(text)}.`);
  if (identifiers.length > 0) remarks.push(`Left out, as they seem to name rows: ${list(identifiers)}.`);
  const [x, y] = [a, b].map(({ name, rows, decimal }) => {
    const numbers = rows.map((row) => columns.map((column) => numberIn(row[column], decimal)));
    const complete = numbers.filter((row): row is number[] => row.every((value) => value !== undefined));
    if (complete.length === 0) throw new Error(`${name} has no row with a number in every one of ${list(columns)}.`);
    if (complete.length < rows.length) {
      remarks.push(`${name}: ${rows.length - complete.length} of ${rows.length} rows lack a number and were left out.`);
    }
    const step = Math.ceil(complete.length / MOST_ROWS);
    if (step > 1) remarks.push(`${name}: every ${step}th row of ${complete.length} was taken.`);
    return Float64Array.from(complete.filter((_, k) => k % step === 0).flat());
  });
  return { columns, ...standardised(x, y, columns.length), raw: { x, y }, remarks, identifiers };
}

function standardised(x: Float64Array, y: Float64Array, width: number): { x: Float64Array; y: Float64Array } {
  const all = [...x, ...y];
  const count = all.length / width;
  const mean = new Float64Array(width);
  all.forEach((value, k) => {
    mean[k % width] += value / count;
  });
  const variance = new Float64Array(width);
  all.forEach((value, k) => {
    variance[k % width] += (value - mean[k % width]) ** 2 / count;
  });
  // A column that never changes says nothing, and stays 0.
  const scale = variance.map((value) => (value > 0 ? 1 / Math.sqrt(value) : 0));
  const standardise = (values: Float64Array) => values.map((value, k) => (value - mean[k % width]) * scale[k % width]);
  return { x: standardise(x), y: standardise(y) };
}

function isNumeric({ rows, decimal }: Table, column: string): boolean {
  const filled = rows.filter((row) => row[column]?.trim());
  return filled.filter((row) => numberIn(row[column], decimal) !== undefined).length > filled.length / 2;
}

/** Whether a column of numbers seems to name rows: as the toolkit's `drift` says. */
const namesRows = ({ rows, decimal }: Table, column: string): boolean =>
  looksLikeIdentifier(
    column,
    rows.map((row) => numberIn(row[column], decimal)),
  ) !== undefined;

function numberIn(text: string | undefined, decimal: Table['decimal']): number | undefined {
  const number = Number(decimal === ',' ? text?.replace(',', '.') : text);
  return text !== undefined && text.trim() !== '' && Number.isFinite(number) ? number : undefined;
}
const list = (names: readonly string[]) => names.map((name) => `“${name}”`).join(', ');
