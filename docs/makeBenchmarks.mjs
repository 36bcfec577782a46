/**
 * Draws docs/benchmarks.svg from the tables of packages/bench/results/RESULTS.md: time against the number of points.
 *
 * Run it after `pnpm run build` and `pnpm bench`: node docs/makeBenchmarks.mjs
 */
import { readFile, writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { drawChart } from '../packages/cli/dist/plots/chart.js';
import { theme } from '../packages/cli/dist/plots/theme.js';
import { inBothThemes } from './images/inBothThemes.mjs';

const results = await readFile(new URL('../packages/bench/results/RESULTS.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, by their columns' names; of two of a name the first counts. */
function table(heading) {
  const start = results.indexOf(`\n### ${heading}\n`);
  if (start < 0) throw new Error(`RESULTS.md has no table '${heading}'`);
  const end = results.indexOf('\n#', start + 2);
  const lines = results.slice(start, end).split('\n');
  const [head, , ...body] = lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return body.map((cells) => Object.fromEntries(head.map((name, k) => [name, cells[k]]).reverse()));
}
const number = (text) => Number(text.replaceAll(',', ''));

const dense = table("GeomLoss's schedule");
const cells = table("Beside GeomLoss's multiscale backend").filter((row) => row.clouds === 'sphere, cube');
const tensors = table('The divergence against tensor libraries').filter(({ against }) => against.includes('tfjs'));
const series = (name, rows, column) =>
  rows
    .filter((row) => /\d/.test(row[column]))
    .map((row) => ({ name, points: number(row['N = M']), seconds: number(row[column]) }));
const data = [
  ...series('sinkhorn, all pairs', dense, 'seconds'),
  ...series('sinkhorn, cells', cells, 'seconds'),
  ...series('GeomLoss, online', dense, 'online'),
  ...series('GeomLoss, multiscale', cells, 'GeomLoss'),
  ...series('TensorFlow.js, by hand', tensors, 'their seconds'),
];
const colours = {
  'sinkhorn, all pairs': theme.accent,
  'sinkhorn, cells': theme.accent,
  'GeomLoss, online': theme.second,
  'GeomLoss, multiscale': theme.second,
  'TensorFlow.js, by hand': theme.muted,
};
const dashed = ['sinkhorn, cells', 'GeomLoss, multiscale'];
const ends = Object.keys(colours).map((name) => data.findLast((row) => row.name === name));
const common = { x: 'points', y: 'seconds', stroke: ({ name }) => colours[name], z: 'name' };
const svg = drawChart({
  title: 'Seconds for a value and a gradient',
  subtitle: "Sphere against cube in three dimensions, blur 0.05, GeomLoss's schedule in all, two CPU cores",
  width: 900,
  height: 480,
  plot: {
    marginRight: 190,
    x: { type: 'log', label: 'points a side', grid: true, tickFormat: ',' },
    y: { type: 'log', label: 'seconds', grid: true, tickFormat: '~r' },
    marks: [
      Plot.line(
        data.filter(({ name }) => !dashed.includes(name)),
        { ...common, strokeWidth: 2.5 },
      ),
      Plot.line(
        data.filter(({ name }) => dashed.includes(name)),
        { ...common, strokeWidth: 2.5, strokeDasharray: '7 4' },
      ),
      Plot.dot(data, { x: 'points', y: 'seconds', r: 4, fill: ({ name }) => colours[name] }),
      ...ends.map((end) => {
        // Where a curve ends inside the picture its name is on the left, away from the next one.
        const left = end.name.startsWith('TensorFlow');
        const place = left ? { textAnchor: 'end', dx: -12, dy: -6 } : { textAnchor: 'start', dx: 10 };
        return Plot.text([end], { x: 'points', y: 'seconds', text: 'name', fontSize: 14, fill: theme.text, ...place });
      }),
    ],
  },
});
await writeFile(new URL('benchmarks.svg', import.meta.url), inBothThemes(svg));
