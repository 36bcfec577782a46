/**
 * Draws docs/images/barycenters.png: three pictures at the corners of a triangle, and the barycenters between them.
 *
 * Run it after `pnpm run build`: node docs/images/makeBarycenters.mjs
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { gridContents } from '../../packages/cli/dist/writers/gridContents.js';
import { barycenter, wasm } from '../../packages/sinkhorn/dist/index.js';

const SIZE = 32;
const STEPS = 4;
/** Pixels of the drawing for each of a picture, and between pictures. */
const SCALE = 4;
const GAP = 12;
const CELL = SIZE * SCALE + GAP;

const { pictures } = await sourceOf('pictures');
const { triangle } = await sourceOf('triangle');
const backend = await wasm({ threads: 1 });
const corners = [pictures.ring, pictures.cross, pictures.discs].map(({ masses }) => masses(SIZE));
const side = (STEPS + 1) * CELL + GAP;
const values = new Float64Array(side * side);
for (const [row, places] of triangle(STEPS).entries()) {
  for (const [place, shares] of places.entries()) {
    const left = GAP + ((STEPS - row) / 2 + place) * CELL;
    draw(await between(shares), Math.round(left), GAP + row * CELL);
  }
}
backend.dispose();
const file = fileURLToPath(new URL('barycenters.png', import.meta.url));
await writeFile(file, gridContents(file, { values, shape: [side, side], spacing: [1, 1] }, 'brightness'));
console.log(`wrote ${file}`);

/** A file of the demo, which is TypeScript. */
async function sourceOf(name) {
  const text = await readFile(new URL(`../demos/barycenters/${name}.ts`, import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext } });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

/** The picture with these shares of the three. */
async function between(shares) {
  const corner = shares.indexOf(1);
  if (corner >= 0) return corners[corner];
  const counting = corners.filter((_, k) => shares[k] > 0);
  const weights = shares.filter((share) => share > 0);
  const solver = barycenter({ backend, blur: 1, weights, normalize: true, tolerance: 1e-3, maxIterations: 40 });
  const measures = counting.map((grid) => ({ grid, shape: [SIZE, SIZE], spacing: 1 }));
  const found = await solver.solve(measures, { support: 'grid' });
  const { gap, converged } = found.diagnostics;
  console.log(
    `${shares.map((share) => share.toFixed(2))}: objective ${found.value.toFixed(3)}, gap ${gap.toFixed(3)}, ${converged}`,
  );
  return found.weights;
}

function draw(masses, left, top) {
  const most = masses.reduce((largest, mass) => Math.max(largest, mass), 0);
  for (let y = 0; y < SIZE * SCALE; y++) {
    for (let x = 0; x < SIZE * SCALE; x++) {
      const mass = masses[Math.floor(y / SCALE) * SIZE + Math.floor(x / SCALE)];
      // In steps of eight bits, which the file stores in less.
      values[(top + y) * side + left + x] = Math.round(255 * (mass / most) ** 0.7) / 255;
    }
  }
}
