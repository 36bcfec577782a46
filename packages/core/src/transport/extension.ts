import type { Backend } from '../backend/backend.js';
import { workspace } from '../backend/workspace.js';
import { uploadMeasure } from '../measure/deviceMeasure.js';
import type { CheckedMeasure } from '../measure/measure.js';
import { checkPair, type MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { readScaled, type Task } from '../tasks/task.js';
import { strengths, unitsFor } from './context.js';
import type { HostPotentials } from './hostPotentials.js';
import type { SinkhornOptions } from './options.js';
import { pairwiseProblem } from './problem.js';
import { softmin } from './softmin.js';

/** The potentials of one side at points that need not be in its cloud. */
export interface Extension {
  /** [B, N'] */
  readonly cross: Float64Array;
  /** [B, N'], where the divergence is debiased. */
  readonly self?: Float64Array;
}

/**
 * Evaluates the potentials of `side` anywhere: potentials are functions, given at any point by a softmin over the
 * other cloud, and at the cloud's own points by the very numbers of the solution.
 */
export function* extendPotentials(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  iterates: HostPotentials,
  side: Side,
  at: CheckedMeasure,
): Task<Extension> {
  checkPair({ x: at, y: pair.x });
  const space = workspace(backend);
  try {
    const { frame, length, energy } = unitsFor(backend, pair, options);
    const epsilon = (options.blur / length) ** options.p;
    const points = uploadMeasure(space, at, frame);
    const rho = strengths(options);
    const extend = function* (columns: CheckedMeasure, potential: Float64Array): Task<Float64Array> {
      const against = uploadMeasure(space, columns, frame);
      const rowsAndColumns = side === 'x' ? { x: points, y: against } : { x: against, y: points };
      const scaled = potential.map((value) => value / energy);
      const strength = { x: rho.x / energy, y: rho.y / energy };
      const problem = pairwiseProblem(space, rowsAndColumns, options.cost, strength);
      const result = softmin(problem, side, space.upload(scaled, against.weights.shape), epsilon);
      return yield* readScaled(space.backend, result, energy);
    };
    const [cross, own] = side === 'x' ? [iterates.g_ab, iterates.f_aa] : [iterates.f_ba, iterates.g_bb];
    return {
      cross: yield* extend(pair[other(side)], cross),
      self: own && (yield* extend(pair[side], own)),
    };
  } finally {
    space.releaseAll();
  }
}
