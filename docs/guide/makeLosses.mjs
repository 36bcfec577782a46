/**
 * Draws the pictures of docs/guide/losses.md and that of the penalties in docs/guide/parameters.md.
 *
 * Run it after `pnpm run build`: node docs/guide/makeLosses.mjs
 */
import { writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import {
  cpu,
  exactTransport,
  gaussianBarycenter,
  labelledDivergence,
  matrixTransport,
  sinkhornDivergence,
  slicedWasserstein,
  transportOnLine,
} from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { inBothThemes } from '../images/inBothThemes.mjs';

/** Pixels: beside the text of a page, and on a phone, where the same numbers stand in a picture of another shape. */
const WIDTH = 960;
const NARROW = 400;
/** Margins of a picture without axes. */
const BARE = { marginLeft: 10, marginRight: 12, marginTop: 4, marginBottom: 4 };
const backend = cpu();
await draw('losses-line.svg', await onLineAndCircle());
await draw('losses-gaussians.svg', betweenGaussians());
await draw('losses-labels.svg', await withLabels());
await draw('losses-matrix.svg', await ofMatrix());
await draw('losses-exact.svg', await exactly());
await draw('losses-slices.svg', await alongDirections());
await draw('penalties.svg', await ofPenalties());
backend.dispose();

async function draw(name, { narrow, ...chart }) {
  await writeFile(new URL(name, import.meta.url), inBothThemes(drawChart({ width: WIDTH, ...chart })));
  const onPhones = { ...chart, ...narrow, width: NARROW, plot: { ...chart.plot, ...narrow?.plot } };
  await writeFile(new URL(name.replace('.svg', '-narrow.svg'), import.meta.url), inBothThemes(drawChart(onPhones)));
}

/** Numbers in [0, 1), the same in every run. */
function spread(k, step = 0.6180339887498949) {
  return (k * step + 0.5) % 1;
}

/** Points scattered within a disc. */
function disc(count, [centreX, centreY], radius, turn = 0) {
  return Array.from({ length: count }, (_, k) => {
    const angle = turn + k * Math.PI * (3 - Math.sqrt(5));
    const length = radius * Math.sqrt((k + 0.5) / count);
    return [centreX + length * Math.cos(angle), centreY + length * Math.sin(angle)];
  });
}

function dots(points, more) {
  return Plot.dot(points, { x: (point) => point[0], y: (point) => point[1], r: 3, ...more });
}

function links(pairs, more) {
  return Plot.link(pairs, {
    x1: ({ from }) => from[0],
    y1: ({ from }) => from[1],
    x2: ({ to }) => to[0],
    y2: ({ to }) => to[1],
    stroke: theme.text,
    strokeOpacity: ({ share }) => 0.7 * Math.min(1, share),
    ...more,
  });
}

/** The pairs of a plan of lists, with their mass over the most that one has. */
function pairsOf({ i, j, mass }, from, to) {
  const most = Math.max(...mass);
  return Array.from(mass, (moved, k) => ({ from: from[i[k]], to: to[j[k]], share: moved / most }));
}

async function onLineAndCircle() {
  const hours = [7, 8, 8.5, 9, 17, 18, 18.5, 22];
  const others = [1, 2, 10, 11, 12, 19, 23, 23.5];
  const along = await transportOnLine({ p: 2 }).solve(
    hours.map((hour) => [hour]),
    others.map((hour) => [hour]),
  );
  const around = await transportOnLine({ p: 2, period: 24 }).solve(
    hours.map((hour) => [hour]),
    others.map((hour) => [hour]),
  );
  const place = (hour, radius) => {
    const angle = (Math.PI * hour) / 12;
    return [35 + radius * Math.sin(angle), 5 + radius * Math.cos(angle)];
  };
  const [line, target] = [hours.map((hour) => [hour, 8]), others.map((hour) => [hour, 2])];
  const [outer, inner] = [hours.map((hour) => place(hour, 5)), others.map((hour) => place(hour, 3))];
  return {
    title: 'Eight times of day and eight others, on a line and on a clock',
    subtitle: 'Sorted points meet in order; around a circle so do they after the best cut, here across midnight',
    height: 400,
    narrow: {
      title: 'Times of day that meet',
      subtitle: 'In order on a line; around a clock',
      height: 206,
      plot: BARE,
    },
    plot: {
      x: { domain: [-1, 45], axis: null },
      // One unit up is as long as one across.
      y: { domain: [-1.9, 11.9], axis: null },
      marks: [
        Plot.ruleY([8, 2], { x1: 0, x2: 24, stroke: theme.line }),
        Plot.line(
          Array.from({ length: 121 }, (_, k) => place(k / 5, 5)),
          { stroke: theme.line },
        ),
        Plot.line(
          Array.from({ length: 121 }, (_, k) => place(k / 5, 3)),
          { stroke: theme.line },
        ),
        links(pairsOf(along.plan, line, target)),
        links(pairsOf(around.plan, outer, inner)),
        dots([...line, ...outer], { fill: theme.accent }),
        dots([...target, ...inner], { fill: theme.second }),
        Plot.text([0, 6, 12, 18, 24], { x: (hour) => hour, y: 0.6, text: (hour) => `${hour} h`, fill: theme.muted }),
        Plot.text([0, 6, 12, 18], {
          x: (hour) => place(hour, 6)[0],
          y: (hour) => place(hour, 6)[1],
          text: (hour) => `${hour} h`,
          fill: theme.muted,
        }),
      ],
    },
  };
}

function betweenGaussians() {
  const x = {
    mean: [0, 0],
    covariance: [
      [1.4, 0.9],
      [0.9, 1],
    ],
  };
  const y = {
    mean: [12, 0.5],
    covariance: [
      [0.3, -0.3],
      [-0.3, 1.8],
    ],
  };
  const steps = [0, 0.25, 0.5, 0.75, 1].map((t) => {
    const { mean, covariance } = gaussianBarycenter([x, y], { weights: [1 - t || 1e-9, t || 1e-9] });
    return { t, mean, outline: ellipse(mean, covariance) };
  });
  return {
    title: 'From one normal distribution to another',
    subtitle:
      'Barycenters with the weights 3 to 1, 1 to 1 and 1 to 3 are the way that transport takes: widths change as they go',
    height: 300,
    narrow: {
      title: 'Between normal laws',
      subtitle: 'Barycenters are the way that transport takes',
      height: 200,
      plot: BARE,
    },
    plot: {
      x: { domain: [-3, 15], axis: null },
      y: { domain: [-2.6, 2.9], axis: null },
      marks: steps.map(({ t, outline }) =>
        Plot.line(outline, {
          stroke: t === 0 ? theme.accent : t === 1 ? theme.second : theme.text,
          strokeOpacity: t === 0 || t === 1 ? 1 : 0.6,
          strokeWidth: t === 0 || t === 1 ? 2.5 : 1.5,
        }),
      ),
    },
  };
}

/** The points at one and a half standard deviations, by the Cholesky factor of a covariance. */
function ellipse([centreX, centreY], covariance) {
  const [a, b, , d] = covariance;
  const [first, second] = [Math.sqrt(a), b / Math.sqrt(a)];
  const third = Math.sqrt(d - second ** 2);
  return Array.from({ length: 91 }, (_, k) => {
    const [u, v] = [1.5 * Math.cos((k * Math.PI) / 45), 1.5 * Math.sin((k * Math.PI) / 45)];
    return [centreX + first * u, centreY + second * u + third * v];
  });
}

async function withLabels() {
  const [x, y] = [
    [...disc(14, [0, 0.55], 0.35), ...disc(14, [0, -0.45], 0.35, 1)],
    [...disc(14, [2, -0.45], 0.35), ...disc(14, [2, 0.55], 0.35, 1)],
  ];
  const labels = x.map((_, k) => (k < 14 ? 0 : 1));
  const panels = [
    { labelWeight: 0, panel: 'points alone' },
    { labelWeight: 2, panel: 'points and labels' },
  ];
  const all = [];
  for (const { labelWeight, panel } of panels) {
    const loss = labelledDivergence({
      backend,
      blur: 0.05,
      labelWeight,
      labelCost: [
        [0, 1],
        [1, 0],
      ],
    });
    const measure = (points) => ({ points: points.flat(), dimension: 2, labels });
    const { plan } = await loss.solve(measure(x), measure(y));
    const ends = await plan.barycentricMap();
    x.forEach((from, i) => {
      all.push({ from, to: [ends[2 * i], ends[2 * i + 1]], share: 1, panel, label: labels[i] });
    });
  }
  const symbols = { symbol: (_, k) => (labels[k] ? 'square' : 'circle'), r: 4 };
  return {
    title: 'Two classes that have changed places',
    subtitle: 'Discs and squares are labels: with a cost between them points look for their own kind',
    height: 340,
    narrow: {
      title: 'Classes change places',
      subtitle: 'Discs and squares are two labels',
      height: 240,
      plot: { marginLeft: 0 },
    },
    plot: {
      x: { domain: [-0.6, 2.6], axis: null },
      y: { domain: [-1, 1], axis: null },
      fx: { label: null, domain: panels.map(({ panel }) => panel) },
      symbol: { range: ['circle', 'square'], domain: ['circle', 'square'] },
      marks: [
        links(all, { fx: 'panel', strokeOpacity: 0.5 }),
        dots(x, { ...symbols, fill: theme.accent }),
        dots(y, { ...symbols, fill: theme.second }),
      ],
    },
  };
}

async function ofMatrix() {
  const [rows, columns] = [8, 16];
  const minutes = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => 5 + 3 * Math.abs(2 * i + 1 - j) + 12 * spread(7 * i + 3 * j)),
  );
  const { plan } = await matrixTransport({ backend, cost: { matrix: minutes }, blur: 1 }).solve();
  const cells = minutes.flatMap((row, i) =>
    row.flatMap((cost, j) => [
      { i, j, panel: 'costs, in minutes', share: cost / Math.max(...minutes.flat()), colour: theme.second },
      {
        i,
        j,
        panel: 'plan: mass',
        share: plan[i * columns + j] / Math.max(...plan),
        colour: theme.accent,
      },
    ]),
  );
  return {
    title: 'A matrix of costs and its plan',
    subtitle:
      'Eight places by sixteen, the darker or brighter the more: mass takes short ways, and every row and column gets its share',
    height: 300,
    narrow: {
      title: 'A matrix and its plan',
      subtitle: 'Eight places by sixteen: mass takes short ways',
      height: 210,
      plot: { marginLeft: 0 },
    },
    plot: {
      x: { axis: null },
      y: { axis: null },
      fx: { label: null },
      marks: [
        Plot.cell(cells, { x: 'j', y: 'i', fx: 'panel', fill: 'colour', fillOpacity: 'share', inset: 0.5 }),
        Plot.frame({ stroke: theme.line }),
      ],
    },
  };
}

async function exactly() {
  const [x, y] = [disc(24, [0, 0], 0.5), [...disc(12, [2, 0.6], 0.3), ...disc(12, [2, -0.6], 0.3)]];
  const exact = await exactTransport({ p: 2 }).solve(x, y);
  const blurred = await sinkhornDivergence({ backend, blur: 0.4 }).solve(x, y);
  const dense = await blurred.plan.dense();
  const most = Math.max(...dense);
  const all = [
    ...pairsOf(exact.plan, x, y).map((pair) => ({ ...pair, panel: 'exact: 24 pairs' })),
    ...Array.from(dense, (mass, k) => ({
      from: x[Math.floor(k / y.length)],
      to: y[k % y.length],
      share: mass / most,
      panel: 'blur 0.4: all pairs',
    })).filter(({ share }) => share > 0.02),
  ];
  return {
    title: 'The cheapest assignment, and what a blur makes of it',
    subtitle: 'Each line is a pair that exchanges mass, the brighter the more',
    height: 340,
    narrow: {
      title: 'What a blur does',
      subtitle: 'Each line is a pair that exchanges mass',
      height: 240,
      plot: { marginLeft: 0 },
    },
    plot: {
      x: { domain: [-0.7, 2.5], axis: null },
      y: { domain: [-1, 1], axis: null },
      fx: { label: null, domain: [...new Set(all.map(({ panel }) => panel))] },
      marks: [
        links(all, {
          fx: 'panel',
          strokeOpacity: ({ panel, share }) => (panel.startsWith('exact') ? 0.6 : 0.15 * share),
        }),
        dots(x, { fill: theme.accent }),
        dots(y, { fill: theme.second }),
      ],
    },
  };
}

async function alongDirections() {
  const turned = (points, angle) =>
    points.map(([u, v]) => [Math.cos(angle) * u - Math.sin(angle) * v, Math.sin(angle) * u + Math.cos(angle) * v]);
  const long = disc(120, [0, 0], 1).map(([u, v]) => [u, 0.25 * v]);
  const [x, y] = [turned(long, 0.5), turned(long, 2.2)];
  const solution = await slicedWasserstein({ p: 2, directions: 90 }).solve(x, y);
  const { direction } = await solution.max();
  const values = Array.from(solution.perDirection, (value, k) => ({ degrees: 2 * k, value }));
  // The right panel has scales of its own: it is drawn from 2 to 5.
  const across = (degrees) => 2 + degrees / 60;
  const up = (value) => -0.9 + (1.8 * value) / (1.1 * Math.max(...solution.perDirection));
  return {
    title: 'Slices of two long clouds',
    subtitle:
      'Both clouds, and the direction that tells them apart most; on the right transport along each direction, and its mean',
    height: 340,
    narrow: {
      title: 'Slices of two clouds',
      subtitle: 'The best direction; transport along each one',
      height: 200,
      plot: BARE,
    },
    plot: {
      x: { domain: [-1.4, 5.2], axis: null },
      y: { domain: [-1.15, 1.15], axis: null },
      marks: [
        dots(x, { fill: theme.accent, r: 2 }),
        dots(y, { fill: theme.second, r: 2 }),
        Plot.arrow([0], {
          x1: -direction[0],
          y1: -direction[1],
          x2: direction[0],
          y2: direction[1],
          stroke: theme.text,
          strokeWidth: 2,
        }),
        Plot.line(values, {
          x: ({ degrees }) => across(degrees),
          y: ({ value }) => up(value),
          stroke: theme.accent,
          strokeWidth: 2,
        }),
        Plot.ruleY([up(solution.value)], { x1: 2, x2: 5, stroke: theme.second, strokeDasharray: '4 4' }),
        Plot.ruleY([up(0)], { x1: 2, x2: 5, stroke: theme.line }),
        Plot.text([0, 45, 90, 135, 180], { x: across, y: -1.02, text: (degrees) => `${degrees}°`, fill: theme.muted }),
        Plot.text([0], {
          x: 5,
          y: up(solution.value) + 0.09,
          text: () => 'mean',
          fill: theme.second,
          textAnchor: 'end',
        }),
      ],
    },
  };
}

async function ofPenalties() {
  const kinds = ['kl', 'tv', 'berg', 'hellinger', 'quadratic'];
  const colours = [theme.accent, theme.second, '#f472b6', '#4ade80', theme.text];
  const curves = [];
  for (const kind of kinds) {
    const loss = sinkhornDivergence({ backend, p: 1, blur: 0.02, debias: false, penalty: { kind, strength: 1 } });
    for (let cost = 0; cost <= 4.0001; cost += 0.05) {
      const { plan } = await loss.solve([[0]], [[cost]]);
      const { rows } = await plan.marginals();
      curves.push({ kind, cost, share: rows[0] });
    }
  }
  return {
    title: 'The share of mass that goes, by what its way costs',
    subtitle: 'One point to one other, penalties of strength 1 on both sides, blur 0.02',
    height: 380,
    narrow: {
      title: 'The share that goes',
      subtitle: 'One point to another, by cost; strength 1',
      plot: { marginLeft: 40, marginRight: 60 },
    },
    plot: {
      x: { label: 'cost of the way', grid: true },
      y: { label: 'share that goes', grid: true, domain: [0, 1.05] },
      color: { domain: kinds, range: colours, legend: false },
      marginRight: 80,
      marks: [
        Plot.line(curves, { x: 'cost', y: 'share', stroke: 'kind', strokeWidth: 2 }),
        Plot.text(
          // Where curves are apart.
          [
            { kind: 'tv', cost: 2, share: 0.9 },
            { kind: 'quadratic', cost: 1.16, share: 0.13 },
            { kind: 'berg', cost: 3, share: 0.45 },
            { kind: 'kl', cost: 3, share: 0.28 },
            { kind: 'hellinger', cost: 3, share: 0.1 },
          ],
          { x: 'cost', y: 'share', text: 'kind', fill: 'kind', dx: 8, textAnchor: 'start', fontSize: 13 },
        ),
      ],
    },
  };
}
