import { InvalidMeasureError } from '../errors.js';
import { add, column, mul, row, sub } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import { finiteNumbers } from '../measure/finiteNumbers.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { applyPlan, barycentricMap as meansOf, valuesPerPoint } from '../transport/planParts.js';
import { checkTaken } from './checkTaken.js';
import { checkDirections, checkNames, type Direction, type ProblemDirection, slices } from './direction.js';
import { checkDerivativeOptions, type DerivativeDiagnostics, type DerivativeOptions } from './linearOptions.js';
import type { OptimalitySystem } from './optimalitySystem.js';
import { planFormulas } from './planFormulas.js';
import type { PlanPasses } from './planPasses.js';
import { inUnits, movedAt, movesAt, potentialMoves } from './potentialMoves.js';
import { joined } from './product.js';
import {
  type Cotangents,
  cotangentsOf,
  directCotangent,
  type EntriesCotangent,
  type PulledBack,
  pullBack,
} from './pullback.js';
import { systemsOf } from './solvedSystems.js';
import type { SolvedSource } from './source.js';

/** A plan, whose rows are the points of a side. */
export interface PlanOfSide extends SolvedSource {
  readonly side: Side;
}

/** The change of what a plan gives at its rows. */
export interface RowMoves {
  /** [N, d], or [k, N, d] for k directions; with a batch [B, N, d] or [k, B, N, d]. */
  readonly values: Float64Array;
  readonly diagnostics: DerivativeDiagnostics;
}

/** Gradients of what a plan makes of values, in these too. */
export interface ApplyCotangents extends Cotangents {
  /** As the values, [M, d]; [k, M, d] for k cotangents. */
  readonly values: Float64Array;
}

/** Where a plan sends each row on average, as its method that waits gives it. */
export function* barycentricMap(source: PlanOfSide): Task<Float32Array | Float64Array> {
  checkDerivativeOptions('barycentricMapSync', source);
  return inWidthOf(source, yield* meansOf(source, source.side));
}

/** sum_j pi_ij v_j, as the method that waits gives it. */
export function* apply(source: PlanOfSide, values: ArrayLike<number>): Task<Float32Array | Float64Array> {
  checkDerivativeOptions('applySync', source);
  const [checked, size] = checkValues(source, values);
  return inWidthOf(source, yield* applyPlan(source, source.side, checked, size));
}

const inWidthOf = ({ pair, side }: PlanOfSide, values: Float64Array): Float32Array | Float64Array =>
  pair[side].points instanceof Float32Array ? Float32Array.from(values) : values;

/** The change of a barycentric map in directions of the measures, of blur and of reach: a linear system for the change of potentials, and a pass. */
export function* barycentricMapJvp(
  source: PlanOfSide,
  direction: ProblemDirection,
  options: DerivativeOptions = {},
): Task<RowMoves> {
  checkTaken('barycentricMapJvp', source);
  const { side } = source;
  const across = other(side);
  const moves = yield* rowMoves(
    'barycentricMapJvp',
    source,
    direction,
    options,
    function* (passes, one, planMove, given) {
      const { dimension } = passes.pair.x;
      const centre = yield* meanPoints(passes, side);
      // Rows are softmaxes over the columns: of shares in place of masses, which do not move.
      const taken = yield* passes.taken(side);
      const spread = mul(
        planMove(withoutRowWeights(one, side)),
        sub(column('point', dimension), row('centre', dimension)),
      );
      const direct = mul(mul(row('weight'), column('weight')), column('move', dimension));
      const moved = yield* passes.sums(side, simplify(one[across].points ? add(spread, direct) : spread), {
        ...given,
        rows: { ...given.rows, weight: taken.map((value) => 1 / value), centre },
      });
      return moved.map((value) => value * passes.units.length);
    },
  );
  return moves;
}

/** Gradients of <cotangent, barycentric map> in the measures, in blur and in reach: an adjoint system, and passes. */
export function* barycentricMapVjp(
  source: PlanOfSide,
  cotangent: ArrayLike<number>,
  options: DerivativeOptions = {},
): Task<Cotangents> {
  checkTaken('barycentricMapVjp', source);
  const systems = systemsOf('barycentricMapVjp', source, options);
  const { side, pair } = source;
  const across = other(side);
  const cotangents = slices('cotangent', cotangent, pair[side].batch * pair[side].count * pair[side].dimension);
  const pulled = yield* systems.cross(function* (system) {
    const { passes } = system;
    const centre = yield* meanPoints(passes, side);
    const taken = yield* passes.taken(side);
    const entries = cotangents.map(
      (one): EntriesCotangent => ({
        side,
        shares: sharesBy(
          side,
          taken.map((value) => 1 / value),
          pair[across].weights,
        ),
        weighted: [across],
        cotangent: one.map((value) => value * passes.units.length),
        values: passes.points[across],
        centre,
      }),
    );
    const back = yield* pullBack(
      systems,
      system,
      entries.map((one) => ({ potentials: noCotangents(source), entries: one })),
    );
    const all: PulledBack[] = [];
    for (const [k, one] of back.entries()) {
      const direct = yield* directCotangent(system, entries[k]);
      const points = one[across].points.map((value, i) => value + direct[i] / passes.units.length);
      all.push({ ...one, [across]: { ...one[across], points } });
    }
    return all;
  });
  return cotangentsOf(source, pulled, systems.diagnostics());
}

/** How values move beside measures and lengths. */
export interface ApplyDirection extends ProblemDirection {
  /** As the values, [M, d], or [k, M, d] for k directions. */
  readonly values?: ArrayLike<number>;
}

/** The change of sum_j pi_ij V_j in directions of V, of the measures, of blur and of reach. */
export function* applyJvp(
  source: PlanOfSide,
  values: ArrayLike<number>,
  given: ApplyDirection,
  options: DerivativeOptions = {},
): Task<RowMoves> {
  checkNames('direction', given, ['values', 'x', 'y', 'blur', 'reach']);
  const { values: valuesMove, ...direction } = given;
  const { side } = source;
  const [checked, size] = checkValues(source, values);
  const changes = valuesMove === undefined ? undefined : slices('direction.values', valuesMove, checked.length);
  const name = 'applyJvp';
  if (Object.keys(direction).length === 0) {
    // Of the values alone the result is linear.
    const systems = systemsOf(name, source, options);
    const found = yield* systems.cross(function* ({ passes }) {
      const all: Float64Array[] = [];
      for (const change of changes ?? [])
        all.push(yield* passes.sums(side, appliedTo(size), { columns: { values: change } }));
      return all;
    });
    if (found.length === 0) throw new InvalidMeasureError('direction is empty: give values, or what else it moves');
    return { values: joined(found), diagnostics: systems.diagnostics() };
  }
  return yield* rowMoves(
    name,
    source,
    direction,
    options,
    function* (passes, one, planMove, given, k) {
      const change = changes?.[k];
      const moved = mul(planMove(one), column('values', size));
      const direct = mul(mul(row('weight'), column('weight')), column('valuesMove', size));
      return yield* passes.sums(side, simplify(change ? add(moved, direct) : moved), {
        ...given,
        columns: { ...given.columns, values: checked, ...(change && { valuesMove: change }) },
      });
    },
    changes?.length,
  );
}

/** Gradients of <cotangent, sum_j pi_ij V_j> in V, in the measures, in blur and in reach. */
export function* applyVjp(
  source: PlanOfSide,
  values: ArrayLike<number>,
  cotangent: ArrayLike<number>,
  options: DerivativeOptions = {},
): Task<ApplyCotangents> {
  checkTaken('applyVjp', source);
  const systems = systemsOf('applyVjp', source, options);
  const { side, pair } = source;
  const [checked, size] = checkValues(source, values);
  const cotangents = slices('cotangent', cotangent, pair[side].batch * pair[side].count * size);
  const found = yield* systems.cross(function* (system) {
    const entries = cotangents.map(
      (one): EntriesCotangent => ({
        side,
        shares: bySide((at) => pair[at].weights),
        weighted: ['x', 'y'],
        cotangent: one,
        values: checked,
      }),
    );
    const pulled = yield* pullBack(
      systems,
      system,
      entries.map((one) => ({ potentials: noCotangents(source), entries: one })),
    );
    const direct: Float64Array[] = [];
    for (const one of entries) direct.push(yield* directCotangent(system, one));
    return { pulled, direct };
  });
  return { ...cotangentsOf(source, found.pulled, systems.diagnostics()), values: joined(found.direct) };
}

const appliedTo = (size: number) => mul(mul(row('weight'), column('weight')), column('values', size));

const sharesBy = (side: Side, own: Float64Array, others: Float64Array) =>
  side === 'x' ? { x: own, y: others } : { x: others, y: own };

const noCotangents = ({ pair }: SolvedSource) =>
  bySide((side) => new Float64Array(pair[side].batch * pair[side].count));

/** Where rows are sent on average, in the frame of the passes. */
function* meanPoints(passes: PlanPasses, side: Side): Task<Float64Array> {
  return yield* passes.means(side, Float64Array.from(passes.points[other(side)]), passes.pair.x.dimension);
}

const withoutRowWeights = (direction: Direction, side: Side): Direction => ({
  ...direction,
  [side]: { points: direction[side].points },
});

function checkValues({ side, pair }: PlanOfSide, values: ArrayLike<number>): [Float64Array, number] {
  const numbers = Float64Array.from(finiteNumbers('values', values));
  return [numbers, valuesPerPoint(numbers, pair[other(side)])];
}

/** What a pass at the rows gives in each direction, after the change of potentials was solved for. */
function* rowMoves(
  name: string,
  source: PlanOfSide,
  direction: ProblemDirection,
  options: DerivativeOptions,
  pass: (
    passes: PlanPasses,
    direction: Direction,
    planMove: (direction: Direction) => ReturnType<ReturnType<ReturnType<typeof planFormulas>>['planMove']>,
    given: ReturnType<typeof movedAt>,
    k: number,
  ) => Task<Float64Array>,
  count?: number,
): Task<RowMoves> {
  const systems = systemsOf(name, source, options);
  const directions = checkDirections(source, direction);
  if (count !== undefined && count !== directions.length) {
    throw new InvalidMeasureError(
      `direction.values has ${count}, the rest ${directions.length}: give as many directions in each`,
    );
  }
  const { side } = source;
  const found = yield* systems.cross(function* (system: OptimalitySystem) {
    const { passes } = system;
    const scaled = directions.map((one) => inUnits(one, passes));
    const { moves } = systems.solved(yield* potentialMoves(system, scaled, systems.accuracy, [side]));
    const formulas = planFormulas(passes.options.cost)(passes.pair.x.dimension, side);
    const all: Float64Array[] = [];
    for (const [k, one] of scaled.entries()) {
      const planMove = (of: Direction) => formulas.planMove(movesAt(side, of));
      all.push(yield* pass(passes, one, planMove, movedAt(side, one, moves[k][side]), k));
    }
    return all;
  });
  return { values: joined(found), diagnostics: systems.diagnostics() };
}
