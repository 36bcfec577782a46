import { expressionKey, SinkhornError } from '@sinkhorn/core';
import type { Subject } from '../conformanceTest.js';
import { check, checkClose } from './check.js';
import { type HostReduction, runReduction } from './hostReduction.js';
import { type NaiveReduction, type NaiveRow, naiveReduction } from './naiveReduction.js';
import { fingerprint } from './oracle.js';
import { reductionText } from './reductionText.js';

/** With more pairs than this, rows are looked at here and there: the first and last ones, and around sizes of tiles. */
const ALL_PAIRS = 1000;

function rowsToCheck(rows: number, columns: number, everyRow: boolean): number[] {
  if (everyRow || rows * columns <= ALL_PAIRS) return Array.from({ length: rows }, (_, row) => row);
  const some = [0, 31, 32, 63, 64, 255, 256, Math.floor(rows / 2), rows - 2, rows - 1];
  return [...new Set(some)].filter((row) => row >= 0 && row < rows);
}

/**
 * Runs a reduction on the backend, and holds the size of its results and their rows to the definition. `names` says what each
 * component of the main result is, and those without one are skipped; without `everyRow` some rows of large problems are looked at.
 */
export async function checkReduction(
  subject: Subject,
  label: string,
  reduction: HostReduction,
  options: CheckOptions = {},
): Promise<void> {
  try {
    await checkRows(subject, label, reduction, options);
  } catch (error) {
    // What the library throws on purpose says by itself what is wrong, and tests look at its class.
    if (error instanceof SinkhornError || !(error instanceof Error)) throw error;
    throw new Error(`${error.message}\n${reductionText(reduction)}`, { cause: error });
  }
}

interface CheckOptions {
  readonly names?: readonly (string | undefined)[];
  readonly everyRow?: boolean;
}

async function checkRows(
  { backend, tolerances, recall }: Subject,
  label: string,
  reduction: HostReduction,
  { names, everyRow = false }: CheckOptions,
): Promise<void> {
  const naive = naiveReduction(reduction);
  const { batch, rows, columns, resultSize } = naive.resolved;
  const results = await runReduction(backend, reduction);
  const sizes = reduction.kind === 'softmaxMean' || reduction.kind === 'min' ? [resultSize, 1] : [resultSize];
  const lengths = sizes.map((size) => batch * rows * size);
  check(
    results.map(({ length }) => length).join() === lengths.join(),
    `${label}: results of lengths ${results.map(({ length }) => length)} instead of ${lengths}`,
  );
  const places = Array.from({ length: batch }, (_, element) =>
    rowsToCheck(rows, columns, everyRow).map((row) => ({ element, row })),
  ).flat();
  const truth = await recall(keyOf(reduction), () =>
    places.flatMap(({ element, row }) => listsOf(naive.estimatedRow(element, row))),
  );
  const [main, second] = results;
  places.forEach(({ element, row }, place) => {
    const where = `${label}, ${batch > 1 ? `element ${element}, ` : ''}row ${row}`;
    const expected = rowOf(truth.slice(place * LISTS, (place + 1) * LISTS));
    const at = element * rows + row;
    const allowed = Float64Array.from(expected.main.errors, (error) => tolerances.reduction * error);
    const found = main.subarray(at * resultSize, (at + 1) * resultSize);
    if (reduction.finish) checkFinished(where, reduction, element, row, found, expected, allowed);
    if (!names) checkClose(where, found, expected.main.values, allowed);
    names?.forEach((name, c) => {
      if (name !== undefined) checkClose(`${where}, ${name}`, [found[c]], [expected.main.values[c]], allowed[c]);
    });
    if (!expected.second) return;
    if (reduction.kind === 'min') {
      checkIndex(`${where}, index`, naive, element, row, second[at], expected, tolerances.reduction);
    } else {
      const limit = tolerances.reduction * expected.second.errors[0];
      checkClose(`${where}, log-sum-exp`, [second[at]], expected.second.values, limit);
    }
  });
}

/** Says so where a result is not what it must be but what it is before `finish`. */
function checkFinished(
  label: string,
  reduction: HostReduction,
  element: number,
  row: number,
  found: ArrayLike<number>,
  { main: { values } }: NaiveRow,
  allowed: ArrayLike<number>,
): void {
  const isNear = (expected: ArrayLike<number>) =>
    expected.length === found.length &&
    Array.from(expected).every((value, c) => value === found[c] || Math.abs(value - found[c]) <= allowed[c]);
  if (isNear(values)) return;
  const { main: unfinished } = naiveReduction({ ...reduction, finish: undefined }).row(element, row);
  check(
    !isNear(unfinished),
    `${label}: the finish is ignored, this is the result before it: ${unfinished.slice(0, 3)}`,
  );
}

/** How many lists of numbers a row is kept as. */
const LISTS = 5;
const listsOf = ({ main, second, least }: NaiveRow): ArrayLike<number>[] => [
  main.values,
  main.errors,
  second?.values ?? [],
  second?.errors ?? [],
  least ? [least.value, least.error] : [],
];
const rowOf = ([values, errors, second, secondErrors, least]: readonly ArrayLike<number>[]): NaiveRow => ({
  main: { values, errors },
  second: second.length > 0 ? { values: second, errors: secondErrors } : undefined,
  least: least.length > 0 ? { value: least[0], error: least[1] } : undefined,
});

/** All that decides the result of a reduction. */
function keyOf({ kind, score, value, finish, rows, columns, parameters, blocks }: HostReduction): string {
  const formulas = [score, value, finish].map((formula) => (formula ? expressionKey(formula) : ''));
  const arrays = [rows, columns].flatMap((side) =>
    Object.entries(side).flatMap(([name, { shape, values }]) => [name, shape, values]),
  );
  const pattern = blocks ? [blocks.rowStarts, blocks.columnStarts, blocks.offsets, blocks.columnBlocks] : [];
  return `reduction ${fingerprint(kind, ...formulas, JSON.stringify(parameters), ...arrays, ...pattern)}`;
}

/** The index of a minimum is right where its score is the least one, or as near to it as rounding can tell. */
function checkIndex(
  label: string,
  naive: NaiveReduction,
  element: number,
  row: number,
  index: number,
  { second, least }: NaiveRow,
  tolerance: number,
): void {
  if (index === second?.values[0]) return;
  const score = naive.score(element, row, index);
  const near = score !== undefined && least !== undefined && score - least.value <= 2 * tolerance * least.error;
  check(near, `${label} is ${index} instead of ${second?.values[0]}, with score ${score} instead of ${least?.value}`);
}
