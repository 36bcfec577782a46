/**
 * The limits of the Sinkhorn divergence as the blur goes to 0 and to infinity, and the bias of entropic transport.
 *
 * Run it after `pnpm run build`: node docs/experiments/limits.mjs
 */
import * as Plot from '@observablehq/plot';
import { energyDistance, sinkhornDivergence, wasm } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { flow } from './support/flow.mjs';
import { uniform } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const COUNT = 200;
const backend = await wasm({ precision: 'float64', threads: 1 });
const x = onLine(uniform(1), 0, 0.4);
const y = onLine(uniform(2), 0.5, 1.2);
await limits();
await bias();
backend.dispose();

/** Values by blur, on a line, where optimal transport is known: sorted points are matched in order. */
async function limits() {
  const blurs = Array.from({ length: 25 }, (_, k) => 10 ** (-2.2 + (4.2 * k) / 24));
  const rows = [];
  const curves = [];
  for (const p of [1, 2]) {
    const transport = matched(p);
    const kernel = p === 1 ? await energyDistance({ backend }).value(line(x), line(y)) : (mean(x) - mean(y)) ** 2 / 2;
    for (const blur of blurs) {
      const options = { backend, p, blur, tolerance: 1e-6, maxIterations: 3000 };
      const solved = await sinkhornDivergence(options).solve(line(x), line(y));
      const share = (value) => (value - kernel) / (transport - kernel);
      curves.push({ p: `p = ${p}`, blur, share: share(solved.value), loss: 'Sinkhorn divergence' });
      if (blur <= 0.5) {
        const entropic = await sinkhornDivergence({ ...options, debias: false }).value(line(x), line(y));
        curves.push({ p: `p = ${p}`, blur, share: share(entropic), loss: 'entropic transport' });
      }
      if (!solved.diagnostics.converged) console.warn(`p = ${p}, blur ${blur}: not converged`);
    }
    for (const at of [0.00631, 0.02, 0.1, 1, 10, 100]) {
      const { value } = await sinkhornDivergence({ backend, p, blur: at, tolerance: 1e-6, maxIterations: 3000 }).solve(
        line(x),
        line(y),
      );
      rows.push([
        `p = ${p}`,
        at,
        value.toPrecision(6),
        digits(Math.abs(value / transport - 1)),
        digits(Math.abs(value / kernel - 1)),
      ]);
    }
    console.log(`p = ${p}: transport ${transport}, kernel norm ${kernel}`);
  }
  await writeTable(
    'limits',
    ['cost', 'blur', 'divergence', 'off optimal transport by', 'off the kernel norm by'],
    rows,
  );
  const labels = [
    { p: 'p = 1', blur: 0.3, share: 0.4, loss: 'Sinkhorn divergence' },
    { p: 'p = 1', blur: 0.15, share: 1.3, loss: 'entropic transport' },
  ];
  /** @param {'fx' | 'fy'} facet - Panels beside each other, or on a phone one below the other. */
  const plotBy = (facet) => ({
    x: { type: 'log', label: 'blur', tickFormat: '~g', ticks: 5 },
    y: { label: 'share of optimal transport', domain: [-0.1, 1.6] },
    [facet]: { label: null },
    color: { domain: ['Sinkhorn divergence', 'entropic transport'], range: [theme.accent, '#f472b6'] },
    marks: [
      Plot.frame({ stroke: theme.line }),
      Plot.ruleY([0, 1], { stroke: theme.second, strokeDasharray: '5 5' }),
      Plot.lineY(curves, { x: 'blur', y: 'share', [facet]: 'p', stroke: 'loss', strokeWidth: 2, clip: true }),
      Plot.text(labels, { x: 'blur', y: 'share', [facet]: 'p', text: 'loss', fill: 'loss', textAnchor: 'start' }),
    ],
  });
  const wide = drawChart({
    title: 'From optimal transport to a kernel norm',
    subtitle: `${COUNT} points of [0, .4] against ${COUNT} of [.5, 1.2]: 1 is optimal transport, 0 the kernel norm, both known exactly`,
    width: 960,
    height: 440,
    plot: { marginRight: 40, ...plotBy('fx') },
  });
  const narrow = drawChart({
    title: 'Transport to a norm',
    subtitle: '1 is optimal transport, 0 the kernel norm',
    width: 400,
    height: 560,
    plot: { marginLeft: 40, marginRight: 44, ...plotBy('fy') },
  });
  await writeFigure('limits', wide, narrow);
}

/** Gradient descent on entropic transport ends in a cloud that is too small; on the Sinkhorn divergence it does not. */
async function bias() {
  const target = line(y);
  const rows = [];
  const ends = [{ loss: 'target', blur: 'target', points: y }];
  for (const blur of [0.05, 0.1, 0.2, 0.5]) {
    for (const debias of [false, true]) {
      const loss = sinkhornDivergence({ backend, p: 2, blur, debias });
      const { snapshots } = await flow({ group: '', parameter: '', loss, scale: 2 }, x, target);
      const end = snapshots[snapshots.length - 1];
      const name = debias ? 'Sinkhorn divergence' : 'entropic transport';
      ends.push({ loss: name, blur: String(blur), points: end });
      rows.push([name, blur, digits(mean(end)), digits(deviation(end))]);
      console.log(name, blur, deviation(end));
    }
  }
  rows.push(['the target', '', digits(mean(y)), digits(deviation(y))]);
  await writeTable('bias', ['where the flow ends', 'blur', 'mean', 'standard deviation'], rows);
  const panels = ['entropic transport', 'Sinkhorn divergence'];
  const ticks = ends.flatMap(({ loss, blur, points }) =>
    (loss === 'target' ? panels : [loss]).flatMap((panel) => Array.from(points, (at) => ({ at, blur, panel, loss }))),
  );
  const plotBy = (facet) => ({
    x: { label: null, ticks: 5 },
    y: { label: 'blur', domain: ends.map(({ blur }) => blur).filter((blur, k, all) => all.indexOf(blur) === k) },
    [facet]: { label: null, domain: panels },
    color: { domain: ['target', ...panels], range: [theme.second, '#f472b6', theme.accent] },
    marks: [Plot.tickX(ticks, { x: 'at', y: 'blur', [facet]: 'panel', stroke: 'loss', strokeOpacity: 0.7 })],
  });
  const wide = drawChart({
    title: 'Entropic transport shrinks, the Sinkhorn divergence does not',
    subtitle: 'Where 500 steps down the gradient take the points, for p = 2 and four blurs; a tick is a point',
    width: 960,
    height: 340,
    plot: { marginRight: 24, ...plotBy('fx') },
  });
  const narrow = drawChart({
    title: 'Where flows end',
    subtitle: 'Entropic, then debiased; a tick is a point',
    width: 400,
    height: 480,
    plot: { marginRight: 16, ...plotBy('fy'), fy: { axis: null, domain: panels } },
  });
  await writeFigure('bias', wide, narrow);
}

function matched(p) {
  const [a, b] = [x.toSorted(), y.toSorted()];
  return a.reduce((total, value, k) => total + (p === 1 ? Math.abs(value - b[k]) : (value - b[k]) ** 2 / 2), 0) / COUNT;
}

function onLine(random, low, high) {
  return Float64Array.from({ length: COUNT }, () => low + (high - low) * random());
}

function line(points) {
  return { points, dimension: 1 };
}

function mean(points) {
  return points.reduce((total, value) => total + value, 0) / points.length;
}

function deviation(points) {
  const centre = mean(points);
  return Math.sqrt(mean(points.map((value) => (value - centre) ** 2)));
}
