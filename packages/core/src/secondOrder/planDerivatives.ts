import { InvalidMeasureError } from '../errors.js';
import { add, column, constant, type Expression, mul, row, sub } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import { finiteNumbers } from '../measure/finiteNumbers.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { applyPlan, barycentricMap as meansOf, valuesPerPoint } from '../transport/planParts.js';
import { cancellationOf, sameSizes, scaledSizes, sizesOf } from './cancellation.js';
import { checkTaken } from './checkTaken.js';
import { checkDirections, checkNames, type Direction, type ProblemDirection, slices } from './direction.js';
import { checkDerivativeOptions, type DerivativeDiagnostics, type DerivativeOptions } from './linearOptions.js';
import type { OptimalitySystem } from './optimalitySystem.js';
import { beside, lengthOf, planFormulas } from './planFormulas.js';
import type { Given, PlanPasses } from './planPasses.js';
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
import { type SolvedSystems, systemsOf } from './solvedSystems.js';
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
    function* (passes, one, planMoves, given) {
      const { dimension } = passes.pair.x;
      const { values, centre } = yield* centredPoints(passes, side);
      // Rows are softmaxes over the columns: of shares in place of masses, which do not move.
      const taken = yield* passes.taken(side);
      return {
        planMoves: planMoves(withoutRowWeights(one, side)),
        values: sub(column('values', dimension), row('centre', dimension)),
        size: add(lengthOf(column('values', dimension)), lengthOf(row('centre', dimension))),
        valuesMove: one[across].points && column('move', dimension),
        given: {
          ...given,
          rows: { ...given.rows, weight: taken.map((value) => 1 / value), centre },
          columns: { ...given.columns, values },
        },
        unit: passes.units.length,
      };
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
    const { values, centre } = yield* centredPoints(passes, side);
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
        values,
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
      const points = one[across].points.map((value, i) => value + direct.sums[i] / passes.units.length);
      const sizes = [...one.sizes[across].points, scaledSizes(direct.sizes, 1 / passes.units.length)];
      all.push({
        ...one,
        [across]: { ...one[across], points },
        sizes: { ...one.sizes, [across]: { ...one.sizes[across], points: sizes } },
      });
    }
    return all;
  });
  return cotangentsOf(source, pulled, systems);
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
      for (const change of changes ?? []) {
        const given = { columns: { values: change } };
        all.push(yield* passes.sums(side, appliedTo(column('values', size)), given));
        const sizes = yield* passes.sums(side, appliedTo(lengthOf(column('values', size))), given);
        systems.cancels(cancellationOf(all[all.length - 1], [sameSizes(sizes)], passes.pair.x.batch));
      }
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
    // biome-ignore lint/correctness/useYield: a task that has nothing to wait for
    function* (_, one, planMoves, given, k) {
      const change = changes?.[k];
      return {
        planMoves: planMoves(one),
        values: column('values', size),
        size: lengthOf(column('values', size)),
        valuesMove: change && column('valuesMove', size),
        given: { ...given, columns: { ...given.columns, values: checked, ...(change && { valuesMove: change }) } },
        unit: 1,
      };
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
    for (const one of entries) {
      const { sums, sizes } = yield* directCotangent(system, one);
      systems.cancels(cancellationOf(sums, [sizes], pair.x.batch));
      direct.push(sums);
    }
    return { pulled, direct };
  });
  return { ...cotangentsOf(source, found.pulled, systems), values: joined(found.direct) };
}

const appliedTo = (values: Expression) => mul(mul(row('weight'), column('weight')), values);

const sharesBy = (side: Side, own: Float64Array, others: Float64Array) =>
  side === 'x' ? { x: own, y: others } : { x: others, y: own };

const noCotangents = ({ pair }: SolvedSource) =>
  bySide((side) => new Float64Array(pair[side].batch * pair[side].count));

/** The other side's points around their mean, in the frame of the passes, and where rows are sent on average among them. */
function* centredPoints(
  { points, pair, means }: PlanPasses,
  side: Side,
): Task<{ readonly values: Float64Array; readonly centre: Float64Array }> {
  const { dimension, batch, count } = pair[other(side)];
  const values = Float64Array.from(points[other(side)]);
  const length = count * dimension;
  for (let element = 0; element < batch; element++) {
    for (let d = 0; d < dimension; d++) {
      let mean = 0;
      for (let k = element * length + d; k < (element + 1) * length; k += dimension) mean += values[k] / count;
      for (let k = element * length + d; k < (element + 1) * length; k += dimension) values[k] -= mean;
    }
  }
  return { values, centre: yield* means(side, values, dimension) };
}

const withoutRowWeights = (direction: Direction, side: Side): Direction => ({
  ...direction,
  [side]: { points: direction[side].points },
});

function checkValues({ side, pair }: PlanOfSide, values: ArrayLike<number>): [Float64Array, number] {
  const numbers = Float64Array.from(finiteNumbers('values', values));
  return [numbers, valuesPerPoint(numbers, pair[other(side)])];
}

/** What is summed over the columns: the plan's change times values, and the plan times theirs. */
interface RowSums {
  readonly planMoves: { readonly move: Expression; readonly size: Expression };
  readonly values: Expression;
  /** Of how large a number the values are the difference. */
  readonly size: Expression;
  readonly valuesMove: Expression | undefined;
  readonly given: Given;
  readonly unit: number;
}

/** What a pass at the rows gives in each direction, after the change of potentials was solved for. */
function* rowMoves(
  name: string,
  source: PlanOfSide,
  direction: ProblemDirection,
  options: DerivativeOptions,
  summed: (
    passes: PlanPasses,
    direction: Direction,
    planMoves: (direction: Direction) => RowSums['planMoves'],
    given: ReturnType<typeof movedAt>,
    k: number,
  ) => Task<RowSums>,
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
      const planMoves = (of: Direction) => {
        const moving = movesAt(side, of);
        return { move: formulas.planMove(moving), size: formulas.planMoveSize(moving) };
      };
      const given = movedAt(side, one, moves[k][side]);
      all.push(yield* rowSums(systems, passes, side, yield* summed(passes, one, planMoves, given, k)));
    }
    return all;
  });
  return { values: joined(found), diagnostics: systems.diagnostics() };
}

function* rowSums(
  systems: SolvedSystems,
  passes: PlanPasses,
  side: Side,
  { planMoves, values, size, valuesMove, given, unit }: RowSums,
): Task<Float64Array> {
  const masses = mul(row('weight'), column('weight'));
  const moved = mul(planMoves.move, values);
  const sums = yield* passes.sums(side, simplify(valuesMove ? add(moved, mul(masses, valuesMove)) : moved), given);
  const sizes = mul(planMoves.size, beside(lengthOf(values), lengthOf(values), size));
  const direct = valuesMove && mul(mul(masses, lengthOf(valuesMove)), constant([1, 1, 1]));
  const of = yield* passes.sums(side, simplify(direct ? add(sizes, direct) : sizes), given);
  systems.cancels(cancellationOf(sums, [sizesOf(of)], passes.pair.x.batch));
  return unit === 1 ? sums : sums.map((value) => value * unit);
}
