/**
 * Draws the pictures of docs/guide/losses.md, those of penalties and of roots in docs/guide/parameters.md, and that of docs/guide/blur.md.
 *
 * Run it after `pnpm run build`: node docs/guide/makeLosses.mjs
 */
import { writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import {
  cosine,
  cpu,
  exactTransport,
  gaussianBarycenter,
  greatCircle,
  huber,
  labelledDivergence,
  manhattan,
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
await draw('losses-costs.svg', ofCosts());
await draw('penalties.svg', await ofPenalties());
await draw('parameters-root.svg', await ofRoots());
await draw('blur-median.svg', await ofMedians());
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
        // Farther out to the sides, where a label is wide.
        Plot.text([0, 6, 12, 18], {
          x: (hour) => place(hour, hour % 12 ? 8 : 6)[0],
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
    { labelWeight: 1e-6, panel: 'points alone' },
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
        // Between both peaks.
        Plot.text([81], { x: across, y: up(solution.value) + 0.2, text: () => 'mean', fill: theme.second }),
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
            { kind: 'quadratic', cost: 0.2, share: 0.13 },
            { kind: 'berg', cost: 3, share: 0.45 },
            { kind: 'kl', cost: 3, share: 0.28 },
            { kind: 'hellinger', cost: 3, share: 0.06 },
          ],
          {
            x: 'cost',
            y: 'share',
            text: 'kind',
            fill: 'kind',
            dx: 8,
            textAnchor: 'start',
            fontSize: 13,
            stroke: theme.background,
            strokeWidth: 4,
          },
        ),
      ],
    },
  };
}

/** Level lines of the costs by name, from a point: along each the cost is the same, and from one to the next it grows by as much. */
function ofCosts() {
  const pixels = 120;
  const square = [-3, 3];
  const panels = [
    { name: 'manhattan', cost: manhattan, from: [0, 0], x: square, y: square, step: 1 },
    { name: 'huber(1)', cost: huber(1), from: [0, 0], x: square, y: square, step: 0.5 },
    { name: 'cosine', cost: cosine, from: [1, 0], x: square, y: square, step: 0.25 },
    // Latitude and longitude: north is up.
    { name: 'greatCircle(), km', cost: greatCircle(), from: [48.86, 2.35], x: [-120, 125], y: [-35, 89], step: 2000 },
  ].map(({ cost, from, ...panel }) => {
    const between = ([low, high], share) => low + (high - low) * share;
    const isMap = panel.name.startsWith('greatCircle');
    const points = Array.from({ length: pixels ** 2 }, (_, k) => {
      const across = between(panel.x, ((k % pixels) + 0.5) / pixels);
      const up = between(panel.y, (Math.floor(k / pixels) + 0.5) / pixels);
      return isMap ? [up, across] : [across, up];
    });
    // One point to each other, as a batch.
    const shape = [points.length, 1, 2];
    const values = exactTransport({ cost }).valueSync(
      { data: points.flatMap(() => from), shape },
      { data: points.flat(), shape },
    );
    const [right, top] = isMap ? [from[1], from[0]] : from;
    const share = ([low, high], value) => (value - low) / (high - low);
    return { ...panel, values, at: [share(panel.x, right), share(panel.y, top)] };
  });
  const marks = (placeOf) =>
    panels.flatMap(({ name, values, at, step }, k) => {
      const [left, bottom] = placeOf(k);
      const most = Math.max(...values);
      return [
        Plot.contour(values, {
          width: pixels,
          height: pixels,
          x1: left,
          y1: bottom,
          x2: left + 1,
          y2: bottom + 1,
          stroke: theme.accent,
          strokeWidth: 1.2,
          thresholds: Array.from({ length: Math.floor(most / step) }, (_, level) => (level + 1) * step),
        }),
        Plot.rect([0], { x1: left, x2: left + 1, y1: bottom, y2: bottom + 1, stroke: theme.line, fill: 'none' }),
        Plot.dot([0], { x: left + at[0], y: bottom + at[1], r: 4, fill: theme.second }),
        Plot.text([name], {
          x: left,
          y: bottom + 1,
          text: (label) => label,
          dy: -10,
          textAnchor: 'start',
          fontSize: 14,
          fill: theme.text,
        }),
      ];
    });
  return {
    title: 'Level lines of four costs, from the blue point',
    subtitle: 'Along a line the cost is the same; steps of 1, 0.5, 0.25 and 2000 km from Paris, on a map by degrees',
    height: 336,
    narrow: {
      title: 'Costs by name',
      subtitle: 'Level lines from the blue point, Paris at last',
      height: 468,
      plot: {
        ...BARE,
        x: { domain: [0, 2.12], axis: null },
        y: { domain: [0, 2.4], axis: null },
        marks: marks((k) => [1.12 * (k % 2), k < 2 ? 1.25 : 0]),
      },
    },
    plot: {
      ...BARE,
      x: { domain: [0, 4.36], axis: null },
      y: { domain: [0, 1.15], axis: null },
      marks: marks((k) => [1.12 * k, 0]),
    },
  };
}

async function ofRoots() {
  const x = disc(60, [0, 0], 1);
  const names = ['the divergence', 'its root'];
  const curves = [];
  for (let shift = 0; shift <= 3.0001; shift += 0.125) {
    const y = disc(60, [shift, 0], 1, 1);
    for (const [k, root] of [false, true].entries()) {
      const value = await sinkhornDivergence({ backend, blur: 0.3, root }).value(x, y);
      curves.push({ name: names[k], shift, value });
    }
  }
  return {
    title: 'A disc moves away from another: root: true gives the way it went',
    subtitle: 'The divergence is half the square of the way, for p = 2; blur 0.3',
    height: 340,
    narrow: {
      title: 'A disc moves away',
      subtitle: 'root: true gives the way it went; p = 2',
      height: 280,
      plot: { marginLeft: 36, marginRight: 16 },
    },
    plot: {
      x: { label: 'by how much it is moved', grid: true },
      y: { label: 'value', grid: true, domain: [0, 4.6] },
      color: { domain: names, range: [theme.accent, theme.second], legend: false },
      marks: [
        Plot.line(curves, { x: 'shift', y: 'value', stroke: 'name', strokeWidth: 2 }),
        Plot.text(
          [
            { name: names[0], x: 2.3, y: 3.4 },
            { name: names[1], x: 1.2, y: 1.75 },
          ],
          { x: 'x', y: 'y', text: 'name', fill: 'name', textAnchor: 'end', fontSize: 14 },
        ),
      ],
    },
  };
}

async function ofMedians() {
  let state = 1;
  const draw = () => {
    state = (16807 * state) % 2147483647;
    return state / 2147483647;
  };
  const cloud = (shift = 0) =>
    Array.from({ length: 150 }, () => Array.from({ length: 50 }, (_, d) => draw() + (d === 0 ? shift : 0)));
  const [x, same, moved] = [cloud(), cloud(), cloud(0.8)];
  const curve = [];
  for (let power = -5; power <= 1.001; power += 0.25) {
    const loss = sinkhornDivergence({ backend, blur: { median: 2 ** power } });
    const [alike, apart] = [await loss.solve(x, same), await loss.solve(x, moved)];
    curve.push({ share: 2 ** power, ratio: apart.value / alike.value, isTold: alike.diagnostics.advice !== undefined });
  }
  return {
    title: 'What a blur sees in 50 dimensions',
    subtitle:
      'The value of two cubes that are apart over that of two samples of one cube; diagnostics advise a larger blur at rings',
    height: 340,
    narrow: {
      title: 'What a blur sees',
      subtitle: 'Two cubes over one; rings: advice',
      height: 280,
      plot: { marginLeft: 36, marginRight: 20 },
    },
    plot: {
      x: {
        label: 'blur, in median distances',
        type: 'log',
        base: 2,
        grid: true,
        tickFormat: (value) => (value < 1 ? `1/${Math.round(1 / value)}` : `${value}`),
      },
      y: { label: 'times as much', grid: true, domain: [0, Math.ceil(Math.max(...curve.map(({ ratio }) => ratio)))] },
      marks: [
        Plot.ruleY([1], { stroke: theme.muted, strokeDasharray: '4 4' }),
        Plot.line(curve, { x: 'share', y: 'ratio', stroke: theme.accent, strokeWidth: 2 }),
        Plot.dot(curve, {
          x: 'share',
          y: 'ratio',
          r: 4,
          stroke: theme.accent,
          fill: ({ isTold }) => (isTold ? theme.panel : theme.accent),
        }),
      ],
    },
  };
}
