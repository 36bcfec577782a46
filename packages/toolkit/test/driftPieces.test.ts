import { runSync } from '@sinkhorn/core';
import { expect, it } from 'vitest';
import { kindOf } from '../src/drift/cells.js';
import { codeColumn, levelsOf } from '../src/drift/codedColumn.js';
import { looksLikeIdentifierChunked } from '../src/drift/looksLikeIdentifier.js';
import { columnsOf } from '../src/drift/table.js';

/** More rows than are looked at in one piece. */
const ROWS = 50_000;
const cells = (last: unknown) => Array.from({ length: ROWS }, (_, row) => (row === ROWS - 1 ? last : row % 7));

it('all rows of many decide what a column is, also those of the last piece', () => {
  expect(runSync(kindOf(cells(3)))).toEqual({ kind: 'number', reading: 'point' });
  expect(runSync(kindOf(cells('x'))).kind).toBe('category');
  expect(runSync(levelsOf(cells('x'), 'category')).at(-1)).toBe('x');
  expect(runSync(levelsOf(cells('x'), 'category'))).toHaveLength(8);
  const { column, unreadable } = runSync(
    codeColumn(cells('x'), { name: 'a', kind: 'number', reading: 'point', levels: [] }),
  );
  expect(unreadable).toEqual({ count: 1, row: ROWS - 1, cell: 'x' });
  expect(column.type === 'numbers' && [column.values[ROWS - 2], column.values[ROWS - 1]]).toEqual([
    (ROWS - 2) % 7,
    Number.NaN,
  ]);
  const counting = Array.from({ length: ROWS }, (_, row) => row);
  expect(runSync(looksLikeIdentifierChunked('place', 'number', counting))).toBe('it counts the rows');
  expect(runSync(looksLikeIdentifierChunked('place', 'number', counting.with(-1, 5)))).toBeUndefined();
  expect(runSync(looksLikeIdentifierChunked('place', 'number', counting.with(-1, 0.5)))).toBeUndefined();
  const { cells: columns } = runSync(
    columnsOf(
      'reference',
      counting.map((a) => (a === ROWS - 1 ? { a, b: 1 } : { a })),
    ),
  );
  expect([columns.get('a')?.[ROWS - 1], columns.get('b')?.[ROWS - 1]]).toEqual([ROWS - 1, 1]);
});
