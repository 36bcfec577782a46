/**
 * One-dimensional gradient flows (Feydy et al. 2019, section 4), uniform on [0, .2] to uniform on [.6, 1].
 *
 * Run it after `pnpm run build`: it takes some twenty minutes on two cores, or as many runs as you like, as each goes on from the
 * flows that those before it left in results/flows-1d.json. Delete that, or flows in it, to have them computed again.
 * Arguments are what losses' names have to hold (any of them; all losses where absent):
 * node docs/experiments/flows1d.mjs Energy Laplacian 'ε = 0.1'
 */
import { readFile, writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { wasm } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { flow, SNAPSHOTS } from './support/flow.mjs';
import { paperLosses } from './support/paperLosses.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const LENGTHS = [0.01, 0.05, 0.1, 0.5];
const KERNEL_LENGTHS = [...LENGTHS, 100];
/** Points a side. */
const COUNT = 5000;
/** Densities are drawn in so many bins of [-.1, 1.1]; what is higher than the frame is cut. */
const BINS = { count: 60, low: -0.1, width: 0.02, highest: 8 };
/** The states that a picture for phones has. */
const ON_PHONES = [0, 50, 500];

const wanted = process.argv.slice(2);
const file = new URL('results/flows-1d.json', import.meta.url);

/**
 * Of each flow: densities and distances to the target at the snapshots, and the loss's own first and last value.
 * @typedef {{ group: string, parameter: string, converged: boolean, distances: number[], values: number[], densities: number[][] }} Run
 */
/** @type {Run[]} */
const stored = await readFile(file, 'utf8').then(JSON.parse, () => []);

const backend = await wasm();
const losses = paperLosses(backend, {
  lengths: LENGTHS,
  kernelLengths: KERNEL_LENGTHS,
  // On a line sums of the energy distance and of the Laplacian kernel are exact in N log N operations.
  lineKernels: 'multiscale',
  cells: 'multiscale',
});
const nameOf = ({ group, parameter }) => (parameter ? `${group}, ${parameter}` : group);
const storedOf = (paperLoss) => stored.find((one) => nameOf(one) === nameOf(paperLoss));
const began = performance.now();
for (const paperLoss of losses) {
  const name = nameOf(paperLoss);
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  if (storedOf(paperLoss)) continue;
  const result = await run(paperLoss);
  stored.push(result);
  await writeFile(file, `${JSON.stringify(stored)}\n`);
  console.log(
    `${name}: ${result.distances.map(digits).join(' ')}, ${Math.round((performance.now() - began) / 1000)} s`,
  );
}
backend.dispose();

const runs = losses.map(storedOf).filter((one) => one !== undefined);
await writeTable(
  'flows-1d',
  ['loss', 'parameter', ...SNAPSHOTS.slice(1).map((step) => `after ${step}`), 'value: start', 'value: end'],
  runs.map((one) => [
    one.converged ? one.group : `${one.group} (not converged)`,
    one.parameter,
    ...one.distances.slice(1).map(digits),
    ...one.values.map(digits),
  ]),
);
for (const group of new Set(runs.map((one) => one.group))) {
  const name = `flows-1d-${group.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  const rows = runs.filter((one) => one.group === group);
  const labelOf = ({ parameter }) => parameter;
  await writeFigure(name, draw(group, rows, labelOf), draw(group, rows, labelOf, 'phone'));
}

/** @returns {Promise<Run>} */
async function run(paperLoss) {
  const { group, parameter } = paperLoss;
  const from = uniformOn(COUNT, 0, 0.2);
  const to = uniformOn(COUNT, 0.6, 1);
  const { snapshots, values, converged } = await flow(paperLoss, from, { points: to, dimension: 1 });
  const distances = snapshots.map((points) => wasserstein(points, to));
  const ends = [values[0], values[values.length - 1]];
  return { group, parameter, converged, distances, values: ends, densities: snapshots.map(densityOf) };
}

/** To four digits: it is drawn, and no more. */
function densityOf(points) {
  const density = new Array(BINS.count).fill(0);
  for (const value of points) {
    const bin = Math.floor((value - BINS.low) / BINS.width);
    if (bin >= 0 && bin < BINS.count) density[bin] += 1 / (points.length * BINS.width);
  }
  return density.map((height) => Number(height.toPrecision(4)));
}

/** The middles of `count` equal parts of an interval. */
function uniformOn(count, low, high) {
  return Float64Array.from({ length: count }, (_, k) => low + ((high - low) * (k + 0.5)) / count);
}

/** The exact Wasserstein-1 distance of equally many points of a line: sorted, they are matched in order. */
function wasserstein(x, y) {
  const [a, b] = [x.toSorted(), y.toSorted()];
  return a.reduce((total, value, k) => total + Math.abs(value - b[k]), 0) / a.length;
}

/** @param {'page' | 'phone'} [place] - On a phone there is room for some of the states. */
function draw(title, rows, labelOf, place = 'page') {
  const { low, width, highest } = BINS;
  const isNarrow = place === 'phone';
  const densities = rows.flatMap((row) =>
    row.densities.flatMap((density, index) =>
      (isNarrow && !ON_PHONES.includes(SNAPSHOTS[index]) ? [] : density).map((height, bin) => ({
        at: low + (bin + 0.5) * width,
        density: Math.min(height, highest),
        step: SNAPSHOTS[index],
        row: labelOf(row),
      })),
    ),
  );
  const target = [0.6, 0.6, 1, 1].map((at, k) => ({ at, density: k % 3 ? 2.5 : 0 }));
  // On a phone there is no room for both on one line.
  const [loss, power] = title.split(', ');
  return drawChart({
    title: isNarrow ? loss : title,
    subtitle: isNarrow
      ? `${power ? `${power}: d` : 'D'}ensity on the way to the outline`
      : `Density of ${COUNT} points on their way from [0, .2] to the uniform law on [.6, 1] (outlined)`,
    width: isNarrow ? 400 : 960,
    height: 130 + (isNarrow ? 85 : 105) * rows.length,
    plot: {
      marginLeft: isNarrow ? 8 : 60,
      marginRight: isNarrow ? 62 : 70,
      x: { domain: [low, low + BINS.count * width], label: null, ticks: isNarrow ? [0, 1] : [0, 0.5, 1] },
      y: { domain: [0, highest], axis: null },
      // A label of the axis would lie on the middle tick's.
      fx: { label: null, tickFormat: (step) => `step ${step}` },
      fy: { label: null, domain: rows.map(labelOf), axis: 'right' },
      marks: [
        Plot.frame({ stroke: theme.line }),
        Plot.areaY(densities, { x: 'at', y: 'density', fx: 'step', fy: 'row', curve: 'step', fill: theme.accent }),
        Plot.lineY(target, { x: 'at', y: 'density', stroke: theme.second, strokeWidth: 1.5 }),
      ],
    },
  });
}
