/**
 * Draws the recipes' pictures of the gallery, docs/public/thumbnails/recipe-*.svg, from what the recipes compute.
 *
 * Run it after `pnpm run build`: node docs/guide/recipes/makeThumbnails.mjs
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { barycenter, cpu, sinkhornDivergence } from 'sinkhorn';
import { registerRigid } from 'sinkhorn/toolkit';
import { theme } from '../../../packages/cli/dist/plots/theme.js';
import { inBothThemes } from '../../images/inBothThemes.mjs';

const WIDTH = 320;
const HEIGHT = 200;
const { accent, second, text, muted, line } = theme;
const folder = new URL('../../public/thumbnails/', import.meta.url);
const backend = cpu();
const golden = Math.PI * (3 - Math.sqrt(5));

const disc = (count, x, y, radius) =>
  Array.from({ length: count }, (_, k) => {
    const far = radius * Math.sqrt((k + 0.5) / count);
    return [x + far * Math.cos(k * golden), y + far * Math.sin(k * golden)];
  });
const dots = (points, fill, r = 3) =>
  points.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r}" fill="${fill}"/>`).join('');
const stroke = (from, to, colour, opacity = 0.5) =>
  `<path d="M${from.map((v) => v.toFixed(1))}L${to.map((v) => v.toFixed(1))}" stroke="${colour}" stroke-opacity="${opacity}"/>`;
const bars = (heights, x, fill, width, opacity = 1) =>
  heights
    .map(
      (height, k) =>
        `<rect x="${x + k * width}" y="${(170 - height).toFixed(1)}" width="${width - 3}" height="${height.toFixed(1)}" fill="${fill}" fill-opacity="${opacity}"/>`,
    )
    .join('');
const code = (lines) =>
  lines
    .map(
      (each, k) =>
        `<text x="24" y="${62 + 34 * k}" font-family="ui-monospace, Menlo, monospace" font-size="19" fill="${k ? text : accent}">${each.replaceAll('<', '&lt;')}</text>`,
    )
    .join('');
const rows = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
const bell = (k, centre, width) => Math.exp(-(((k - centre) / width) ** 2));

const pictures = {
  drift() {
    const heights = (centre) => Array.from({ length: 18 }, (_, k) => 130 * bell(k, centre, 4));
    return (
      bars(heights(6), 26, second, 15, 0.7) +
      bars(heights(10.5), 26, accent, 15, 0.7) +
      stroke([20, 170], [300, 170], muted, 1)
    );
  },
  embeddings() {
    return (
      dots(disc(70, 125, 100, 85), second, 3.5) +
      dots(disc(60, 128, 102, 82), text, 2) +
      dots(disc(12, 262, 66, 26), accent, 4)
    );
  },
  async registration() {
    const scan = Array.from({ length: 70 }, (_, i) => [100 * Math.cos(i), 34 * Math.sin(2 * i) + 12 * Math.cos(3 * i)]);
    const turned = scan.map(([x, y]) => [0.82 * x - 0.57 * y + 12, 0.57 * x + 0.82 * y]);
    const { points } = await registerRigid(scan, turned, { backend });
    const at = ([x, y]) => [155 + x, 100 + y];
    const reached = rows(points);
    return (
      scan.map((point, i) => stroke(at(point), at(reached[i]), text, 0.35)).join('') +
      dots(scan.map(at), accent) +
      dots(turned.map(at), second)
    );
  },
  colours() {
    const swatches = (y, colour) =>
      Array.from(
        { length: 8 },
        (_, k) => `<rect x="${24 + 34 * k}" y="${y}" width="34" height="56" fill="rgb(${colour(k / 7)})"/>`,
      ).join('');
    const grey = (t) => [255 * t, 255 * t, 255 * t].map(Math.round);
    const warm = (t) => [80 + 175 * t, 40 + 160 * t, 90 * t].map(Math.round);
    const arrows = [58, 160, 262].map((x) => stroke([x, 88], [x, 112], muted, 1)).join('');
    return swatches(28, grey) + arrows + swatches(116, warm);
  },
  digits() {
    const cell = 8;
    return [0, 1, 2]
      .flatMap((image) =>
        Array.from({ length: 10 * 14 }, (_, k) => {
          const [i, j] = [Math.floor(k / 10), k % 10];
          const shade = bell(j, 2.5 + 2.2 * image, 1.3) * (i > 1 && i < 12 ? 1 : 0.05);
          return `<rect x="${26 + 94 * image + cell * j}" y="${44 + cell * i}" width="${cell}" height="${cell}" fill="${accent}" fill-opacity="${shade.toFixed(2)}"/>`;
        }),
      )
      .concat(
        [0, 1, 2].map(
          (image) =>
            `<rect x="${26 + 94 * image}" y="44" width="80" height="112" fill="none" stroke="${line}" stroke-width="2"/>`,
        ),
      )
      .join('');
  },
  async barycenters() {
    const bump = (centre) => ({
      grid: Array.from({ length: 40 }, (_, k) => bell(k, centre, 3)),
      shape: [40],
      spacing: 1,
    });
    const solver = barycenter({ backend, blur: 1, weights: [0.5, 0.5], normalize: true });
    const { weights } = await solver.solve([bump(9), bump(30)], { support: 'grid' });
    const tall = (values) => Array.from(values, (value) => (130 * value) / Math.max(...values));
    return (
      bars(tall(bump(9).grid), 20, second, 7) +
      bars(tall(bump(30).grid), 20, second, 7) +
      bars(tall(weights), 20, accent, 7, 0.85)
    );
  },
  generator() {
    const moon = (count, flip) =>
      Array.from({ length: count }, (_, k) => {
        const angle = Math.PI * ((k + 0.5) / count);
        const noise = 9 * Math.sin(k * k);
        return flip
          ? [190 + (78 + noise) * Math.cos(angle + Math.PI), 85 - (62 + noise) * Math.sin(angle + Math.PI)]
          : [122 + (78 + noise) * Math.cos(angle), 122 - (62 + noise) * Math.sin(angle)];
      });
    return (
      dots([...moon(70, false), ...moon(70, true)], second, 2.5) +
      dots([...moon(40, false), ...moon(40, true)], accent, 2)
    );
  },
  async cells() {
    const earlier = [...disc(14, 60, 60, 26), ...disc(14, 60, 145, 26)];
    const later = [...disc(42, 240, 55, 42), ...disc(14, 240, 150, 26)];
    const loss = sinkhornDivergence({ backend, blur: 8, reach: { x: 300 }, debias: false, normalize: true });
    const { plan } = await loss.solve(earlier, later);
    const from = rows(await plan.transpose().barycentricMap());
    return (
      later.map((point, j) => stroke(from[j], point, text, 0.25)).join('') + dots(earlier, accent) + dots(later, second)
    );
  },
  newton() {
    const grid = Array.from({ length: 84 }, (_, k) => [52 + 18 * (k % 12), 44 + 19 * Math.floor(k / 12)]);
    const bent = grid.map(([x, y]) => [x + 13 * Math.sin(y / 30), y + 13 * Math.sin(x / 40)]);
    return grid.map((point, k) => stroke(point, bent[k], text, 0.3)).join('') + dots(grid, accent) + dots(bent, second);
  },
  'learned-costs'() {
    const first = Array.from({ length: 8 }, () => 120);
    const noise = Array.from({ length: 8 }, (_, k) => 120 * 0.7 ** k);
    return bars(first, 24, second, 16) + bars(noise, 172, accent, 16) + stroke([20, 170], [300, 170], muted, 1);
  },
  react() {
    return (
      code(['<Distance', '  x={scan} y={model}', '/>']) +
      `<rect x="24" y="164" width="272" height="8" rx="4" fill="${line}"/><rect x="24" y="164" width="180" height="8" rx="4" fill="${second}"/>`
    );
  },
  html() {
    return code(['<script type="module">', '  import * from', "  './sinkhorn/all.js'", '</script>']);
  },
  'deno-bun'() {
    return code(['$ node first.ts', '$ bun first.ts', '$ deno run first.ts', '12.50']);
  },
};

await mkdir(folder, { recursive: true });
for (const [name, draw] of Object.entries(pictures)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" fill="none" stroke-width="1.5"><rect width="${WIDTH}" height="${HEIGHT}" fill="${theme.panel}"/>${await draw()}</svg>\n`;
  await writeFile(new URL(`recipe-${name}.svg`, folder), inBothThemes(svg));
}
backend.dispose();
