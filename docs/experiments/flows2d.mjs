/**
 * Two-dimensional gradient flows (Feydy et al. 2019, section 4) between drawn densities, 500 points each.
 *
 * Run it after `pnpm run build`, for all pairs of densities or for those named:
 * node docs/experiments/flows2d.mjs moons slopes crescents
 * With --figures it runs the losses that the figures show, a third of them, and leaves the tables as they are.
 */
import { sinkhornDivergence, wasm } from 'sinkhorn';
import { DENSITIES } from './support/densities.mjs';
import { flow, SNAPSHOTS } from './support/flow.mjs';
import { drawFlows, drawFlowsNarrow } from './support/flowPictures.mjs';
import { paperLosses } from './support/paperLosses.mjs';
import { drawFrom } from './support/random.mjs';
import { digits, writeFigure, writeTable } from './support/write.mjs';

const COUNT = 500;
const LENGTHS = [0.01, 0.05, 0.1, 0.5, 1];
const KERNEL_LENGTHS = [0.01, 0.05, 0.1, 0.5, 1, 100];

const backend = await wasm({ threads: 1 });
const losses = paperLosses(backend, { lengths: LENGTHS, kernelLengths: KERNEL_LENGTHS });
// Of how far a state is from its target: near the distance of optimal transport, root mean square.
const yardstick = sinkhornDivergence({ backend, blur: 0.02 });
const names = process.argv.slice(2).filter((name) => name !== '--figures');
const onlyFigures = process.argv.includes('--figures');
for (const name of names.length > 0 ? names : Object.keys(DENSITIES)) await runPair(name);
backend.dispose();

async function runPair(name) {
  const density = DENSITIES[name];
  if (!density) throw new Error(`There is no pair '${name}': ${Object.keys(DENSITIES).join(', ')}.`);
  const from = drawFrom(COUNT, density.from, 1);
  const to = drawFrom(COUNT, density.to, 2);
  const runs = [];
  for (const paperLoss of losses) {
    if (onlyFigures && !isAtTenth(paperLoss) && !isSquaredSinkhorn(paperLoss)) continue;
    const result = await flow(paperLoss, from, { points: to, dimension: 2 });
    const distances = [];
    for (const points of result.snapshots) {
      const value = await yardstick.value({ points, dimension: 2 }, { points: to, dimension: 2 });
      distances.push(Math.sqrt(Math.max(0, 2 * value)));
    }
    runs.push({ ...paperLoss, ...result, distances });
    console.log(`${name}: ${paperLoss.group} ${paperLoss.parameter}: ${distances.map(digits).join(' ')}`);
  }
  if (!onlyFigures) {
    await writeTable(
      `flows-2d-${name}`,
      ['loss', 'parameter', ...SNAPSHOTS.map((step) => `distance after ${step}`)],
      runs.map(({ group, parameter, distances, converged }) => [
        converged ? group : `${group} (not converged)`,
        parameter,
        ...distances.map(digits),
      ]),
    );
  }
  const byLoss = runs.filter(isAtTenth);
  await writeFigure(
    `flows-2d-${name}`,
    drawFlows(byLoss, to, ({ group }) => group, `${density.title}, every loss at the length .1`),
    drawFlowsNarrow(byLoss, to, ({ group }) => group, density.title),
  );
  const byTemperature = runs.filter(isSquaredSinkhorn);
  await writeFigure(
    `flows-2d-${name}-sinkhorn`,
    drawFlows(byTemperature, to, ({ parameter }) => parameter, `${density.title}, Sinkhorn divergence, p = 2`),
    drawFlowsNarrow(byTemperature, to, ({ parameter }) => parameter, `${density.title}, p = 2`),
  );
}

function isAtTenth({ parameter }) {
  return ['', 'σ = 0.1', 'ε = 0.1', 'ε = 0.1²'].includes(parameter);
}

function isSquaredSinkhorn({ group }) {
  return group === 'Sinkhorn divergence, p = 2';
}
