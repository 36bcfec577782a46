import { drawsFrom } from '@sinkhorn/core/random';
import type { ColumnDrift, Drift } from '../src/drift/index.js';

/** Numbers between 0 and 1. */
export const numbers = (seed: number) => {
  const draw = drawsFrom(seed);
  return () => (draw() + 0.5) / 2 ** 32;
};
export const normal = (next: () => number) => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
export const list = <Cell>(count: number, cell: (index: number) => Cell): Cell[] =>
  Array.from({ length: count }, (_, i) => cell(i));
export const columnOf = (found: Drift, name: string): ColumnDrift => {
  const column = found.columns.find((each) => each.name === name);
  if (!column) throw new Error(`no column ${name}`);
  return column;
};
