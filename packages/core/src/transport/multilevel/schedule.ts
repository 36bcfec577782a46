import {
  dispatchSoftmin,
  type PendingSoftmin,
  readField,
  readValues,
} from '../../geometry/truncated/truncatedSoftmin.js';
import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import { prolong } from '../../spatial/prolong.js';
import { pause, report, type Task } from '../../tasks/task.js';
import { type LevelPair, levelsAt, levelsFor, type MultiscaleProblem } from './problem.js';

/** The potentials at the end of an iteration, at the entries of both coresets. */
export interface LevelIterates {
  readonly levels: LevelPair;
  readonly cross: Readonly<Record<Side, Float64Array>>;
  readonly self: { readonly [S in Side]?: Float64Array };
}

/** Which potential a chain updates: at the entries of `rows`, from one at those of `columns`. */
interface Chain {
  readonly rows: Side;
  readonly columns: Side;
  /** The chain whose potential it is updated from. */
  readonly partner: number;
}

const CROSS: readonly Chain[] = [
  { rows: 'x', columns: 'y', partner: 1 },
  { rows: 'y', columns: 'x', partner: 0 },
];
const SELF: readonly Chain[] = [
  { rows: 'x', columns: 'x', partner: 2 },
  { rows: 'y', columns: 'y', partner: 3 },
];

/** GeomLoss's schedule, as `iterateSchedule`, on coresets that become finer with the temperature. */
export function* scheduleOnCoresets(
  problem: MultiscaleProblem,
  epsilons: readonly number[],
  debias: boolean,
  told = 'annealing',
): Task<LevelIterates> {
  const chains = debias ? [...CROSS, ...SELF] : CROSS;
  const last = yield* levelsFor(problem, epsilons[epsilons.length - 1]);
  let levels = yield* levelsAt(problem, epsilons[0], undefined, true);
  let fields: readonly Field[] = chains.map(({ rows }) => ({ values: new Float64Array(levels[rows].coreset.count) }));
  fields = yield* update(fields, epsilons[0]);
  for (const [index, epsilon] of epsilons.entries()) {
    yield* report({ stage: told, iteration: index + 1, epsilon, share: index / epsilons.length });
    const before = levels;
    levels = yield* levelsAt(problem, epsilon, before, index < epsilons.length - 1);
    const { x, y } = levels;
    const carried: Field[] = [];
    for (const [k, field] of fields.entries()) {
      const { rows } = chains[k];
      yield* pause();
      carried.push(
        before[rows] === levels[rows]
          ? field
          : yield* prolong(problem.clouds.x.dimension, before[rows].coreset, { x, y }[rows].coreset, field),
      );
    }
    fields = carried;
    const updated = yield* update(fields, epsilon);
    fields = updated.map((field, k) => average(field, fields[k]));
  }
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
