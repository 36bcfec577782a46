import type { Backend } from '../backend/backend.js';
import { workspace } from '../backend/workspace.js';
import type { CheckedMeasure } from '../measure/measure.js';
import { readScaled, type Task } from '../tasks/task.js';
import type { PreparedOptions } from './context.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from './options.js';
import { prepareClouds } from './prepareClouds.js';
import { convergeSelf, zeroPotential } from './selfPotential.js';

/** The self problem of one measure solved, in the coordinates of the input. */
export interface SelfResult {
  /** [B, N]: before the final full update. */
  readonly iterate: Float64Array;
  readonly marginalError: number;
  readonly converged: boolean;
}

/** Solves the self problem of y, to be given to many solves against it. */
export const solveSelf = (backend: Backend, y: CheckedMeasure, options: SinkhornOptions): Task<SelfResult> =>
  solvePreparedSelf(backend, y, { ...options, prepare: prepareClouds });

/** The same for a measure of any kind. */
export function* solvePreparedSelf(backend: Backend, y: CheckedMeasure, options: PreparedOptions): Task<SelfResult> {
  const space = workspace(backend);
  try {
    const reach = { x: options.reach.y, y: options.reach.y };
    const { problem, units, epsilon, costScale } = yield* options.prepare(space, { x: y, y }, { ...options, reach });
    const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
    const { maxIterations, largestChange } = options;
    const stopping = { tolerance, maxIterations, costScale, largestChange };
    const { potential, marginalError, converged } = yield* convergeSelf(
      problem,
      zeroPotential(problem, 'x'),
      epsilon,
      stopping,
    );
    return { iterate: yield* readScaled(space.backend, potential, units.energy), marginalError, converged };
  } finally {
    space.releaseAll();
  }
}
