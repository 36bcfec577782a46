import type { Measure } from '@sinkhorn/core';
import { fitAffine } from './fitMap.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import { checkRegistration, type RegistrationOptions } from './options.js';
import { pull, reachAt } from './pull.js';
import { rigidMap } from './registerRigid.js';
import { type Registration, registrationOf } from './registration.js';
import { affineMaps, settle } from './settle.js';

/** An affine registration: x -> matrix x + translation. */
export interface AffineRegistration extends Registration {
  /** [D, D], row by row. */
  readonly matrix: Float64Array;
  /** [D] */
  readonly translation: Float64Array;
}

/**
 * Finds the linear map and shift that bring a source onto a target: what is turned, moved, stretched and sheared. A rigid registration
 * comes first; then as many steps with all linear maps, from its last blur but one on.
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares. With `reach`, outliers are left out; a map that may shrink can then
 * also leave out what it should not: look at `matched`.
 *
 * @throws What `registerRigid` throws.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { registerAffine } from 'sinkhorn/toolkit';
 *
 * const source = Array.from({ length: 60 }, (_, i) => [Math.cos(i), 0.5 * Math.sin(2 * i) + 0.2 * Math.cos(3 * i)]);
 * const target = source.map(([x, y]) => [1.3 * x + 0.2 * y + 5, 0.9 * y]);
 * const { matrix, residual } = await registerAffine(source, target, { backend: cpu() });
 * if (Math.abs(matrix[0] - 1.3) > 0.03 || Math.abs(matrix[1] - 0.2) > 0.03 || residual > 0.03) throw new Error(`${matrix}`);
 * ```
 */
export async function registerAffine(
  source: Measure,
  target: Measure,
  options: RegistrationOptions,
): Promise<AffineRegistration> {
  const checked = await checkRegistration('registerAffine', source, target, options);
  const { backend, reach, blurs, run, onStep } = checked;
  let map: LinearMap = await rigidMap(checked, false);
  for (const [step, blur] of blurs.entries()) {
    const progress = { stage: 'stretching', share: step / blurs.length };
    run.onProgress?.(progress);
    const moved = { ...checked.source, points: mapPoints(map, checked.source.points) };
    const { shifts, masses } = await pull(moved, checked.target, {
      backend,
      blur,
      reach: reachAt(blur, reach),
      signal: run.signal,
    });
    if (!masses.some((mass) => mass > 0)) break;
    const aims = moved.points.map((value, k) => value + shifts[k]);
    await onStep?.({ ...progress, blur, points: moved.points, from: moved.points, aims, map });
    map = andThen(map, fitAffine({ points: moved.points, aims, weights: masses, dimension: moved.dimension }));
  }
  map = await settle(checked, map, affineMaps);
  return { ...map, ...(await registrationOf(checked, map)) };
}
