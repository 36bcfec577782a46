/**
 * Time of the Sinkhorn divergence against its temperature (Feydy et al. 2019, section 4): p = 1, 13 temperatures, three
 * tolerances; N = M = 2000 where the paper has 10,000.
 *
 * Run it after `pnpm run build`, on a quiet machine: node docs/experiments/timeAgainstTemperature.mjs
 */
import { cpus } from 'node:os';
import * as Plot from '@observablehq/plot';
import { sinkhornDivergence, wasm } from 'sinkhorn';
import { drawChart } from '../../packages/sinkhorn/dist/plots/chart.js';
import { theme } from '../../packages/sinkhorn/dist/plots/theme.js';
import { uniform } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const COUNT = 2000;
const TOLERANCES = [1e-3, 1e-5, 1e-7];
const TEMPERATURES = Array.from({ length: 13 }, (_, k) => 10 ** (-3 + (3 * k) / 12)).toReversed();
/** A solve that takes longer is stopped; what it reached by then counts. */
const SECONDS = 5;

// Below 1e-5 the marginal error is lost in float32.
const backend = await wasm({ precision: 'float64' });
const x = { points: cloud(uniform(1)), dimension: 3 };
const y = { points: cloud(uniform(2)), dimension: 3 };
await sinkhornDivergence({ backend, p: 1, blur: 1 }).value(x, y);
const rows = [];
const times = [];
for (const epsilon of TEMPERATURES) {
  const reached = await solve(epsilon);
  rows.push([digits(epsilon), ...TOLERANCES.map((tolerance) => told(reached.get(tolerance)))]);
  for (const [tolerance, { seconds }] of reached) times.push({ epsilon, seconds, tolerance: `tolerance ${tolerance}` });
  console.log(rows.at(-1).join('  '));
}
backend.dispose();

await writeTable(
  'time-against-temperature',
  ['ε', ...TOLERANCES.map((tolerance) => `to ${tolerance}`)],
  rows.toReversed(),
);
const svg = drawChart({
  title: 'Time against temperature',
  subtitle: `N = M = ${COUNT}, p = 1, D = 3, wasm in float64, ${cpus().length} cores, ${cpus()[0].model.trim()}; solves beyond ${SECONDS} s are left out`,
  plot: {
    marginRight: 40,
    x: { type: 'log', label: 'ε', grid: true },
    y: { type: 'log', label: 'seconds', grid: true },
    color: {
      domain: TOLERANCES.map((tolerance) => `tolerance ${tolerance}`),
      range: [theme.accent, theme.second, '#f472b6'],
    },
    marks: [
      Plot.lineY(times, { x: 'epsilon', y: 'seconds', stroke: 'tolerance', strokeWidth: 2 }),
      Plot.dot(times, { x: 'epsilon', y: 'seconds', fill: 'tolerance', r: 3 }),
      Plot.text(
        times,
        Plot.selectMinX({
          x: 'epsilon',
          y: 'seconds',
          z: 'tolerance',
          text: 'tolerance',
          fill: 'tolerance',
          textAnchor: 'start',
          dx: 8,
          dy: -8,
        }),
      ),
    ],
  },
});
await writeFigure('time-against-temperature', svg);

/** One solve to the strictest tolerance tells when the others were met, by its reports. */
async function solve(epsilon) {
  const reached = new Map();
  const signal = AbortSignal.timeout(1000 * SECONDS);
  const started = performance.now();
  const note = (marginalError) => {
    const seconds = (performance.now() - started) / 1000;
    for (const tolerance of TOLERANCES) {
      if (marginalError <= tolerance && !reached.has(tolerance)) reached.set(tolerance, { seconds });
    }
  };
  const loss = sinkhornDivergence({
    backend,
    p: 1,
    blur: epsilon,
    tolerance: Math.min(...TOLERANCES),
    maxIterations: 100_000,
    strategy: 'dense',
  });
  try {
    const { diagnostics } = await loss.solve(x, y, {
      signal,
      onProgress(report) {
        const { stage, marginalError } = report;
        const isLast = Math.abs(report.epsilon / epsilon - 1) < 1e-6;
        if (stage === 'converging' && isLast && marginalError !== undefined) note(marginalError);
      },
    });
    note(diagnostics.marginalError);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return reached;
}

function told(entry) {
  return entry ? `${digits(entry.seconds)} s` : `> ${SECONDS} s`;
}

/** Uniform in the unit cube. */
function cloud(random) {
  return Float64Array.from({ length: 3 * COUNT }, random);
}
