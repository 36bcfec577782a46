import { type Backend, type CallOptions, type SinkhornSolution, sinkhornDivergence } from '@sinkhorn/losses';
import type { Cloud } from './cloud.js';

/** Where a cloud is drawn to. */
export interface Pull {
  /** [N, D]: by how far each point would have to go. */
  readonly shifts: Float64Array;
  /** [N]: the mass of each point that finds something within reach: all of its weight where mass is kept. */
  readonly masses: Float64Array;
  /** The cost of transport to the target: lower is better. */
  readonly cost: number;
  /** What a next pull of the same clouds, a little moved, may start from. */
  readonly solution: SinkhornSolution;
}

export interface PullOptions {
  readonly backend: Backend;
  readonly blur: number;
  readonly reach?: number;
  readonly signal: CallOptions['signal'];
}

/** Registrations need no more: what is left of an error moves on with the next step. */
const TOLERANCE = 1e-2;

/**
 * How far transport takes each point: to where the plan sends it on average, less to where a plan of the cloud onto itself does. The
 * second takes away that a plan draws points together by about the blur, which an uneven cloud would take for a rotation, and any
 * for a smaller scale.
 */
export async function pull(
  cloud: Cloud,
  target: Cloud,
  options: PullOptions,
  own?: Float64Array,
  start?: SinkhornSolution,
): Promise<Pull> {
  const { signal } = options;
  const solution = await plain(options).solve(cloud, target, { signal, start });
  const to = await solution.plan.barycentricMap({ signal });
  const masses =
    options.reach === undefined ? cloud.weights : Float64Array.from((await solution.plan.marginals({ signal })).rows);
  const from = own ?? (await selfMap(cloud, options));
  return {
    // A point out of reach of everything has no mean.
    shifts: Float64Array.from(to, (value, k) => (masses[Math.floor(k / cloud.dimension)] > 0 ? value - from[k] : 0)),
    masses,
    cost: solution.value,
    solution,
  };
}

/** Where the plan of a cloud onto itself sends each point on average. */
export async function selfMap(cloud: Cloud, options: PullOptions): Promise<Float64Array> {
  const solution = await plain(options).solve(cloud, cloud, { signal: options.signal });
  return Float64Array.from(await solution.plan.barycentricMap({ signal: options.signal }));
}

/** The loss of a pull: its plan alone is wanted, so nothing is debiased, and no accuracy promised. */
const plain = ({ backend, blur, reach }: PullOptions) =>
  sinkhornDivergence({
    backend,
    blur,
    reach,
    debias: false,
    tolerance: TOLERANCE,
    method: 'alternating',
    onInaccurate: 'ignore',
  });

/** The reach of a step: never less than two blurs, within which a blurred plan cannot tell what is near. */
export const reachAt = (blur: number, reach: number | undefined): number | undefined =>
  reach === undefined ? undefined : Math.max(reach, 2 * blur);
