/** What the cells of a column are. Dates are compared as days. */
export type ColumnKind = 'number' | 'boolean' | 'category' | 'date';

/** All of them. */
export const columnKinds: readonly ColumnKind[] = ['number', 'boolean', 'category', 'date'];
