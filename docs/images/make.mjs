/**
 * Draws docs/images/flows.svg: one cloud moved onto another down the gradients of the losses; and flows-narrow.svg for phones.
 *
 * Run it after `pnpm run build`: node docs/images/make.mjs
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { positionColour } from '../../packages/cli/dist/plots/positionColour.js';
import { element, label } from '../../packages/cli/dist/plots/svg.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import {
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  sinkhornDivergence,
  wasm,
} from '../../packages/sinkhorn/dist/index.js';
import { inBothThemes } from './inBothThemes.mjs';

const count = 500;
const blur = 0.05;
const steps = 120;
/** No point goes farther than this in one step, as when gradients are clipped. */
const longestStep = 0.05;

/** Where panels are and how large text is, in pixels. */
const PAGE = {
  columns: 3,
  gap: 16,
  margin: 24,
  header: 88,
  panel: { width: 373, height: 286, middle: 166, edge: 12 },
  // Font sizes and base lines.
  title: [24, 45],
  subtitle: [15, 70],
  name: [17, 28],
  remark: [14, 49],
  dots: [4.2, 2.4],
};
const PHONE = {
  columns: 2,
  gap: 8,
  margin: 12,
  header: 76,
  panel: { width: 184, height: 174, middle: 108, edge: 8 },
  title: [20, 36],
  subtitle: [13, 58],
  name: [14, 22],
  remark: [12, 39],
  dots: [2.4, 1.4],
};

const backend = await wasm({ threads: 1, precision: 'float64' });
const x = disc(count, [0.25, 0.56], 0.2);
const y = spiral(count, [0.82, 0.5], 0.36);

/** Each loss with a step length that suits the units of its gradient. */
const flows = [
  {
    title: 'Entropic transport',
    remark: 'arrives, but shrunken by the blur',
    brief: 'arrives shrunken',
    loss: sinkhornDivergence({ backend, blur, debias: false }),
    rate: 0.2,
  },
  {
    title: 'Gaussian MMD',
    remark: 'stalls: most of the target lies beyond its kernel',
    brief: 'stalls',
    loss: gaussianMmd({ backend, blur }),
    rate: 0.1 * blur ** 2,
  },
  {
    title: 'Energy distance',
    remark: 'comes close, and leaves stragglers',
    brief: 'leaves stragglers',
    loss: energyDistance({ backend }),
    rate: 0.02,
  },
  {
    title: 'Hausdorff divergence',
    remark: 'covers the near side first',
    brief: 'near side first',
    loss: hausdorffDivergence({ backend, blur }),
    rate: 0.2,
  },
  {
    title: 'Sinkhorn divergence',
    remark: 'arrives, the shape intact',
    brief: 'arrives',
    loss: sinkhornDivergence({ backend, blur }),
    rate: 0.2,
  },
];

const paths = flows.map(({ title, loss, rate }) => {
  const startedAt = performance.now();
  const path = descend(loss, rate);
  console.log(`${title}: ${steps} steps in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return path;
});
backend.dispose();
for (const [name, layout] of Object.entries({ flows: PAGE, 'flows-narrow': PHONE })) {
  await writeFile(fileURLToPath(new URL(`${name}.svg`, import.meta.url)), inBothThemes(draw(paths, layout)));
}

/** Points spread evenly over a disc (Vogel 1979). */
function disc(n, [centreX, centreY], radius) {
  const points = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const r = radius * Math.sqrt((k + 0.5) / n);
    const angle = k * Math.PI * (3 - Math.sqrt(5));
    points.set([centreX + r * Math.cos(angle), centreY + r * Math.sin(angle)], 2 * k);
  }
  return points;
}

/** Two arms that wind out of a centre, a ribbon of points each. */
function spiral(n, [centreX, centreY], radius) {
  const points = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const share = (Math.floor(k / 2) + 0.5) / (n / 2);
    const angle = 1.75 * Math.sqrt(share) * Math.PI + (k % 2) * Math.PI + 0.9;
    const across = (((k * 0.618034) % 1) - 0.5) * 0.075;
    const r = radius * Math.sqrt(share) + across;
    points.set([centreX + r * Math.cos(angle), centreY + r * Math.sin(angle)], 2 * k);
  }
  return points;
}

/** The points after each step of x <- x - rate * gradient / weight, clipped point by point. */
function descend(loss, rate) {
  const target = loss.target({ points: y, dimension: 2 });
  const path = [x];
  let start;
  for (let step = 0; step < steps; step++) {
    const points = path[step];
    const solution = target.solveSync({ points, dimension: 2 }, { start, wrt: 'x' });
    start = solution;
    const gradient = solution.gradientsSync('x').x.points;
    path.push(
      points.map((value, k) => {
        const i = k - (k % 2);
        const length = rate * count * Math.hypot(gradient[i], gradient[i + 1]);
        return value - rate * count * gradient[k] * Math.min(1, longestStep / length);
      }),
    );
  }
  return path;
}

function draw(paths, layout) {
  const { columns, gap, margin, header } = layout;
  const { middle, edge, ...panel } = layout.panel;
  const isNarrow = layout === PHONE;
  const rows = Math.ceil((flows.length + 1) / columns);
  const width = 2 * margin + columns * panel.width + (columns - 1) * gap;
  const height = header + rows * panel.height + (rows - 1) * gap + margin;
  const scale = (panel.width - 2 * edge) / 1.24;
  const text = (x, [size, y], words, fill, bold) =>
    label(x, y, words, { fill, 'font-size': size, ...(bold && { 'font-weight': 600 }) });
  const place = (points) => {
    const at = (i) => [edge + scale * points[2 * i], middle - scale * (points[2 * i + 1] - 0.5)];
    return Array.from({ length: points.length / 2 }, (_, i) => at(i).map(tenth).join(' '));
  };
  const colours = coloursOf(x);
  const drawPanel = (index, title, remark, path) =>
    element(
      'g',
      {
        transform: `translate(${margin + (index % columns) * (panel.width + gap)} ${header + Math.floor(index / columns) * (panel.height + gap)})`,
      },
      element('use', { href: '#panel' }),
      path.length > 1 ? drawTrails(path.map(place), colours) : '',
      drawDots(place(path[path.length - 1]), colours, { 'stroke-width': layout.dots[0] }),
      text(edge + 4, layout.name, title, theme.text, true),
      text(edge + 4, layout.remark, remark, theme.muted),
    );

  const grey = Array.from({ length: count }, () => theme.muted);
  const title = 'One start, one target, five losses';
  const subtitle = isNarrow
    ? `Coloured points flow to grey ones: blur ${blur}`
    : `The coloured points go down the gradient of each loss towards the grey ones: ${steps} steps, p = 2, blur ${blur}.`;
  return `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      'font-family': theme.font,
      role: 'img',
      'aria-label': `${title}. ${subtitle}`,
    },
    element(
      'defs',
      {},
      element(
        'g',
        { id: 'panel' },
        element('rect', { ...panel, rx: 10, fill: theme.panel }),
        drawDots(place(y), grey, { 'stroke-width': layout.dots[1], opacity: 0.5 }),
      ),
    ),
    element('rect', { width, height, rx: 14, fill: theme.background }),
    text(margin + 4, layout.title, title, theme.text, true),
    text(margin + 4, layout.subtitle, subtitle, theme.muted),
    drawPanel(0, 'Start and target', `${count} points each`, [x]),
    ...flows.map(({ title, remark, brief }, k) => drawPanel(k + 1, title, isNarrow ? brief : remark, paths[k])),
  )}\n`;
}

/** A colour for each point by where it starts, in steps, so that points of one colour share an element. */
function coloursOf(points) {
  const step = 0.045;
  const planar = { x: points.filter((_, k) => k % 2 === 0), y: points.filter((_, k) => k % 2 === 1) };
  const colour = positionColour(planar);
  const nearest = (value) => step * Math.round(value / step);
  return Array.from(planar.x, (value, i) => colour(nearest(value), nearest(planar.y[i])));
}

/** Dots are lines without length and with round ends: a fraction of what circles take. */
function drawDots(places, colours, attributes) {
  const dots = places.map((place) => `M${place}h0`);
  return element(
    'g',
    { fill: 'none', 'stroke-linecap': 'round', ...attributes },
    ...grouped(dots, colours).map(([stroke, d]) => element('path', { d, stroke })),
  );
}

/** The way of every other point, with the more corners the faster it goes. */
function drawTrails(path, colours) {
  const corners = path.filter((_, step) => [0, 2, 4, 7, 12, 20, 32, 50, 80, path.length - 1].includes(step));
  const trails = colours.map((_, i) => (i % 2 ? '' : `M${corners.map((places) => places[i]).join('L')}`));
  return element(
    'g',
    { fill: 'none', 'stroke-width': 0.8, 'stroke-opacity': 0.4 },
    ...grouped(trails, colours).map(([stroke, d]) => element('path', { d, stroke })),
  );
}

function grouped(texts, colours) {
  const groups = new Map();
  texts.forEach((text, i) => {
    groups.set(colours[i], (groups.get(colours[i]) ?? '') + text);
  });
  return [...groups];
}

/** A coordinate to a tenth of a pixel. */
function tenth(value) {
  return String(Math.round(value * 10) / 10);
}
