import { runSync, type Task } from '@sinkhorn/core';
import { rowsChunked } from '../rowsChunked.js';
import type { ColumnKind } from './columnKind.js';
import { isMissing } from './table.js';

/** With fewer rows than this nothing is known. */
const FEWEST_ROWS = 20;
/** Texts of which more than this share are all different name rows and not kinds of rows. */
const MOST_DISTINCT = 0.9;

const name = /(^|[\s_.-])(id|uuid|guid|key|index|row|rowid|rownum|no|nr|number)$|[a-z](Id|ID|Key|Index)$/i;

/**
 * Why a column seems to name rows rather than to describe them, or undefined: text that hardly ever repeats, or whole numbers that
 * never do and either count on from row to row or have a name such as `id`. `drift` leaves such columns out.
 *
 * @param cells - One a row: numbers, or text; `undefined`, NaN and empty text are missing. With fewer than 20 nothing is known.
 * @param kind - What the cells are. Default: numbers.
 *
 * @example
 * ```ts
 * import { looksLikeIdentifier } from 'sinkhorn/toolkit';
 *
 * const places = Array.from({ length: 30 }, (_, row) => 1000 + row);
 * if (looksLikeIdentifier('place', places) !== 'it counts the rows') throw new Error('unexpected');
 * if (looksLikeIdentifier('height', places.map((place) => place / 7)) !== undefined) throw new Error('unexpected');
 * ```
 */
export const looksLikeIdentifier = (
  column: string,
  cells: ArrayLike<unknown>,
  kind: 'number' | 'category' = 'number',
): string | undefined => runSync(looksLikeIdentifierChunked(column, kind, cells));

/** The same as a task, which can be interrupted where there are many rows; dates and booleans never name rows. */
export function* looksLikeIdentifierChunked(
  column: string,
  kind: ColumnKind,
  cells: ArrayLike<unknown>,
): Task<string | undefined> {
  if (kind !== 'category' && kind !== 'number') return undefined;
  const seen = new Set<string>();
  let [count, whole, counts] = [0, true, true];
  let last = Number.NaN;
  const look = (cell: unknown): void => {
    if (isMissing(cell, kind)) return;
    count++;
    seen.add(String(cell));
    const value = Number(cell);
    whole &&= Number.isInteger(value);
    counts &&= count === 1 || value === last + 1;
    last = value;
  };
  const isFraction = () => kind === 'number' && !whole;
  yield* rowsChunked(cells.length, (from, to) => {
    for (let row = from; row < to && !isFraction(); row++) look(cells[row]);
    return isFraction() ? 'done' : undefined;
  });
  if (isFraction()) return undefined;
  if (count < FEWEST_ROWS) return undefined;
  if (kind === 'category')
    return seen.size > MOST_DISTINCT * count ? 'nearly every row has a text of its own' : undefined;
  if (seen.size < count) return undefined;
  if (counts) return 'it counts the rows';
  return name.test(column) ? 'no two rows share a number' : undefined;
}
