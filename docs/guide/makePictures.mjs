/**
 * Draws docs/guide/parameters.svg: where the plan takes the points of one cloud, for several p, blur and reach; and parameters-narrow.svg, the
 * same for phones.
 *
 * Run it after `pnpm run build`: node docs/guide/makePictures.mjs
 */
import { writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { cpu, sinkhornDivergence } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { inBothThemes } from '../images/inBothThemes.mjs';

const COUNT = 90;
const backend = cpu();
const x = cloud((k) => polar(0.2, 0.5, 0.15 * Math.sqrt((k + 0.5) / COUNT), k));
/** Two thirds nearby, one third far away. */
const y = cloud((k) =>
  k % 3
    ? polar(0.45, 0.25, 0.12 * Math.sqrt((k + 0.5) / COUNT), k)
    : polar(0.85, 0.75, 0.1 * Math.sqrt((k + 0.5) / COUNT), k),
);

const columns = ['blur 0.02', 'blur 0.2', 'blur 0.02, reach 0.3'];
const settings = [1, 2].flatMap((p) => [
  { p, column: columns[0], options: { p, blur: 0.02 } },
  { p, column: columns[1], options: { p, blur: 0.2 } },
  { p, column: columns[2], options: { p, blur: 0.02, reach: 0.3 } },
]);
const links = [];
for (const { p, column, options } of settings) {
  const loss = sinkhornDivergence({ backend, ...options, debias: false, tolerance: 1e-2 });
  const { plan } = await loss.solve({ points: x, dimension: 2 }, { points: y, dimension: 2 });
  const [ends, { rows }] = [await plan.barycentricMap(), await plan.marginals()];
  for (let i = 0; i < COUNT; i++) {
    const kept = Math.min(1, rows[i] * COUNT);
    links.push({ p: `p = ${p}`, column, x1: x[2 * i], y1: x[2 * i + 1], x2: ends[2 * i], y2: ends[2 * i + 1], kept });
  }
}
backend.dispose();

/** @param {'fx' | 'fy'} across - What columns tell apart on a wide page; on a phone there are two columns, by p. */
const plotBy = (across, down) => ({
  x: { domain: [0, 1], axis: null },
  y: { domain: [0, 1], axis: null },
  [across]: { label: null, domain: columns },
  [down]: { label: null },
  marks: [
    Plot.frame({ stroke: theme.line }),
    Plot.dot(dots(y), { x: 'x', y: 'y', r: 2, fill: theme.second }),
    Plot.link(links, {
      x1: 'x1',
      y1: 'y1',
      x2: 'x2',
      y2: 'y2',
      [across]: 'column',
      [down]: 'p',
      stroke: theme.text,
      strokeOpacity: ({ kept }) => 0.6 * kept,
    }),
    Plot.dot(dots(x), { x: 'x', y: 'y', r: 2, fill: theme.accent }),
  ],
});
const title = 'Where mass goes, by p, blur and reach';
const wide = drawChart({
  title,
  subtitle: 'Lines lead from orange points to where the plan takes them on average; a fainter line carries less mass',
  width: 960,
  height: 640,
  plot: { marginRight: 60, ...plotBy('fx', 'fy') },
});
const narrow = drawChart({
  title: 'Where mass goes',
  subtitle: 'Where the plan takes orange points on average',
  width: 400,
  height: 660,
  plot: { marginLeft: 0, marginRight: 136, ...plotBy('fy', 'fx'), fy: { label: null, domain: columns, axis: 'right' } },
});
await writeFile(new URL('parameters.svg', import.meta.url), inBothThemes(wide));
await writeFile(new URL('parameters-narrow.svg', import.meta.url), inBothThemes(narrow));

function cloud(place) {
  return Float64Array.from({ length: 2 * COUNT }, (_, i) => place(Math.floor(i / 2))[i % 2]);
}

function polar(centreX, centreY, radius, k) {
  const angle = k * Math.PI * (3 - Math.sqrt(5));
  return [centreX + radius * Math.cos(angle), centreY + radius * Math.sin(angle)];
}

function dots(points) {
  return Array.from({ length: COUNT }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1] }));
}
