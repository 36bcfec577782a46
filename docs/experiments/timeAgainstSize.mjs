/**
 * Time of values with gradients against the number of points (Feydy et al. 2019, section 4): D = 3, p = 1, eps = .1, on
 * every backend that works, as far as it goes in the time given to each. Without a GPU, WebGPU runs on
 * SwiftShader, a software emulation.
 *
 * Run it after `pnpm run build`, on a quiet machine: node docs/experiments/timeAgainstSize.mjs
 * With --draw it draws what results/time-against-size.json has, and measures nothing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as Plot from '@observablehq/plot';
import { execa } from 'execa';
import { cpu, energyDistance, gpujs, hausdorffDivergence, sinkhornDivergence, wasm, webgpu } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { prepare, vulkanEnvironment } from '../../scripts/chromium.mjs';
import { uniform } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const SIZES = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000];
const EPSILON = 0.1;
/** A size that would take longer is not tried: going by the square of it, or, once cells are taken, by how time grew with them. */
const SECONDS = 60;
const COLORS = ['#f472b6', theme.second, theme.accent];

const file = new URL('results/time-against-size.json', import.meta.url);
if (!process.argv.includes('--draw')) await writeFile(file, `${JSON.stringify(await measure(), undefined, 2)}\n`);
const { machine, rows } = JSON.parse(await readFile(file, 'utf8'));

const backends = [...new Set(rows.map(({ backend }) => backend))];
const losses = [...new Set(rows.map(({ loss }) => loss))];
const series = backends.flatMap((backend) => losses.map((loss) => ({ backend, loss })));
await writeTable(
  'time-against-size',
  ['N = M', ...series.map(({ backend, loss }) => `${backend}: ${loss}`)],
  SIZES.map((points) => [
    points.toLocaleString('en'),
    ...series.map(({ backend, loss }) => {
      const row = rows.find((one) => one.backend === backend && one.loss === loss && one.points === points);
      return row ? `${time(row.seconds)}${row.strategy === 'multiscale' ? ', cells' : ''}` : '–';
    }),
  ]),
);
/** @param {'fx' | 'fy'} facet - Backends beside each other, or on a phone one below the other. */
const plotBy = (facet) => ({
  x: { type: 'log', label: 'N = M', grid: true, tickFormat: '~s', ticks: 6 },
  y: { type: 'log', label: 'seconds', grid: true, tickFormat: '~g', ticks: 5 },
  [facet]: { label: null, domain: backends },
  color: { domain: losses, range: COLORS },
  marks: [
    Plot.frame({ stroke: theme.line }),
    Plot.lineY(rows, { x: 'points', y: 'seconds', [facet]: 'backend', stroke: 'loss', strokeWidth: 2 }),
    Plot.dot(rows, { x: 'points', y: 'seconds', [facet]: 'backend', fill: 'loss', r: 3 }),
    ...losses.map((loss, k) =>
      Plot.text([loss], { frameAnchor: 'bottom-right', fill: COLORS[k], dx: -12, dy: 16 * k - 44 }),
    ),
  ],
});
const wide = drawChart({
  title: 'Time against size',
  subtitle: `Value and gradient, D = 3, p = 1, ε = ${EPSILON}; ${machine}`,
  width: 1100,
  height: 480,
  plot: { marginRight: 80, ...plotBy('fx') },
});
const narrow = drawChart({
  title: 'Time against size',
  subtitle: `D = 3, p = 1, ε = ${EPSILON}; ${machine}`,
  width: 400,
  height: 760,
  plot: { marginLeft: 48, marginRight: 64, ...plotBy('fy') },
});
await writeFigure('time-against-size', wide, narrow);

async function measure() {
  const available = [];
  for (const make of [cpu, wasm, webgpu, gpujs]) {
    try {
      available.push(await make());
    } catch (error) {
      // A driver is found by the environment that a process starts with.
      if (make === webgpu && !process.env.VK_DRIVER_FILES) {
        await prepare();
        await execa(process.execPath, [fileURLToPath(import.meta.url)], { env: vulkanEnvironment, stdio: 'inherit' });
        process.exit();
      }
      console.log(`${make.name} is left out: ${error instanceof Error ? error.message : error}`);
    }
  }

  const rows = [];
  for (const backend of available) {
    const losses = [
      ['energy', energyDistance({ backend })],
      ['Hausdorff', hausdorffDivergence({ backend, p: 1, blur: EPSILON })],
      ['Sinkhorn', sinkhornDivergence({ backend, p: 1, blur: EPSILON })],
    ];
    for (const [name, loss] of losses) {
      let last = 0;
      let exponent = 2;
      let before;
      for (const [k, points] of SIZES.entries()) {
        if (k > 0 && last * (points / SIZES[k - 1]) ** exponent > SECONDS) break;
        const [x, y] = [cloud(points, 1), cloud(points, 2)];
        if (k === 0) await loss.valueAndGradients(x, y);
        const runs = last < 0.5 ? 5 : 1;
        const seconds = [];
        let diagnostics;
        for (let run = 0; run < runs; run++) {
          const started = performance.now();
          ({ diagnostics } = await loss.valueAndGradients(x, y));
          seconds.push((performance.now() - started) / 1000);
        }
        last = seconds.toSorted((a, b) => a - b)[Math.floor(runs / 2)];
        const { strategy, estimatedError } = diagnostics;
        if (strategy === 'multiscale') {
          if (before) exponent = Math.log(last / before.seconds) / Math.log(points / before.points);
          before = { points, seconds: last };
        }
        rows.push({ backend: backend.name, loss: name, points, seconds: last, strategy });
        console.log(backend.name, name, points, last, strategy, estimatedError ?? '');
      }
    }
    backend.dispose();
  }
  return { machine: `${cpus().length} cores, ${cpus()[0].model.trim()}`, rows };
}

function time(seconds) {
  return seconds < 1 ? `${digits(1000 * seconds)} ms` : `${digits(seconds)} s`;
}

/** Uniform in the unit cube. */
function cloud(count, seed) {
  const random = uniform(seed);
  return { points: Float32Array.from({ length: 3 * count }, random), dimension: 3 };
}
