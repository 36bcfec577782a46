import { InvalidMeasureError, type Measure, runAsync, runSync, type Task } from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';
import type { CallOptions } from '@sinkhorn/losses';
import { transportOnLine } from '@sinkhorn/losses/line';
import { checkRange } from '../checkRange.js';
import { drawRows } from '../drawRows.js';
import { placesTo } from '../placesTo.js';
import { type CodedCells, codeColumn, isEmptyAt, pickRows } from './codedColumn.js';
import { type ColumnStatistic, columnStatistic } from './columnStatistic.js';
import type { ColumnDrift, CompareWithReference, Drift, JointDrift } from './driftResult.js';
import { driftOfEmbeddings } from './embeddings.js';
import { encodeRows } from './encodeRows.js';
import { holm } from './holm.js';
import { jointly, jointShuffles } from './joint.js';
import { type CheckedDriftOptions, checkDriftOptions, type DriftOptions } from './options.js';
import { type Reference, type ReferenceColumn, readReference, sortedValues, unreadableText } from './reference.js';
import { shuffledColumns } from './shuffledColumns.js';
import { histogramOf, missingShare, sharesOf, summarize } from './summary.js';
import { columnsOf, type Table } from './table.js';

/**
 * Tells whether data have drifted from a reference: which columns, by how much in their own units, and all of them together.
 *
 * Tables hold numbers, booleans, categories, dates and missing cells; what each column is, its reference decides. Each column is tested
 * by the energy distance of its values, categories by Pearson's chi-squared; p-values come from shuffled rows and are corrected for the number of columns. All
 * together are compared in deviations of both tables, where two random rows are as far apart in a category, on average, as in a number.
 * Embeddings, given as measures, are compared jointly alone.
 *
 * The p-value of the whole holds its level: data like the reference are said to have drifted in alpha of all cases, or less.
 *
 * @throws InvalidMeasureError for what is no table, or shares no column with the reference; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { drift } from 'sinkhorn/toolkit';
 *
 * const day = (from: number, plan: string) =>
 *   Array.from({ length: 60 }, (_, i) => ({ price: from + ((7 * i) % 10), plan: i % 3 ? 'basic' : plan, paid: i % 2 === 0 }));
 * const { drifted, columns } = await drift(day(20, 'pro'), day(24, 'pro'), { backend: cpu() });
 * const moved = columns.filter((column) => column.drifted).map(({ name, effect }) => `${name} by ${effect}`);
 * if (!drifted || moved.join() !== 'price by 4') throw new Error(moved.join());
 * ```
 */
export function drift(reference: Table, current: Table, options: DriftOptions): Promise<Drift>;
export function drift(reference: Measure, current: Measure, options: DriftOptions): Promise<Drift>;
export async function drift(
  reference: Table | Measure,
  current: Table | Measure,
  options: DriftOptions,
): Promise<Drift> {
  const { signal, onProgress } = options ?? {};
  const checked = checkDriftOptions(options);
  if (isMeasure(reference)) {
    return driftOfEmbeddings(reference, options, checked)(current as Measure, { signal, onProgress });
  }
  const read = await runAsync(referenceOf(reference, checked), { signal });
  return driftOfTables(read, options, checked)(current as Table, { signal, onProgress });
}

/**
 * The same for many comparisons with one reference, which is read, sorted and scaled once.
 *
 * @throws What `drift` throws: for the reference and options at once, for the current data when they come.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { driftFrom } from 'sinkhorn/toolkit';
 *
 * const compare = driftFrom({ load: [1, 2, 3, 4, 5, 6, 7, 8] }, { backend: cpu() });
 * const monday = await compare({ load: [2, 3, 1, 5, 4, 8, 6, 7] }, { name: 'Monday' });
 * const tuesday = await compare({ load: [22, 23, 21, 25, 24, 28, 26, 27] }, { name: 'Tuesday' });
 * if (monday.drifted || !tuesday.drifted) throw new Error('unexpected');
 * ```
 */
export function driftFrom(reference: Table, options: DriftOptions): CompareWithReference<Table>;
export function driftFrom(reference: Measure, options: DriftOptions): CompareWithReference<Measure>;
export function driftFrom(reference: Table | Measure, options: DriftOptions): CompareWithReference<never> {
  const checked = checkDriftOptions(options);
  const compare = isMeasure(reference)
    ? driftOfEmbeddings(reference, options, checked)
    : driftOfTables(runSync(referenceOf(reference, checked)), options, checked);
  return (current, run = {}) => compare(current, run);
}

/**
 * The same, with a reference that is read in turns, so that a page stays awake and a signal is noticed: for a million rows.
 *
 * @throws What `drift` throws; the reason of an abort.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { driftFromAsync } from 'sinkhorn/toolkit';
 *
 * const compare = await driftFromAsync({ load: [1, 2, 3, 4, 5, 6, 7, 8] }, { backend: cpu() });
 * const { drifted } = await compare({ load: [2, 3, 1, 5, 4, 8, 6, 7] });
 * if (drifted) throw new Error('unexpected');
 * ```
 */
export function driftFromAsync(reference: Table, options: DriftOptions): Promise<CompareWithReference<Table>>;
export function driftFromAsync(reference: Measure, options: DriftOptions): Promise<CompareWithReference<Measure>>;
export async function driftFromAsync(
  reference: Table | Measure,
  options: DriftOptions,
): Promise<CompareWithReference<never>> {
  if (isMeasure(reference)) return driftFrom(reference, options);
  const checked = checkDriftOptions(options);
  const read = await runAsync(referenceOf(reference, checked), { signal: options.signal });
  const compare = driftOfTables(read, options, checked);
  return (current, run = {}) => compare(current, run);
}

function isMeasure(data: Table | Measure): data is Measure {
  if (typeof data !== 'object' || data === null) return false;
  if (Array.isArray(data)) return isRow(data[0]);
  return (
    ('points' in data && 'dimension' in data && typeof data.dimension === 'number') ||
    ('points' in data && Array.isArray(data.points) && isRow(data.points[0])) ||
    // A table may well have columns of these names.
    ('data' in data && 'shape' in data && isShapeOf(data.shape, data.data))
  );
}

const isRow = (row: unknown) => Array.isArray(row) || ArrayBuffer.isView(row);

/** Whether numbers are the sides of an array with as many cells. */
function isShapeOf(shape: unknown, cells: unknown): boolean {
  if (!Array.isArray(shape) || typeof cells !== 'object' || cells === null || !('length' in cells)) return false;
  return (
    shape.every(Number.isInteger) && shape.reduce((product: number, side: number) => product * side, 1) === cells.length
  );
}

function driftOfTables(
  reference: Reference,
  options: DriftOptions,
  checked: CheckedDriftOptions,
): CompareWithReference<Table> {
  return async (current, { name = 'current', signal, onProgress } = {}) => {
    const pair = await runAsync(readCurrent(reference, current, checked), { signal });
    const permutations = checked.permutations ?? permutationsFor(pair.columns.length, checked);
    const told = { ...checked, permutations, signal };
    const columns = await driftOfColumns(reference, pair, told, (share) =>
      onProgress?.({ stage: 'shuffling columns', share }),
    );
    const joint = await driftOfAll(reference, pair, options, { ...told, onProgress });
    const smallest = Math.min(...columns.map(({ adjustedPValue }) => adjustedPValue));
    // Holm's p-values are doubled where there is a joint one.
    const ofColumns = joint && checked.correction === 'none' ? 2 * smallest : smallest;
    const pValue = Math.min(1, ofColumns, joint ? 2 * joint.pValue : 1);
    const sizes = [reference.columnRows.length, pair.columnRows.length, columns.length] as const;
    const remarks = [...reference.remarks, ...pair.remarks, ...powerRemarks(...sizes, told, joint !== undefined)];
    const least = smallestOfColumns(...sizes, told, joint !== undefined).smallest;
    return {
      name,
      rows: { reference: reference.rows, current: pair.rows },
      alpha: checked.alpha,
      pValue,
      smallestPValue: Math.min(least, joint ? 2 * joint.smallestPValue : 1),
      drifted: pValue <= checked.alpha || pair.absent.length > 0,
      columns,
      absent: pair.absent,
      ...(joint && { joint }),
      method: {
        correction: checked.correction,
        standardization: checked.standardize,
        missing: checked.missing,
        permutations,
        columnRows: { reference: reference.columnRows.length, current: pair.columnRows.length },
        loss: joint?.loss.name ?? 'energyDistance',
        seed: checked.seed,
      },
      remarks,
    };
  };
}

/** A column of both tables. */
interface PairedColumn {
  readonly before: ReferenceColumn;
  readonly now: CodedCells;
}

interface Pair {
  readonly rows: number;
  readonly columns: readonly PairedColumn[];
  readonly columnRows: Uint32Array;
  readonly jointRows: Uint32Array;
  readonly absent: readonly string[];
  readonly remarks: readonly string[];
}

function* referenceOf(table: Table, options: CheckedDriftOptions): Task<Reference> {
  return yield* readReference(yield* columnsOf('reference', table), options);
}

function* readCurrent(reference: Reference, table: Table, options: CheckedDriftOptions): Task<Pair> {
  const { rows, cells } = yield* columnsOf('current', table);
  const remarks: string[] = [];
  const absent: string[] = [];
  const columns: PairedColumn[] = [];
  for (const before of reference.columns) {
    const values = cells.get(before.name);
    if (!values) {
      if (options.columns) {
        throw new InvalidMeasureError(
          `current has no column ${before.name}: its columns are ${[...cells.keys()].join(', ')}`,
        );
      }
      absent.push(before.name);
      continue;
    }
    const now = yield* codeColumn(values, before);
    if (now.unreadable) remarks.push(unreadableText('current', before.name, before.kind, now.unreadable));
    if (now.column.type === 'numbers') checkRange(`column ${before.name} of current`, now.column.values);
    if (before.kind === 'date' && comesAfter(before.sorted, now.column)) remarks.push(laterDates(before.name));
    columns.push({ before, now });
  }
  if (!options.columns) {
    const known = new Set([...reference.columns.map(({ name }) => name), ...reference.identifiers]);
    for (const name of [...cells.keys()].filter((each) => !known.has(each)))
      remarks.push(`Column ${name} is left out, as the reference does not have it.`);
  }
  if (columns.length === 0) {
    throw new InvalidMeasureError(
      `current shares no column with reference: ${[...cells.keys()].join(', ')} and ${reference.columns.map(({ name }) => name).join(', ')}`,
    );
  }
  const complete = placesTo(rows).filter(
    (row) => options.missing === 'category' || columns.every(({ now }) => !isEmptyAt(now.column, row)),
  );
  return {
    rows,
    columns,
    columnRows: drawRows(rows, options.columnRows, options.seed),
    jointRows: drawRows(complete.length, options.jointRows, options.seed + 1).map((place) => complete[place]),
    absent,
    remarks,
  };
}

/** Whether all values come after those of the reference, which are sorted. */
function comesAfter(reference: Float64Array, column: CodedCells['column']): boolean {
  if (column.type !== 'numbers' || reference.length === 0) return false;
  const last = reference[reference.length - 1];
  return column.values.some((value) => !Number.isNaN(value)) && column.values.every((value) => !(value <= last));
}

/** What is said of a column that tells when rows were taken, as it drifts in all data to come. */
const laterDates = (name: string): string =>
  `Column ${name}: all dates of current come after those of reference. If it tells when a row was taken, it always drifts: name the other columns in columns.`;

/** Shuffles at least, and at most where nobody says how many. */
const SHUFFLES = { least: 999, most: 99_999 };

/** So many shuffles that the smallest p-value, corrected for the columns and doubled, is `leastP`. */
const permutationsFor = (columns: number, { leastP, correction }: CheckedDriftOptions): number =>
  Math.min(
    SHUFFLES.most,
    Math.max(SHUFFLES.least, Math.ceil((2 * (correction === 'holm' ? columns : 1)) / leastP) - 1),
  );

/** The smallest p-value that columns can have by themselves, corrected: with so many rows, columns and shuffles. */
function smallestOfColumns(x: number, y: number, columns: number, { permutations, correction }: Run, isJoint: boolean) {
  const divisions = divisionsOf(x, y);
  const isExact = divisions <= permutations;
  // Of equal groups each division has a mirror that is as far apart.
  const smallest = isExact ? (x === y ? 2 : 1) / divisions : 1 / (permutations + 1);
  return { isExact, smallest: Math.min(1, smallest * (correction === 'holm' ? columns : 1) * (isJoint ? 2 : 1)) };
}

/** Says so where no p-value can be small enough: with too few permutations for the columns, or with too few rows. */
function powerRemarks(x: number, y: number, columns: number, run: Run, isJoint: boolean): string[] {
  const { smallest, isExact } = smallestOfColumns(x, y, columns, run, isJoint);
  if (smallest <= run.alpha) return [];
  return [
    isExact
      ? `${x} and ${y} rows are too few for ${columns === 1 ? 'a column' : `${columns} columns`} at this level: no column can be found to have drifted.`
      : `${run.permutations} permutations are too few for ${columns} columns at this level: no column can be found to have drifted.`,
  ];
}

/** How many ways there are to divide rows into two groups of these sizes, or a number that is far above any number of shuffles. */
function divisionsOf(x: number, y: number): number {
  let ways = 1;
  for (let i = 1; i <= Math.min(x, y) && ways < 1e12; i++) ways = (ways * (Math.max(x, y) + i)) / i;
  return ways;
}

interface Run extends Omit<CheckedDriftOptions, 'permutations'> {
  readonly permutations: number;
  readonly signal: CallOptions['signal'];
}

async function driftOfColumns(
  reference: Reference,
  pair: Pair,
  run: Run,
  onShare: (share: number) => void,
): Promise<readonly ColumnDrift[]> {
  const statistics = await runAsync(statisticsOf(reference, pair, run.missing === 'category'), { signal: run.signal });
  const [countX, countY] = [reference.columnRows.length, pair.columnRows.length];
  const pValues = await shuffledColumns(statistics, { ...run, countX, countY, onShare });
  // Columns have half of the level where all of them together have the other one.
  const share = isJoint(reference, pair) ? 2 : 1;
  const adjusted = run.correction === 'holm' ? holm(pValues).map((pValue) => Math.min(1, share * pValue)) : pValues;
  const columns: ColumnDrift[] = [];
  for (const [index, { before, now }] of pair.columns.entries()) {
    columns.push({
      name: before.name,
      kind: before.kind,
      pValue: pValues[index],
      adjustedPValue: adjusted[index],
      drifted: adjusted[index] <= run.alpha,
      missing: { reference: missingShare(before.column), current: missingShare(now.column) },
      ...(before.column.type === 'numbers' ? await ofNumbers(before, now, run.signal) : ofCategories(before, now)),
    });
  }
  return columns;
}

function* statisticsOf(reference: Reference, pair: Pair, missing: boolean): Task<readonly ColumnStatistic[]> {
  const statistics: ColumnStatistic[] = [];
  for (const { before, now } of pair.columns) {
    yield* pause();
    const x = pickRows(before.column, reference.columnRows);
    const y = pickRows(now.column, pair.columnRows);
    yield* pause();
    statistics.push(columnStatistic(joined(x, y), missing));
  }
  return statistics;
}

function joined(x: CodedCells['column'], y: CodedCells['column']): CodedCells['column'] {
  if (x.type === 'numbers' && y.type === 'numbers') {
    return { type: 'numbers', values: join(Float64Array, x.values, y.values) };
  }
  if (x.type === 'levels' && y.type === 'levels') return { type: 'levels', codes: join(Int32Array, x.codes, y.codes) };
  throw new TypeError('a column is read in one way in both tables');
}

function join<Values extends Float64Array | Int32Array>(
  make: new (length: number) => Values,
  x: Values,
  y: Values,
): Values {
  const both = new make(x.length + y.length);
  both.set(x);
  both.set(y, x.length);
  return both;
}

async function ofNumbers(
  { sorted, scale }: ReferenceColumn,
  now: CodedCells,
  signal: CallOptions['signal'],
): Promise<Pick<ColumnDrift, 'effect' | 'deviations' | 'numbers'>> {
  const { values, numbers } = await runAsync(inShort(sorted, now), { signal });
  if (sorted.length === 0 || values.length === 0) return { numbers };
  const [x, y] = [sorted, values].map((points) => ({ points, dimension: 1 }));
  const effect = await transportOnLine({ p: 1 }).value(x, y, { signal });
  return { effect, ...(scale.scale > 0 && { deviations: effect / scale.scale }), numbers };
}

/** The numbers of a column in order, and what tells of both tables' in short. */
function* inShort(
  sorted: Float64Array,
  now: CodedCells,
): Task<{ values: Float64Array; numbers: ColumnDrift['numbers'] }> {
  const values = yield* sortedValues(now.column);
  yield* pause();
  const reference = summarize(sorted);
  yield* pause();
  const current = summarize(values);
  yield* pause();
  return { values, numbers: { reference, current, histogram: histogramOf(sorted, values) } };
}

function ofCategories(
  { levels, column }: ReferenceColumn,
  now: CodedCells,
): Pick<ColumnDrift, 'effect' | 'categories'> {
  const names = [...levels, ...now.unseen];
  const [reference, current] = [column, now.column].map((each) => sharesOf(each, names.length));
  const categories = names.map((name, code) => ({
    name,
    reference: reference[code],
    current: current[code],
    unseen: code >= levels.length,
  }));
  const present = [reference, current].every((shares) => shares.some((share) => share > 0));
  const effect = categories.reduce(
    (sum, { reference: before, current: after }) => sum + Math.abs(before - after) / 2,
    0,
  );
  return { ...(present && { effect }), categories };
}

/** Whether all columns are compared together too. */
const isJoint = (reference: Reference, pair: Pair): boolean =>
  pair.columns.length > 1 && reference.jointRows.length > 0 && pair.jointRows.length > 0;

/** All columns together; undefined where there is one column alone, or no row that can be compared. */
async function driftOfAll(
  reference: Reference,
  pair: Pair,
  options: DriftOptions,
  run: Run & Pick<CallOptions, 'onProgress'>,
): Promise<JointDrift | undefined> {
  if (!isJoint(reference, pair)) return undefined;
  const { points, dimension } = encodeRows(
    pair.columns.map(({ before, now }) =>
      joined(pickRows(before.column, reference.jointRows), pickRows(now.column, pair.jointRows)),
    ),
    run.standardize,
  );
  const split = reference.jointRows.length * dimension;
  const [x, y] = [points.subarray(0, split), points.subarray(split)].map((side) => ({ points: side, dimension }));
  return jointly(x, y, pair.jointRows, options, {
    ...run,
    permutations: options.permutations ?? jointShuffles(run.leastP),
  });
}
