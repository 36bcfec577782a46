import { markdownTable } from 'markdown-table';
import { format } from './format.js';
import type { Machine } from './machine.js';
import type { Result } from './results.js';
import type { Table } from './table.js';

const INTRODUCTION = `# Benchmarks

Written by \`pnpm bench\`; \`pnpm bench <name>\` runs one again, and \`pnpm bench --help\` lists them.

- A **reduction** is one pass over all pairs of points: what solvers spend their time on.
- The **marginal error** says how far a solution is from one: the L1 distance between a marginal of its plan and the
  weights it should have, per unit of mass.
- **Peak memory** is the most that the process of a row held, above one that imports the same and runs nothing. Rows
  that share a process share its peak.
- **Sphere, cube** are points on a sphere and all over a cube, as many of each, in three dimensions. They come from a
  counter-based generator that any language can follow, so figures for other libraries on the very same points can stand
  beside these.
- The **other problems**: two Gaussians at a distance of 10 deviations and more; four tight clusters holding 40, 30, 20
  and 10 % of one cloud and 10, 20, 30 and 40 % of the other, so that mass must change clusters; two draws from one
  cube. p = 2, blur .05 and no reach unless a name says otherwise.
- **cpu** is the float64 reference on one thread; **wasm** is the backend on WebAssembly SIMD, in float32 and on all cores
  unless said otherwise.
- Times are medians. Ratios compare what ran in turn, in the same process.
`;

/** Results as a page of their own. */
export const markdown = (results: readonly Result[]): string => [INTRODUCTION, ...results.map(section)].join('\n');

function section({ name, title, machine, baseline, seconds, tables }: Result): string {
  const where = `\`pnpm bench ${name}\`: ${Math.round(seconds)} s on ${describe(machine)}. A process that only imports peaks at ${format(baseline.importing, 'tenths')} MB, Node alone at ${format(baseline.empty, 'tenths')} MB.`;
  return [`## ${title}`, where, ...tables.flatMap(tableBlocks)].join('\n\n').concat('\n');
}

const describe = ({ processor, cores, memory, system, node }: Machine): string =>
  `${processor}, ${cores} cores, ${memory} GB, ${system}, Node ${node}`;

function tableBlocks({ title, text, columns, rows }: Table): string[] {
  const cells = rows.map((row) => columns.map((column) => format(row[column.key], column.format)));
  return [
    `### ${title}`,
    text,
    markdownTable([columns.map((column) => column.title), ...cells], {
      align: columns.map((column) => (column.format === 'text' ? 'left' : 'right')),
    }),
  ];
}
