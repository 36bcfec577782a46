import type { Task } from '@sinkhorn/core';
import type { ColumnKind } from './cells.js';
import { rowsChunked } from './rowsChunked.js';
import { isMissing } from './table.js';

/** With fewer rows than this nothing is known. */
const FEWEST_ROWS = 20;
/** Texts of which more than this share are all different name rows and not kinds of rows. */
const MOST_DISTINCT = 0.9;

const name = /(^|[\s_.-])(id|uuid|guid|key|index|row|rowid|rownum|no|nr|number)$|[a-z](Id|ID|Key|Index)$/i;

/**
 * Why a column seems to name rows rather than to describe them, or undefined: text that hardly ever repeats, or whole numbers that
 * never do and either count on from row to row or have a name such as `id`.
 */
export function* looksLikeIdentifier(
  column: string,
  kind: ColumnKind,
  cells: ArrayLike<unknown>,
): Task<string | undefined> {
  if (kind !== 'category' && kind !== 'number') return undefined;
  const seen = new Set<string>();
  let [count, whole, counts] = [0, true, true];
  let last = Number.NaN;
  const look = (cell: unknown): void => {
    if (isMissing(cell)) return;
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
