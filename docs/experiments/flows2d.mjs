/**
 * Two-dimensional gradient flows (Feydy et al. 2019, section 4) between drawn densities, 500 points each.
 *
 * Run it after `pnpm run build`, for all pairs of densities or for those named:
 * node docs/experiments/flows2d.mjs moons slopes crescents
 * With --figures it runs the losses that the figures show, a third of them, and leaves the tables as they are.
 */
import * as Plot from '@observablehq/plot';
import { sinkhornDivergence, wasm } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { DENSITIES } from './support/densities.mjs';
import { flow, SNAPSHOTS } from './support/flow.mjs';
import { paperLosses } from './support/paperLosses.mjs';
import { drawFrom } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const COUNT = 500;
const LENGTHS = [0.01, 0.05, 0.1, 0.5, 1];
const KERNEL_LENGTHS = [0.01, 0.05, 0.1, 0.5, 1, 100];

const backend = await wasm({ threads: 1 });
const losses = paperLosses(backend, { lengths: LENGTHS, kernelLengths: KERNEL_LENGTHS });
// Of how far a state is from its target: near the distance of optimal transport, root mean square.
const yardstick = sinkhornDivergence({ backend, blur: 0.02 });
const names = process.argv.slice(2).filter((name) => name !== '--figures');
const onlyFigures = process.argv.includes('--figures');
for (const name of names.length > 0 ? names : Object.keys(DENSITIES)) await runPair(name);
backend.dispose();

async function runPair(name) {
  const density = DENSITIES[name];
  if (!density) throw new Error(`There is no pair '${name}': ${Object.keys(DENSITIES).join(', ')}.`);
  const from = drawFrom(COUNT, density.from, 1);
  const to = drawFrom(COUNT, density.to, 2);
  const runs = [];
  for (const paperLoss of losses) {
    if (onlyFigures && !isAtTenth(paperLoss) && !isSquaredSinkhorn(paperLoss)) continue;
    const result = await flow(paperLoss, from, { points: to, dimension: 2 });
    const distances = [];
    for (const points of result.snapshots) {
      const value = await yardstick.value({ points, dimension: 2 }, { points: to, dimension: 2 });
      distances.push(Math.sqrt(Math.max(0, 2 * value)));
    }
    runs.push({ ...paperLoss, ...result, distances });
    console.log(`${name}: ${paperLoss.group} ${paperLoss.parameter}: ${distances.map(digits).join(' ')}`);
  }
  if (!onlyFigures) {
    await writeTable(
      `flows-2d-${name}`,
      ['loss', 'parameter', ...SNAPSHOTS.map((step) => `distance after ${step}`)],
      runs.map(({ group, parameter, distances, converged }) => [
        converged ? group : `${group} (not converged)`,
        parameter,
        ...distances.map(digits),
      ]),
    );
  }
  const byLoss = runs.filter(isAtTenth);
  await writeFigure(
    `flows-2d-${name}`,
    draw(byLoss, to, ({ group }) => group, `${density.title}, every loss at the length .1`),
    drawNarrow(byLoss, to, ({ group }) => group, density.title),
  );
  const byTemperature = runs.filter(isSquaredSinkhorn);
  await writeFigure(
    `flows-2d-${name}-sinkhorn`,
    draw(byTemperature, to, ({ parameter }) => parameter, `${density.title}, Sinkhorn divergence, p = 2`),
    drawNarrow(byTemperature, to, ({ parameter }) => parameter, `${density.title}, p = 2`),
  );
}

function isAtTenth({ parameter }) {
  return ['', 'σ = 0.1', 'ε = 0.1', 'ε = 0.1²'].includes(parameter);
}

function isSquaredSinkhorn({ group }) {
  return group === 'Sinkhorn divergence, p = 2';
}

/** The states of some flows at some steps, in a panel for each. */
function panels(runs, to, rowOf, steps) {
  const states = runs.flatMap((one) =>
    steps.flatMap((step) =>
      dots(one.snapshots[SNAPSHOTS.indexOf(step)]).map((dot) => ({ ...dot, step, row: rowOf(one) })),
    ),
  );
  return [
    Plot.frame({ stroke: theme.line }),
    Plot.dot(dots(to), { x: 'x', y: 'y', render: asPath(theme.second, 2) }),
    Plot.dot(states, { x: 'x', y: 'y', fx: 'step', fy: 'row', render: asPath(theme.accent, 2.6) }),
  ];
}

const SQUARE = { x: { domain: [0, 1], axis: null }, y: { domain: [0, 1], axis: null } };

function draw(runs, to, rowOf, title) {
  return drawChart({
    title,
    subtitle: `${COUNT} points (orange) go down the gradient of the loss towards ${COUNT} others (blue); those outside the frame are not shown`,
    width: 1100,
    height: 130 + 150 * runs.length,
    plot: {
      ...SQUARE,
      marginRight: 190,
      fx: { label: 'step', tickFormat: (step) => `${step}` },
      fy: { label: null, domain: runs.map(rowOf), axis: 'right' },
      marks: panels(runs, to, rowOf, SNAPSHOTS),
    },
  });
}

/** Three of the steps, and what a row shows above it: for phones. */
function drawNarrow(runs, to, rowOf, title) {
  const steps = [SNAPSHOTS[0], SNAPSHOTS[2], SNAPSHOTS[4]];
  const rows = runs.map((one) => ({ row: rowOf(one), step: steps[0] }));
  return drawChart({
    title,
    subtitle: 'Orange points flow to the blue ones',
    width: 400,
    height: 150 + 140 * runs.length,
    plot: {
      ...SQUARE,
      marginRight: 16,
      fx: { label: 'step', tickFormat: (step) => `${step}`, padding: 0.06 },
      fy: { axis: null, domain: runs.map(rowOf), padding: 0.24 },
      marks: [
        ...panels(runs, to, rowOf, steps),
        Plot.text(rows, { text: 'row', fx: 'step', fy: 'row', frameAnchor: 'top-left', textAnchor: 'start', dy: -16 }),
      ],
    },
  });
}

/** All dots of a facet as one path of lines without length and with round ends: a fraction of what circles take. */
function asPath(colour, width) {
  return (index, _scales, { x, y }, _dimensions, { document }) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    const attributes = { fill: 'none', stroke: colour, 'stroke-width': width, 'stroke-linecap': 'round' };
    for (const [name, value] of Object.entries(attributes)) path.setAttribute(name, String(value));
    path.setAttribute('d', Array.from(index, (i) => `M${x[i].toFixed(1)} ${y[i].toFixed(1)}h0`).join(''));
    return path;
  };
}

/** Those inside the frame: kernels push some points far out. */
function dots(points) {
  return Array.from({ length: points.length / 2 }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1] })).filter(
    ({ x, y }) => x >= 0 && x <= 1 && y >= 0 && y <= 1,
  );
}
