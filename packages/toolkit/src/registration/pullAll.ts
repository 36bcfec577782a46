import type { Cloud } from './cloud.js';
import { type LinearMap, mapPoints } from './linearMap.js';
import { type Pull, type PullOptions, plain, selfMap } from './pull.js';

/** A pull of a cloud that was moved, and where it was moved to. */
export interface MovedPull extends Omit<Pull, 'solution'> {
  readonly points: Float64Array;
}

/** Where copies of a cloud are drawn to, each moved by a rotation of its own: one batch. */
export async function pullAll(
  cloud: Cloud,
  rotations: readonly LinearMap[],
  target: Cloud,
  options: PullOptions,
): Promise<MovedPull[]> {
  const { weights, dimension } = cloud;
  const { signal, reach } = options;
  const [count, size] = [weights.length, cloud.points.length];
  const moved = rotations.map((map) => mapPoints(map, cloud.points));
  const batch = (all: readonly ArrayLike<number>[], shares: Float64Array) => ({
    data: joined(all),
    shape: [rotations.length, shares.length, dimension] as const,
    weights: joined(rotations.map(() => shares)),
  });
  const targets = rotations.map(() => target.points);
  const solution = await plain(options).solve(batch(moved, weights), batch(targets, target.weights), { signal });
  const to = await solution.plan.barycentricMap({ signal });
  const rows = reach === undefined ? undefined : (await solution.plan.marginals({ signal })).rows;
  const own = await selfMap(cloud, options);
  return rotations.map((map, index) => {
    const from = mapPoints(map, own);
    const masses = rows ? Float64Array.from(rows.slice(index * count, (index + 1) * count)) : weights;
    return {
      points: moved[index],
      masses,
      shifts: from.map((value, k) => (masses[Math.floor(k / dimension)] > 0 ? to[index * size + k] - value : 0)),
      cost: solution.value[index],
    };
  });
}

function joined(lists: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(lists.length * lists[0].length);
  for (const [index, list] of lists.entries()) all.set(list, index * list.length);
  return all;
}
