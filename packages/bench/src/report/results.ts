import type { Machine } from './machine.js';
import type { Table } from './table.js';

/** Peak memory, in MB, of processes that measure nothing. */
export interface Baseline {
  /** One that imports what the rows' processes import: their peaks are above this. */
  readonly importing: number;
  /** One that does nothing at all: Node's own. */
  readonly empty: number;
}

/** What one benchmark gave. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly machine: Machine;
  readonly baseline: Baseline;
  /** How long the benchmark ran. */
  readonly seconds: number;
  readonly tables: readonly Table[];
}

/** New results in place of old ones of the same names, in the order of `names`. */
export function merge(old: readonly Result[], fresh: readonly Result[], names: readonly string[]): Result[] {
  const all = [...old.filter(({ name }) => !fresh.some((result) => result.name === name)), ...fresh];
  return all.filter(({ name }) => names.includes(name)).sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}
