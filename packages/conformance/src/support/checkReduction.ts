import type { Subject } from '../conformanceTest.js';
import { check, checkClose } from './check.js';
import { type HostReduction, runReduction } from './hostReduction.js';
import { type NaiveReduction, type NaiveRow, naiveReduction } from './naiveReduction.js';

/** With more pairs than this, rows are looked at here and there: the first and last ones, and around sizes of tiles. */
const ALL_PAIRS = 1000;

function rowsToCheck(rows: number, columns: number): number[] {
  if (rows * columns <= ALL_PAIRS) return Array.from({ length: rows }, (_, row) => row);
  const some = [0, 31, 32, 63, 64, 255, 256, Math.floor(rows / 2), rows - 2, rows - 1];
  return [...new Set(some)].filter((row) => row >= 0 && row < rows);
}

/** Runs a reduction on the backend, and holds the size of its results and their rows to the definition. */
export async function checkReduction(
  { backend, tolerances }: Subject,
  label: string,
  reduction: HostReduction,
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
  const [main, second] = results;
  for (let element = 0; element < batch; element++) {
    for (const row of rowsToCheck(rows, columns)) {
      const where = `${label}, ${batch > 1 ? `element ${element}, ` : ''}row ${row}`;
      const expected = naive.estimatedRow(element, row);
      const at = element * rows + row;
      const allowed = Float64Array.from(expected.main.errors, (error) => tolerances.reduction * error);
      checkClose(where, main.subarray(at * resultSize, (at + 1) * resultSize), expected.main.values, allowed);
      if (!expected.second) continue;
      if (reduction.kind === 'min') {
        checkIndex(`${where}, index`, naive, element, row, second[at], expected, tolerances.reduction);
      } else {
        const limit = tolerances.reduction * expected.second.errors[0];
        checkClose(`${where}, log-sum-exp`, [second[at]], expected.second.values, limit);
      }
    }
  }
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
