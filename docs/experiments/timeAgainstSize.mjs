/**
 * Time of values with gradients against the number of points (Feydy et al. 2019, section 4): D = 3, p = 1, eps = .1, on
 * every backend, as far as it goes in the time given to each.
 *
 * Run it after `pnpm run build`, on a quiet machine: node docs/experiments/timeAgainstSize.mjs
 */
import { cpus } from 'node:os';
import * as Plot from '@observablehq/plot';
import { cpu, energyDistance, hausdorffDivergence, sinkhornDivergence, wasm } from 'sinkhorn';
import { drawChart } from '../../packages/sinkhorn/dist/plots/chart.js';
import { theme } from '../../packages/sinkhorn/dist/plots/theme.js';
import { uniform } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const SIZES = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
const EPSILON = 0.1;
/** A size that would take longer is not tried: time grows with the square of it. */
const SECONDS = 8;

const rows = [];
for (const make of [cpu, wasm]) {
  const backend = await make();
  const losses = [
    ['energy distance', energyDistance({ backend })],
    ['Hausdorff divergence', hausdorffDivergence({ backend, p: 1, blur: EPSILON })],
    ['Sinkhorn divergence', sinkhornDivergence({ backend, p: 1, blur: EPSILON })],
  ];
  for (const [name, loss] of losses) {
    let last = 0;
    for (const [k, points] of SIZES.entries()) {
      if (k > 0 && last * (points / SIZES[k - 1]) ** 2 > SECONDS) break;
      const [x, y] = [cloud(points, 1), cloud(points, 2)];
      if (k === 0) await loss.valueAndGradients(x, y);
      const runs = last < 0.5 ? 5 : 1;
      const seconds = [];
      let strategy;
      for (let run = 0; run < runs; run++) {
        const started = performance.now();
        const { diagnostics } = await loss.valueAndGradients(x, y);
        seconds.push((performance.now() - started) / 1000);
        strategy = diagnostics.strategy;
      }
      last = seconds.toSorted((a, b) => a - b)[Math.floor(runs / 2)];
      rows.push({
        backend: backend.name,
        loss: name,
        series: `${backend.name}: ${name}`,
        points,
        seconds: last,
        strategy,
      });
      console.log(backend.name, name, points, last, strategy);
    }
  }
  backend.dispose();
}

const series = [...new Set(rows.map((row) => row.series))];
await writeTable(
  'time-against-size',
  ['N = M', ...series],
  SIZES.map((points) => [
    points.toLocaleString('en'),
    ...series.map((name) => {
      const row = rows.find((one) => one.series === name && one.points === points);
      return row ? `${digits(row.seconds)} s${row.strategy === 'multiscale' ? ', cells' : ''}` : '–';
    }),
  ]),
);
const svg = drawChart({
  title: 'Time against size',
  subtitle: `Value and gradient, D = 3, p = 1, ε = ${EPSILON}; ${cpus().length} cores, ${cpus()[0].model.trim()}`,
  height: 520,
  plot: {
    marginRight: 210,
    x: { type: 'log', label: 'N = M', grid: true },
    y: { type: 'log', label: 'seconds', grid: true },
    color: { domain: series, range: ['#f9a8d4', '#a5b4fc', '#fde68a', '#f472b6', theme.second, theme.accent] },
    marks: [
      Plot.lineY(rows, { x: 'points', y: 'seconds', stroke: 'series', strokeWidth: 2 }),
      Plot.dot(rows, { x: 'points', y: 'seconds', fill: 'series', r: 3 }),
      Plot.text(
        rows,
        Plot.selectLast({
          x: 'points',
          y: 'seconds',
          z: 'series',
          text: 'series',
          fill: 'series',
          textAnchor: 'start',
          dx: 8,
        }),
      ),
    ],
  },
});
await writeFigure('time-against-size', svg);

/** Uniform in the unit cube. */
function cloud(count, seed) {
  const random = uniform(seed);
  return { points: Float32Array.from({ length: 3 * count }, random), dimension: 3 };
}
