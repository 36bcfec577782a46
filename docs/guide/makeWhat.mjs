/**
 * Draws docs/guide/what.svg: which way three losses move the points of one cloud, where masses differ and places do not; and
 * docs/guide/what-narrow.svg, the same for phones.
 *
 * Run it after `pnpm run build`: node docs/guide/makeWhat.mjs
 */
import { writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { cpu, gaussianMmd, sinkhornDivergence } from 'sinkhorn';
import { drawChart } from '../../packages/cli/dist/plots/chart.js';
import { theme } from '../../packages/cli/dist/plots/theme.js';
import { inBothThemes } from '../images/inBothThemes.mjs';

const COUNT = 100;
const BLUR = 0.05;
const backend = cpu();
const x = blobs(70, 0);
const y = blobs(30, 0.5);

const panels = ['Chamfer distance', 'Gaussian MMD', 'Sinkhorn divergence'];
const slopes = [
  chamferSlope(),
  await slopeOf(gaussianMmd({ backend, blur: BLUR })),
  await slopeOf(sinkhornDivergence({ backend, blur: BLUR })),
];
backend.dispose();
/** How long the longest line of a panel is; the Chamfer distance moves points no farther than its lines. */
const LENGTHS = [undefined, 0.1, 0.4];
const links = panels.flatMap((panel, k) => {
  const lengths = Array.from({ length: COUNT }, (_, i) => Math.hypot(slopes[k][2 * i], slopes[k][2 * i + 1]));
  const longest = LENGTHS[k];
  const factor = longest ? longest / Math.max(...lengths) : 1;
  return Array.from({ length: COUNT }, (_, i) => ({
    panel,
    x1: x[2 * i],
    y1: x[2 * i + 1],
    x2: x[2 * i] - factor * slopes[k][2 * i],
    y2: x[2 * i + 1] - factor * slopes[k][2 * i + 1],
  }));
});

await draw('what.svg', 'fx', {
  title: '70 and 30 points have to become 30 and 70',
  subtitle: 'Orange moves, blue is the target; lines say which way each loss moves the orange points',
  width: 960,
  height: 380,
});
await draw('what-narrow.svg', 'fy', {
  title: '70 and 30 to 30 and 70',
  subtitle: 'Orange moves to blue, by lines; three losses',
  width: 380,
  height: 720,
});

/** Draws the panels side by side, or one below the other. */
async function draw(file, facet, card) {
  const svg = drawChart({
    ...card,
    plot: {
      ...(facet === 'fy' && { marginLeft: 8, marginRight: 8, marginBottom: 8 }),
      x: { domain: [0, 1], axis: null },
      y: { domain: [0.2, 0.8], axis: null },
      [facet]: { label: null, domain: panels, ...(facet === 'fy' && { axis: null }) },
      marks: [
        Plot.frame({ stroke: theme.line }),
        Plot.dot(dots(y), { x: 'x', y: 'y', r: 2, fill: theme.second }),
        Plot.link(links, {
          x1: 'x1',
          y1: 'y1',
          x2: 'x2',
          y2: 'y2',
          [facet]: 'panel',
          stroke: theme.text,
          strokeOpacity: 0.6,
        }),
        Plot.dot(dots(x), { x: 'x', y: 'y', r: 2, fill: theme.accent }),
        ...(facet === 'fy'
          ? [
              Plot.text(panels, {
                fy: (panel) => panel,
                text: (panel) => panel,
                frameAnchor: 'top',
                dy: 8,
                fontSize: 14,
                fill: theme.text,
              }),
            ]
          : []),
      ],
    },
  });
  await writeFile(new URL(file, import.meta.url), inBothThemes(svg));
}

/** So many of the points on the left and the others on the right, each blob evenly filled. */
function blobs(left, turn) {
  return Float64Array.from({ length: 2 * COUNT }, (_, index) => {
    const i = Math.floor(index / 2);
    const [centre, k, size] = i < left ? [0.22, i, left] : [0.78, i - left, COUNT - left];
    const radius = 0.13 * Math.sqrt((k + 0.5) / size);
    const angle = k * Math.PI * (3 - Math.sqrt(5)) + turn;
    return index % 2 ? 0.5 + radius * Math.sin(angle) : centre + radius * Math.cos(angle);
  });
}

async function slopeOf(loss) {
  const { x: gradient } = await loss.valueAndGradients({ points: x, dimension: 2 }, { points: y, dimension: 2 });
  return gradient.points;
}

/** From each point away from its nearest neighbour of the target. */
function chamferSlope() {
  return x.map((value, index) => {
    const i = index - (index % 2);
    let nearest = 0;
    for (let j = 0; j < y.length; j += 2) {
      const far = (k) => Math.hypot(x[i] - y[k], x[i + 1] - y[k + 1]);
      if (far(j) < far(nearest)) nearest = j;
    }
    return value - y[nearest + (index % 2)];
  });
}

function dots(points) {
  return Array.from({ length: COUNT }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1] }));
}
