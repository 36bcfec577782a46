import type { Side } from '../../measure/side.js';
import type { Entries } from '../../spatial/coreset.js';
import { makeEvaluationNodes } from '../../spatial/evaluationNodes.js';
import type { Field } from '../../spatial/field.js';
import { fieldsAtPoints } from '../../spatial/fieldsAtPoints.js';
import { EVERY_POINT, type HierarchyLevel, levelFor, releaseMeasure, uploadEntries } from '../../spatial/hierarchy.js';
import { restrict } from '../../spatial/restrict.js';
import { sumOf } from '../../spatial/samples.js';
import { report, type Task } from '../../tasks/task.js';
import type { Stopping } from '../converge.js';
import type { CoresetConvergence } from './coresetConvergence.js';
import { fieldsAtEntries, type PointField, type PointFields } from './lastStep.js';
import type { LevelPair, MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './scheduleOnCoresets.js';
import { convergeAt, convergeSelfOnCoreset } from './tolerance.js';

/** Fields at all points of both clouds. */
export type Fields = Readonly<Record<Side, PointFields>>;

/** Fields whose errors are those of the finer coresets, and how sweeps on the others ended. */
export interface Corrected extends CoresetConvergence {
  readonly fields: Fields;
}

/** How corrections are interpolated, whose gradients are wanted, and who is updated first. */
export interface CorrectionOptions {
  /** How far off a gradient may be where it is interpolated. */
  readonly tolerance: Readonly<Record<Side, number>>;
  readonly wrt: readonly Side[];
  readonly first: Side;
  readonly stopping: Stopping;
  /** Rounds of corrections at most: each takes what those before it changed into account. */
  readonly mostRounds: number;
  /** Is told of the corrected fields of each round, and says whether they need no further one. */
  isEnough(found: Corrected): Task<boolean>;
}

const SIDES = ['x', 'y'] as const;
/** Errors of coresets change over about a temperature's length scale: boxes of corrections may be so many times as wide as cells. */
const BOX_WIDTH = 2;

/** Sweeps on coresets from what is there to a tolerance. */
export function* sweepsAt(
  problem: MultiscaleProblem,
  { levels, cross, self }: LevelIterates,
  first: Side,
  stopping: Stopping,
  own: LevelPair = levels,
): Task<CoresetConvergence & { readonly iterates: LevelIterates }> {
  const { epsilon } = problem;
  const results: CoresetConvergence[] = [];
  const alone: { [S in Side]?: Float64Array } = {};
  for (const side of SIDES) {
    const start = self[side];
    if (!start) continue;
    const result = yield* convergeSelfOnCoreset(problem, side, own[side], start, epsilon, stopping);
    alone[side] = result.potential;
    results.push(result);
  }
  const crossed = yield* convergeAt(problem, levels, cross, epsilon, first, stopping, 'correcting');
  results.push(crossed);
  return {
    iterates: { levels, cross: crossed.potentials, self: alone },
    iterations: crossed.iterations,
    marginalError: Math.max(...results.map((result) => result.marginalError)),
    converged: results.every((result) => result.converged),
  };
}

/** Potentials that are known at all points, on coresets. */
export function* restricted(problem: MultiscaleProblem, levels: LevelPair, { x, y }: Fields): Task<LevelIterates> {
  const of = function* (side: Side, { values }: PointField): Task<Float64Array> {
    const { dimension, points, weights } = problem.clouds[side];
    return yield* restrict(dimension, points, weights, levels[side].coreset, values);
  };
  return {
    levels,
    cross: { x: yield* of('x', x.cross), y: yield* of('y', y.cross) },
    self: { x: x.self && (yield* of('x', x.self)), y: y.self && (yield* of('y', y.self)) },
  };
}

/**
 * Corrects potentials that were found on coresets by what an update over finer ones adds to one over these, d. As d is smooth it
 * is evaluated at few places. With it the problem on the coresets is solved again: where f is the softmin of g over a coreset
 * plus d, f - d is that of g over the same coreset, so that potentials less d solve the problem with weights multiplied by
 * exp(d / epsilon). One more update over the finer ones follows, from which a second round takes what is still missing.
 *
 * This is the full approximation scheme of multigrid methods (Brandt 1977), with the coresets for its grids.
 *
 * @param iterates - Potentials on coresets that are converged.
 * @param fields - One update of these at all points, with the gradients that are wanted.
 */
export function* corrected(
  problem: MultiscaleProblem,
  iterates: LevelIterates,
  fields: Fields,
  finer: LevelPair,
  { tolerance, wrt, first, stopping, mostRounds, isEnough }: CorrectionOptions,
): Task<Corrected> {
  const { clouds, rho, space, epsilon } = problem;
  const { levels } = iterates;
  const begun = { x: yield* nodesAndBase('x'), y: yield* nodesAndBase('y') };
  let missing = yield* differences(yield* restricted(problem, finer, fields), []);
  for (let round = 1; ; round++) {
    const d = yield* restricted(problem, levels, missing);
    const x = { cross: yield* reweighted('x', d.cross.x), self: d.self.x && (yield* reweighted('x', d.self.x)) };
    const y = { cross: yield* reweighted('y', d.cross.y), self: d.self.y && (yield* reweighted('y', d.self.y)) };
    const start = { ...changed(iterates, { x, y }, -1), levels: { x: x.cross.level, y: y.cross.level } };
    const own = { x: (x.self ?? x.cross).level, y: (y.self ?? y.cross).level };
    const swept = yield* sweepsAt(problem, start, first, stopping, own);
    for (const each of [x.cross, x.self, y.cross, y.self]) if (each) releaseMeasure(space, each.level.device);
    const moved = yield* differences(changed({ ...swept.iterates, levels }, { x, y }, 1), []);
    const better = combined(combined(fields, missing, 1), moved, 1);
    const added = yield* differences(yield* restricted(problem, finer, better), wrt);
    const found = { ...swept, fields: combined(fields, added, 1) };
    if ((yield* isEnough(found)) || round === mostRounds) return found;
    missing = combined(added, moved, -1);
  }

  /** Where differences are evaluated first, and the given updates there. */
  function* nodesAndBase(side: Side) {
    const cloud = clouds[side];
    const level = levelFor(cloud, Math.sqrt(epsilon), BOX_WIDTH * problem.ratio);
    const cells = yield* problem.hierarchy[side].cells(level);
    const nodes = yield* makeEvaluationNodes(cloud, cells, level, level === EVERY_POINT);
    return { level, nodes, base: yield* fieldsAtEntries(problem, iterates, epsilon, side, nodes) };
  }

  /** What updates of some potentials add to those of the given ones, at all points. */
  function* differences(from: LevelIterates, gradientsOf: readonly Side[]): Task<Fields> {
    const at = function* (side: Side, share: number): Task<PointFields> {
      yield* report({ stage: 'correcting', epsilon, share });
      const cloud = clouds[side];
      const { level, nodes, base } = begun[side];
      const evaluate = function* (entries: Entries, given?: typeof base): Task<Required<Field>[]> {
        const one = yield* fieldsAtEntries(problem, from, epsilon, side, entries);
        const two = given ?? (yield* fieldsAtEntries(problem, iterates, epsilon, side, entries));
        const cross = differenceOf(one.cross, two.cross);
        return one.self && two.self ? [cross, differenceOf(one.self, two.self)] : [cross];
      };
      const [cross, self] = yield* fieldsAtPoints(cloud, nodes, {
        fields: yield* evaluate(nodes, base),
        level: Math.max(0, level),
        tolerance: tolerance[side],
        byValues: true,
        withGradients: gradientsOf.includes(side),
        evaluate,
      });
      return { cross: { ...cross, truncatedMass: 0 }, self: self && { ...self, truncatedMass: 0 } };
    };
    return { x: yield* at('x', 0), y: yield* at('y', 0.5) };
  }

  /** A coreset whose weights are multiplied by exp(d / epsilon); where marginals are met exactly they keep their sum. */
  function* reweighted(side: Side, values: Float64Array): Task<Reweighted> {
    const level = levels[side];
    const { weights, count } = level.coreset;
    const factors = weights.map((weight, k) => weight * Math.exp(values[k] / epsilon));
    const total = (numbers: Float64Array) => sumOf(count, (k) => numbers[k]);
    const scale = rho[side] < Number.POSITIVE_INFINITY ? 1 : total(weights) / total(factors);
    const coreset = { ...level.coreset, weights: factors.map((factor) => factor * scale) };
    const by = values.map((value) => value + epsilon * Math.log(scale));
    const device = yield* uploadEntries(space, clouds[side].dimension, coreset, 0, count);
    return { level: { ...level, coreset, device }, by };
  }
}

/** A coreset with other weights, and what the potentials on it lack for that. */
interface Reweighted {
  readonly level: HierarchyLevel;
  readonly by: Float64Array;
}

/** Iterates with what they lack, taken `sign` times. */
function changed(
  { levels, cross, self }: LevelIterates,
  { x, y }: Readonly<Record<Side, { readonly cross: Reweighted; readonly self?: Reweighted }>>,
  sign: 1 | -1,
): LevelIterates {
  const add = (values: Float64Array, { by }: Reweighted) => sum(values, by, sign);
  return {
    levels,
    cross: { x: add(cross.x, x.cross), y: add(cross.y, y.cross) },
    self: { x: self.x && x.self && add(self.x, x.self), y: self.y && y.self && add(self.y, y.self) },
  };
}

const sum = (one: Float64Array, two: Float64Array, sign: 1 | -1) => one.map((value, k) => value + sign * two[k]);

const differenceOf = (one: Required<Field>, two: Required<Field>): Required<Field> => ({
  values: sum(one.values, two.values, -1),
  gradients: sum(one.gradients, two.gradients, -1),
});

/** The sum of fields, or the first ones less the others. */
function combined(one: Fields, two: Fields, sign: 1 | -1): Fields {
  const both = (u: PointField, v: PointField): PointField => ({
    values: sum(u.values, v.values, sign),
    gradients: u.gradients && v.gradients && sum(u.gradients, v.gradients, sign),
    truncatedMass: u.truncatedMass,
  });
  const ofSide = (u: PointFields, v: PointFields): PointFields => ({
    cross: both(u.cross, v.cross),
    self: u.self && v.self && both(u.self, v.self),
  });
  return { x: ofSide(one.x, two.x), y: ofSide(one.y, two.y) };
}
