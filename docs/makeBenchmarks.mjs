/**
 * Draws docs/benchmarks.svg from the tables of packages/bench/results/RESULTS.md: time against the number of points; and
 * docs/benchmarks-narrow.svg, the same for phones.
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

/**
 * POT's `emd2` on two cores of the same kind: exact transport between the same points with the matrix of costs at hand, whose time is not
 * counted. It is another number than a divergence with a blur.
 */
const pot = [
  { points: 1000, seconds: 0.11 },
  { points: 2000, seconds: 0.59 },
  { points: 5000, seconds: 4.1 },
];

const dense = table("GeomLoss's schedule");
const cells = table("Beside GeomLoss's multiscale backend").filter((row) => row.clouds === 'sphere, cube');
/** Until the marginal errors are below 1e-3: gradients are then off by less than 1 %. */
const converged = [
  ...table('Time to a good gradient'),
  ...table('Large clouds').filter((row) => row.clouds === 'sphere, cube' && row.until === '1e-3'),
];
const tensors = table('The divergence against tensor libraries').filter(({ against }) => against.includes('tfjs'));
const series = (name, rows, column) =>
  rows
    .filter((row) => /\d/.test(row[column]))
    .map((row) => ({ name, points: number(row['N = M']), seconds: number(row[column]) }));
const data = [
  ...series('sinkhorn, all pairs', dense, 'seconds'),
  ...series('sinkhorn, cells', cells, 'seconds'),
  ...series('sinkhorn, converged', converged, 'seconds'),
  ...series('GeomLoss, online', dense, 'online'),
  ...series('GeomLoss, multiscale', cells, 'GeomLoss'),
  ...series('TensorFlow.js, by hand', tensors, 'their seconds'),
  ...pot.map((row) => ({ name: 'POT, exact', ...row })),
];
const colours = {
  'sinkhorn, all pairs': theme.accent,
  'sinkhorn, cells': theme.accent,
  'sinkhorn, converged': theme.accent,
  'GeomLoss, online': theme.second,
  'GeomLoss, multiscale': theme.second,
  'TensorFlow.js, by hand': theme.muted,
  'POT, exact': theme.muted,
};
const dashed = ['sinkhorn, cells', 'GeomLoss, multiscale', 'POT, exact'];
const thick = ['sinkhorn, converged'];
const ends = Object.keys(colours).map((name) => data.findLast((row) => row.name === name));
const common = { x: 'points', y: 'seconds', stroke: ({ name }) => colours[name], z: 'name' };
const lines = [
  Plot.line(
    data.filter(({ name }) => !dashed.includes(name) && !thick.includes(name)),
    { ...common, strokeWidth: 2.5 },
  ),
  Plot.line(
    data.filter(({ name }) => thick.includes(name)),
    { ...common, strokeWidth: 5, strokeOpacity: 0.55 },
  ),
  Plot.line(
    data.filter(({ name }) => dashed.includes(name)),
    { ...common, strokeWidth: 2.5, strokeDasharray: '7 4' },
  ),
  Plot.dot(data, { x: 'points', y: 'seconds', r: 4, fill: ({ name }) => colours[name] }),
];
const named = (end, place) =>
  Plot.text([end], {
    x: 'points',
    y: 'seconds',
    text: ({ name, short = name }) => short,
    fontSize: 14,
    fill: colours[end.name],
    stroke: theme.background,
    strokeWidth: 4,
    ...place,
  });

await draw('benchmarks.svg', {
  title: 'Seconds for a value and a gradient',
  subtitle: "Sphere against cube, two CPU cores; by GeomLoss's schedule but for POT and 'converged'",
  width: 900,
  height: 480,
  marginRight: 190,
  names: ends.map((end) =>
    // Where a curve ends inside the picture its name is on the left, away from the next one.
    named(end, {
      textAnchor: 'start',
      dx: 10,
      ...(end.name.startsWith('TensorFlow') && { textAnchor: 'end', dx: -12, dy: -6 }),
      // These two end next to each other.
      ...(end.name === 'sinkhorn, converged' && { dy: -5 }),
      ...(end.name === 'sinkhorn, cells' && { dy: 7 }),
    }),
  ),
});
const firsts = Object.fromEntries(Object.keys(colours).map((name) => [name, data.find((row) => row.name === name)]));
const lasts = Object.fromEntries(ends.map((end) => [end.name, end]));
await draw('benchmarks-narrow.svg', {
  title: 'Seconds, with gradient',
  subtitle: "By GeomLoss's schedule, or converged",
  width: 380,
  height: 520,
  marginRight: 16,
  // There is no room to the right of the ends: each name stands where nothing else does.
  names: [
    named(firsts['sinkhorn, all pairs'], { textAnchor: 'start', dx: 14 }),
    named(firsts['sinkhorn, cells'], { textAnchor: 'start', dx: -4, dy: 18 }),
    named({ ...lasts['sinkhorn, converged'], short: 'converged' }, { textAnchor: 'end', dx: 8, dy: -14 }),
    named({ ...lasts['GeomLoss, online'], short: 'online' }, { textAnchor: 'start', dx: 10 }),
    named({ ...lasts['POT, exact'], short: 'POT' }, { textAnchor: 'start', dx: 8 }),
    named(lasts['GeomLoss, multiscale'], { textAnchor: 'end', dx: -12, dy: -4 }),
    named(lasts['TensorFlow.js, by hand'], { textAnchor: 'end', dx: -10, dy: 2 }),
  ],
});

/** Draws the curves with their names. */
async function draw(file, { marginRight, names, ...card }) {
  const svg = drawChart({
    ...card,
    plot: {
      marginRight,
      x: { type: 'log', label: 'points a side', grid: true, tickFormat: '~s' },
      y: { type: 'log', label: 'seconds', grid: true, tickFormat: '~r' },
      marks: [...lines, ...names],
    },
  });
  await writeFile(new URL(file, import.meta.url), inBothThemes(svg));
}
