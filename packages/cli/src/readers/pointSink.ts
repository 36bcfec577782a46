import { isMissingWord } from '@sinkhorn/toolkit/missing-words';
import { InputError } from '../inputError.js';
import type { BeginCells, ColumnChoice } from './columnChoice.js';
import { withPoint } from './decimalComma.js';
import { type GrowingArray, growingArray } from './growingArray.js';
import { listNames, shortName } from './listNames.js';
import { fitsType, type NumberType } from './numberTypes.js';
import type { PointCloud } from './pointCloud.js';
import { commentRemedy } from './tableProblems.js';
import { beyond, isKept } from './wholeNumbers.js';

/** Collects the rows of one file, whatever its format, and refuses the first cell that is not a finite number. */
export interface PointSink {
  /** Adds one row; its cells are in the order of the file's columns. `line` is where an editor shows it. */
  row(cells: ArrayLike<unknown>, line?: number): void;
  /** The cloud, once every row was added. */
  finish(notes?: readonly string[]): PointCloud;
}

/** What a reader knows of its file before the first row. */
export interface Expected {
  /** The columns taken as coordinates when the user chose none; absent means all. */
  readonly defaults?: readonly string[];
  /** How many rows will come, at most: room is made for so many. */
  readonly rows?: number;
  /** The types that a header names for columns of text. */
  readonly types?: readonly NumberType[];
  /** Whether it is a table of text, for which there are options on how to read it. */
  readonly isTable?: boolean;
}

/**
 * Makes the sink of one file whose columns are `available`, in order.
 *
 * Rows are counted from 1 and a header is not counted, in messages as in every table of the output.
 *
 * @throws InputError when a chosen column does not exist or is named twice in the file.
 */
export function pointSink(
  file: string,
  available: readonly string[],
  choice: ColumnChoice,
  { defaults = available, rows, types, isTable = false }: Expected = {},
): PointSink {
  const hasCommas = isTable && choice.decimal === ',';
  if (choice.begin) return cellSink(file, available, { ...choice, begin: choice.begin }, hasCommas);
  const numberOf = (cell: unknown): number => toNumber(hasCommas && typeof cell === 'string' ? withPoint(cell) : cell);
  const places = placesOf(available);
  const weightsAt = choice.weights === undefined ? -1 : columnIndex(file, available, places, choice.weights);
  const labelsAt = choice.labels === undefined ? -1 : columnIndex(file, available, places, choice.labels);
  const columns = choice.columns ?? defaults.filter((name) => name !== choice.weights && name !== choice.labels);
  if (columns.length === 0)
    throw new InputError(`${file}: no column is left for the coordinates; choose some with --columns`);
  if (choice.columns && new Set(columns).size < columns.length) {
    throw new InputError(`--columns: "${columns.find((name, i) => columns.indexOf(name) < i)}" is named twice`);
  }
  const indices = columns.map((name) => columnIndex(file, available, places, name));

  const room = (numbers: number | undefined): GrowingArray => {
    try {
      return growingArray(numbers);
    } catch {
      throw new InputError(`${file}: it holds up to ${rows} points, for which there is no memory`);
    }
  };
  const points = room(rows && rows * indices.length);
  const weights = room(weightsAt < 0 ? 0 : rows);
  const labels: string[] = [];
  const used = [...indices, ...(weightsAt < 0 ? [] : [weightsAt]), ...(labelsAt < 0 ? [] : [labelsAt])];
  let count = 0;
  let dropped = 0;
  let hasMass = false;

  const placeOf = (line: number | undefined): string =>
    line === undefined ? `row ${count + dropped}` : `line ${line} (row ${count + dropped})`;
  const numberAt = (cells: ArrayLike<unknown>, index: number, line: number | undefined): number => {
    const cell = cells[index];
    const value = numberOf(cell);
    const place = () => `${file}: ${placeOf(line)}, column "${shortName(available[index])}"`;
    if (typeof cell === 'string' && !isKept(hasCommas ? withPoint(cell) : cell, value))
      throw new InputError(`${place()}: ${cell.trim()} ${beyond}`);
    if (types && Number.isFinite(value) && !fitsType(types[index], value)) {
      const named = types[index];
      throw new InputError(
        `${place()}: ${describeCell(cell)} is no ${named}, which its header says it is; correct the number or the header`,
      );
    }
    if (Number.isFinite(value)) return value;
    const numeric = available.filter((_, i) => Number.isFinite(numberOf(cells[i])));
    const why = whyNotANumber(cell, {
      numeric,
      choice: isTable ? choice : undefined,
      isFirst: count + dropped === 1,
      names: available,
      name: available[index],
    });
    throw new InputError(`${place()}: ${why}`);
  };

  const labelAt = (cells: ArrayLike<unknown>, index: number, line: number | undefined): string => {
    const cell = cells[index];
    if (!isMissing(cell) && typeof cell !== 'object') return String(cell).trim();
    const why = isMissing(cell)
      ? 'the label is missing; fill it in, or leave such rows out with --missing drop'
      : `${describeCell(cell)} is no label; give text or numbers`;
    throw new InputError(`${file}: ${placeOf(line)}, column "${shortName(available[index])}": ${why}`);
  };

  return {
    row(cells, line) {
      if (choice.missing === 'drop' && used.some((index) => isMissing(cells[index]))) {
        dropped++;
        return;
      }
      count++;
      for (const index of indices) points.push(numberAt(cells, index, line));
      if (labelsAt >= 0) labels.push(labelAt(cells, labelsAt, line));
      if (weightsAt < 0) return;
      const weight = numberAt(cells, weightsAt, line);
      if (weight < 0) {
        throw new InputError(
          `${file}: ${placeOf(line)}, column "${shortName(String(choice.weights))}": the weight ${weight} is negative; weights are 0 or more`,
        );
      }
      hasMass ||= weight > 0;
      weights.push(weight);
    },
    finish(notes = []) {
      if (count === 0)
        throw new InputError(
          `${file}: it has columns (${listNames(available)}) but no rows${dropped ? ` without missing numbers` : ''}`,
        );
      if (weightsAt >= 0 && !hasMass)
        throw new InputError(
          `${file}: column "${shortName(String(choice.weights))}": all weights are 0; give one row or more some weight, or choose another column with --weights`,
        );
      return {
        file,
        columns,
        count,
        dimension: columns.length,
        points: points.finish(),
        ...(weightsAt < 0 ? {} : { weights: weights.finish() }),
        ...(labelsAt < 0 ? {} : { labels }),
        notes: dropped
          ? [...notes, `${file}: left out because a number is missing: ${dropped} of ${count + dropped} rows`]
          : notes,
      };
    },
  };
}

/** Hands rows on, numbers with decimal commas as those with points and the rest as it is: the cloud has nothing but notes. */
function cellSink(
  file: string,
  available: readonly string[],
  choice: ColumnChoice & { readonly begin: BeginCells },
  hasCommas: boolean,
): PointSink {
  const rows = choice.begin(file, available, choice);
  const isChosen = choice.columns ? new Set(choice.columns) : undefined;
  let count = 0;
  const readable = (cell: unknown, index: number, line: number | undefined): unknown => {
    if (typeof cell !== 'string' || (isChosen && !isChosen.has(available[index]))) return cell;
    const number = withPoint(cell);
    if (Number.isFinite(toNumber(number))) return number;
    if (!isPointed(cell.trim())) return cell;
    const row = { numeric: [], choice, isFirst: count === 1, names: available, name: available[index] };
    throw new InputError(
      `${file}: line ${line} (row ${count}), column "${shortName(available[index])}": ${whyNotANumber(cell, row)}`,
    );
  };
  return {
    row(cells, line) {
      count++;
      rows.row(hasCommas ? Array.from(cells, (cell, i) => readable(cell, i, line)) : cells, line);
    },
    finish: (notes = []) => ({ file, columns: [], count, dimension: 0, points: new Float64Array(), notes }),
  };
}

/** Where each name stands, and where it stands again: one pass, so that wide tables take no time. */
interface Places {
  readonly first: ReadonlyMap<string, number>;
  readonly again: ReadonlyMap<string, number>;
}

function placesOf(names: readonly string[]): Places {
  const first = new Map<string, number>();
  const again = new Map<string, number>();
  for (let i = 0; i < names.length; i++) {
    if (first.has(names[i])) again.set(names[i], i);
    else first.set(names[i], i);
  }
  return { first, again };
}

function columnIndex(file: string, available: readonly string[], places: Places, name: string): number {
  const index = places.first.get(name) ?? -1;
  if (index < 0) throw new InputError(`${file}: there is no column "${name}"; its columns are ${listNames(available)}`);
  if (name === '') {
    throw new InputError(
      `${file}: column ${index + 1} has no name in the header; choose among ${listNames(available.filter(Boolean))} with --columns`,
    );
  }
  const again = places.again.get(name);
  if (again !== undefined) {
    throw new InputError(
      `${file}: the name "${shortName(name)}" belongs to columns ${index + 1} and ${again + 1}; give each its own, or choose others with --columns`,
    );
  }
  return index;
}

/** True for a cell that means an unknown number. */
export function isMissing(cell: unknown): boolean {
  if (typeof cell === 'string') return cell.trim() === '' || isMissingWord(cell);
  return cell === undefined || cell === null || Number.isNaN(cell);
}

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const largestWhole = 2n ** 53n;

/** The number that a cell holds, or NaN: 0x10, true, as text or not, and the empty text are no numbers, nor is a bigint beyond 2^53. */
export function toNumber(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'string') return decimal.test(cell) ? Number(cell) : Number.NaN;
  if (typeof cell === 'bigint' && cell <= largestWhole && cell >= -largestWhole) return Number(cell);
  return Number.NaN;
}

/** A cell of any kind, as a message shows it. */
function describeCell(cell: unknown): string {
  if (Array.isArray(cell)) return 'an array';
  if (cell instanceof Date) return 'a date';
  if (typeof cell === 'object' && cell !== null) return 'an object';
  const text = String(cell);
  return `"${text.length > 40 ? `${text.slice(0, 40)}...` : text}"`;
}

const truth =
  'is no number, in whatever kind of file; write 1 for true and 0 for false, or choose other columns with --columns';

/** What a message can tell of the row in which a cell is no number. */
interface Row {
  /** The columns that are numbers in it. */
  readonly numeric: readonly string[];
  /** How a table was to be read; undefined for files of another kind. */
  readonly choice: ColumnChoice | undefined;
  readonly isFirst: boolean;
  readonly names: readonly string[];
  /** The name of the column. */
  readonly name: string;
}

function whyNotANumber(cell: unknown, row: Row): string {
  if (typeof cell === 'bigint') {
    return `${cell} ${beyond}`;
  }
  if (isMissing(cell)) {
    const word = typeof cell === 'string' ? cell.trim() : Number.isNaN(cell) ? 'NaN' : '';
    return `the value is missing${word && ` ("${word}")`}; fill it in, or leave such rows out with --missing drop`;
  }
  if (typeof cell === 'number') return `${cell} is not a finite number; remove the row or fill it in`;
  const text = typeof cell === 'string' ? cell.trim() : '';
  if (typeof cell === 'boolean' || /^(true|false)$/i.test(text)) return `${describeCell(cell)} ${truth}`;
  const withMark = (row.choice?.decimal === ',' && withPoint(text)) || text;
  const what = (row.choice && remedyOfTable(text, row, row.choice)) ?? remedy(withMark, row.numeric);
  return `${describeCell(cell)} is not a finite number; ${what}`;
}

/** Remedies that are options, which only tables have. */
function remedyOfTable(cell: string, { numeric, isFirst, names, name }: Row, choice: ColumnChoice): string | undefined {
  const hasCommas = choice.decimal === ',';
  if (hasCommas && isPointed(cell)) {
    return thousands.test(cell)
      ? 'remove its thousands separators'
      : 'its decimal mark is a point; leave out --decimal ,';
  }
  const divider = names.length === 1 && choice.delimiter !== undefined ? dividerIn(cell) : undefined;
  const other = divider && `if ${divider} stands between the cells, say --delimiter "${divider}"`;
  // The name shows which it is.
  if (other && divider && name.includes(divider)) return other;
  if (!hasCommas && /^[+-]?\d{1,3}(,\d{3})+$/.test(cell)) {
    return `remove its thousands separators, or say --decimal , if the comma is a decimal mark${other ? `; ${other}` : ''}`;
  }
  if (!hasCommas && /^[+-]?\d*,\d+([eE][+-]?\d+)?$/.test(cell))
    return `for decimal commas say --decimal ,${other ? `; ${other}` : ''}`;
  if (other) return other;
  const comment = commentRemedy(cell.startsWith('#') && choice.comment !== '#' ? undefined : cell, choice);
  if (comment) return comment;
  if (cell.includes('|')) return 'if | stands between the cells, say --delimiter "|"';
  if (cell === name) return 'the header again? remove that line';
  if (/^#[A-Z/\d]+[!?]$/.test(cell)) return 'a spreadsheet could not compute it; correct it there, or remove the row';
  if (cell.startsWith('#'))
    return 'say --comment "#" if whole lines begin so; a comment behind numbers has to be removed';
  if (/^\([\d.,]+\)$/.test(cell)) return 'if brackets mean a minus, write one';
  if (isFirst && choice.header === 'no' && numeric.length === 0 && !/\p{Nd}/u.test(cell)) {
    const more = (choice.skipRows ?? 0) + 1;
    return `if the first line holds names, say --header yes; to leave it out, --skip-rows ${more}`;
  }
  if (/^[[(].*[\])]$/.test(cell) || (isFirst && numeric.length === 0 && !/\p{Nd}/u.test(cell)))
    return 'a row of units? delete it, or leave out both lines with --skip-rows 2 --header no';
  if (/^[+-]?[\d.,]+([ \t]+[+-]?[\d.,]+)+$/.test(cell) && !thousands.test(cell))
    return 'if white space stands between the cells, say --format xyz';
  return undefined;
}

/** Whether a cell is a number with a point in it, whatever the point means. */
const isPointed = (cell: string): boolean => cell.includes('.') && (decimal.test(cell) || thousands.test(cell));

/** What divides a cell into numbers, if anything does. */
const dividerIn = (cell: string): string | undefined =>
  [',', ';', '|'].find((mark) => cell.includes(mark) && cell.split(mark).every((part) => decimal.test(part)));

const thousands = /^[+-]?\d{1,3}([ \u00a0\u2009\u202f'\u2019_.,]\d{3})+([.,]\d+)?$/;

function remedy(cell: string, numeric: readonly string[]): string {
  if (decimal.test(cell)) return 'it is too large for a 64-bit number';
  if (/^[\u2212\u2012\u2013\uFE63\uFF0D]\s*[\d.,]/.test(cell))
    return 'it begins with a Unicode minus; write - in its place';
  if (thousands.test(cell)) return 'remove its thousands separators';
  if (/^[+-]?\d*,\d+([eE][+-]?\d+)?$/.test(cell)) return 'write a decimal point in place of the comma';
  if (/^[+-]?(inf(inity)?|\u221e|1\.#(inf|ind|qnan|snan)\d*)$/i.test(cell))
    return 'remove the row or put a number in its place';
  if (/^[+-]?0[xob][\da-f]+$/i.test(cell)) return 'write it as a decimal number';
  if (/^[+-]?[\d.,]+\s*%$/.test(cell)) return 'write a share without its percent sign';
  if (/^[+-]?\p{Sc}\s*[\d.,]+$|^[+-]?[\d.,]+\s*\p{Sc}$/u.test(cell)) return 'remove the currency sign';
  if (/^[+-]?(\d+\.?\d*|\.\d+)[dD][+-]?\d+$/.test(cell)) return 'write its exponent with e, not as Fortran does';
  if (/^[\d.,]+-$/.test(cell)) return 'write its minus in front';
  const shown = cell.replace(/[\p{Cc}\p{Cf}]/gu, '');
  if (shown !== cell && decimal.test(shown)) return 'remove the characters in it that cannot be seen';
  if (/^'.*'$/.test(cell)) return 'remove the single quotes';
  if (/^=?["'\u2018\u2019\u201c-\u201e\u00ab\u00bb]/u.test(cell)) return 'remove its quotes';
  if (/^[-+]\s+[\d.,]+$/.test(cell)) return 'write its sign right before the digits';
  if (/\p{Nd}/u.test(cell) && !/[0-9]/.test(cell)) return 'write its digits as 0 to 9';
  const some = numeric.slice(0, 10).map(shortName).join(',');
  return `choose the numeric columns with --columns${some === '' ? '' : ` (numbers in this row: ${some}${numeric.length > 10 ? ', ...' : ''})`}`;
}
