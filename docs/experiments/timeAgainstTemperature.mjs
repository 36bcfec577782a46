/**
 * Time of the Sinkhorn divergence against its temperature (Feydy et al. 2019, section 4): N = M = 10,000, p = 1, 13
 * temperatures, three tolerances.
 *
 * Run it after `pnpm run build`, on a quiet machine, as minutes allow: each run adds solves, from the highest temperature
 * down, to what those before it left in results/time-against-temperature.json.
 * node docs/experiments/timeAgainstTemperature.mjs float32; node docs/experiments/timeAgainstTemperature.mjs float64
 */
import { readFile, writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { sinkhornDivergence, wasm } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { uniform } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const COUNT = 10_000;
const TEMPERATURES = Array.from({ length: 13 }, (_, k) =>
  Number((10 ** (-3 + (3 * k) / 12)).toPrecision(3)),
).toReversed();
/** Below 1e-5 the marginal error is lost in float32. */
const TOLERANCES = { float32: [1e-3], float64: [1e-3, 1e-5, 1e-7] };
/** A solve that takes longer is stopped; what it reached by then counts. */
const SECONDS = 60;
/** A run begins no solve after so long. */
const MOST_SECONDS = 225;
/** Where the solves were measured: name yours where you begin anew. */
const MACHINE = '2 cores, AMD EPYC';
const file = new URL('results/time-against-temperature.json', import.meta.url);

/** @type {{ precision: string, epsilon: number, reached: Record<string, number> }[]} */
const solves = await readFile(file, 'utf8').then(JSON.parse, () => []);
const precision = process.argv[2];
if (precision in TOLERANCES) await run(precision);
await writeFile(file, `${JSON.stringify(solves, undefined, 2)}\n`);

async function run(precision) {
  const backend = await wasm({ precision });
  const x = { points: cloud(uniform(1)), dimension: 3 };
  const y = { points: cloud(uniform(2)), dimension: 3 };
  await sinkhornDivergence({ backend, p: 1, blur: 1 }).value(few(x), few(y));
  const began = performance.now();
  for (const epsilon of TEMPERATURES) {
    if (solves.some((one) => one.precision === precision && one.epsilon === epsilon)) continue;
    if (performance.now() - began > 1000 * MOST_SECONDS) break;
    const reached = await solve(backend, x, y, epsilon, TOLERANCES[precision]);
    solves.push({ precision, epsilon, reached });
    console.log(precision, epsilon, JSON.stringify(reached));
    // One that reached nothing says that the colder ones would not either.
    if (Object.keys(reached).length === 0) break;
  }
  backend.dispose();
}

const SERIES = Object.entries(TOLERANCES).flatMap(([precision, tolerances]) =>
  tolerances.map((tolerance) => ({ precision, tolerance, name: `${precision}, to ${tolerance}` })),
);
const times = SERIES.flatMap(({ precision, tolerance, name }) =>
  solves
    .filter((one) => one.precision === precision && one.reached[tolerance] !== undefined)
    .map(({ epsilon, reached }) => ({ epsilon, seconds: reached[tolerance], series: name })),
);

await writeTable(
  'time-against-temperature',
  ['ε', ...SERIES.map(({ name }) => name)],
  TEMPERATURES.toReversed().map((epsilon) => [
    String(epsilon),
    ...SERIES.map(({ precision, tolerance }) => {
      const solved = solves.find((one) => one.precision === precision && one.epsilon === epsilon);
      if (!solved) return '–';
      const seconds = solved.reached[tolerance];
      return seconds === undefined ? `> ${SECONDS} s` : `${digits(seconds)} s`;
    }),
  ]),
);
const title = 'Time against temperature';
const plot = {
  x: { type: 'log', label: 'ε', grid: true, domain: [TEMPERATURES.at(-1), TEMPERATURES[0]], tickFormat: '~g' },
  y: { type: 'log', label: 'seconds', grid: true, tickFormat: '~g' },
  color: {
    domain: SERIES.map(({ name }) => name),
    range: ['#4ade80', theme.accent, theme.second, '#f472b6'],
  },
};
const lines = [
  Plot.lineY(times, { x: 'epsilon', y: 'seconds', stroke: 'series', strokeWidth: 2 }),
  Plot.dot(times, { x: 'epsilon', y: 'seconds', fill: 'series', r: 3 }),
];
const wide = drawChart({
  title,
  subtitle: `N = M = ${COUNT.toLocaleString('en')}, p = 1, D = 3, wasm, ${MACHINE}; solves beyond ${SECONDS} s are left out`,
  plot: {
    ...plot,
    marginRight: 40,
    marks: [
      ...lines,
      ...SERIES.map(({ name, precision, tolerance }) => labelled(name, precision === 'float64' && tolerance > 1e-7)),
    ],
  },
});
// No room beside the lines: names stand at the top right, where solves are quick.
const narrow = drawChart({
  title,
  subtitle: `N = M = ${COUNT.toLocaleString('en')}, p = 1, D = 3, wasm`,
  width: 400,
  height: 460,
  plot: {
    ...plot,
    marginLeft: 44,
    marks: [
      ...lines,
      ...SERIES.map(({ name }, k) =>
        Plot.text([name], { fill: plot.color.range[k], frameAnchor: 'top-right', dx: -8, dy: 16 * k + 8 }),
      ),
    ],
  },
});
await writeFigure('time-against-temperature', wide, narrow);

/** The name of a series at its lowest temperature: to its left, where there is room, or else above the line. */
function labelled(name, left) {
  const options = { x: 'epsilon', y: 'seconds', text: 'series', fill: 'series' };
  const place = left ? { textAnchor: 'end', dx: -8 } : { textAnchor: 'start', dx: 8, dy: -8 };
  return Plot.text(
    times.filter(({ series }) => series === name),
    Plot.selectMinX({ ...options, ...place }),
  );
}

/** One solve to the strictest tolerance tells when the others were met, by its reports. */
async function solve(backend, x, y, epsilon, tolerances) {
  const reached = {};
  const signal = AbortSignal.timeout(1000 * SECONDS);
  const started = performance.now();
  const note = (marginalError) => {
    const seconds = (performance.now() - started) / 1000;
    for (const tolerance of tolerances) if (marginalError <= tolerance) reached[tolerance] ??= seconds;
  };
  const loss = sinkhornDivergence({
    backend,
    p: 1,
    blur: epsilon,
    tolerance: Math.min(...tolerances),
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

function few({ points, dimension }) {
  return { points: points.subarray(0, 300), dimension };
}

/** Uniform in the unit cube. */
function cloud(random) {
  return Float64Array.from({ length: 3 * COUNT }, random);
}
