import {
  dispatchSoftmin,
  type PendingSoftmin,
  readField,
  readValues,
} from '../../geometry/truncated/truncatedSoftmin.js';
import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import { prolong } from '../../spatial/prolong.js';
import { pause, type Task } from '../../tasks/task.js';
import { chainsOf, runSchedule } from '../schedule.js';
import { type LevelPair, levelsAt, levelsFor, type MultiscaleProblem } from './problem.js';

/** The potentials at the end of an iteration, at the entries of both coresets. */
export interface LevelIterates {
  readonly levels: LevelPair;
  readonly cross: Readonly<Record<Side, Float64Array>>;
  readonly self: { readonly [S in Side]?: Float64Array };
}

/** GeomLoss's schedule, as `iterateSchedule`, on coresets that become finer with the temperature. */
export function* scheduleOnCoresets(
  problem: MultiscaleProblem,
  epsilons: readonly number[],
  debias: boolean,
  stage?: string,
): Task<LevelIterates> {
  const chains = chainsOf(debias);
  const last = yield* levelsFor(problem, epsilons[epsilons.length - 1]);
  let levels = yield* levelsAt(problem, epsilons[0], undefined, true);
  const fields = yield* runSchedule<Field, number>(
    epsilons,
    {
      first: (epsilon) =>
        update(
          chains.map(({ rows }) => ({ values: new Float64Array(levels[rows].coreset.count) })),
          epsilon,
        ),
      *next(before, epsilon, isLast) {
        const from = levels;
        levels = yield* levelsAt(problem, epsilon, from, !isLast);
        const carried: Field[] = [];
        for (const [k, field] of before.entries()) {
          const { rows } = chains[k];
          yield* pause();
          carried.push(
            from[rows] === levels[rows]
              ? field
              : yield* prolong(problem.clouds.x.dimension, from[rows].coreset, levels[rows].coreset, field),
          );
        }
        const updated = yield* update(carried, epsilon);
        return updated.map((field, k) => average(field, carried[k]));
      },
    },
    { stage },
  );
  const [x, y, selfX, selfY] = fields.map(({ values }) => values);
  return { levels, cross: { x, y }, self: debias ? { x: selfX, y: selfY } : {} };

  /** Updates every potential, with gradients where it is yet to be carried to finer coresets. */
  function* update(from: readonly Field[], epsilon: number): Task<Field[]> {
    const pending: PendingSoftmin[] = [];
    for (const { rows: side, columns, partner } of chains) {
      pending.push(
        yield* dispatchSoftmin(problem, {
          side,
          rows: levels[side],
          columns: levels[columns],
          potential: from[partner].values,
          epsilon,
          rho: problem.rho[side],
          gradient: levels[side].level !== last[side],
        }),
      );
    }
    const updated: Field[] = [];
    for (const softmin of pending) {
      updated.push(
        softmin.input.gradient ? yield* readField(problem, softmin) : { values: yield* readValues(problem, softmin) },
      );
    }
    return updated;
  }
}

const mean = (u: Float64Array, v: Float64Array): Float64Array => u.map((value, k) => (value + v[k]) / 2);

const average = (one: Field, two: Field): Field => ({
  values: mean(one.values, two.values),
  gradients: one.gradients && two.gradients && mean(one.gradients, two.gradients),
});
