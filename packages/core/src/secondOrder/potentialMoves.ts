import type { Expression } from '../formula/expression.js';
import { centred } from '../linear/norm.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { type Sizes, sameSizes } from './cancellation.js';
import type { Direction } from './direction.js';
import type { Accuracy, BothSides, OptimalitySystem, SeenFrom, Solving } from './optimalitySystem.js';
import { kindOf, type Moves, planFormulas } from './planFormulas.js';
import type { Given, PlanPasses } from './planPasses.js';

/** A direction in the units and the frame of passes. */
export function inUnits({ x, y, epsilon, rho }: Direction, { units: { length, energy } }: PlanPasses): Direction {
  const scaled = ({ points, weights }: Direction['x']) => ({
    points: points?.map((value) => value / length),
    weights,
  });
  return { x: scaled(x), y: scaled(y), epsilon: epsilon / energy, rho: bySide((side) => rho[side] / energy) };
}

/** What moves, seen from the points of a side. */
export const movesAt = (side: Side, direction: Direction): Moves => {
  const of = ({ points, weights }: Direction['x']) => ({ points: !!points, weights: !!weights });
  return {
    rows: of(direction[side]),
    columns: of(direction[other(side)]),
    epsilon: direction.epsilon !== 0,
  };
};

/** What formulas of a direction take, seen from the points of a side. */
export function movedAt(side: Side, direction: Direction, potentialMoves?: BothSides): Required<Given> {
  const of = (at: Side) => {
    const { points, weights } = direction[at];
    return {
      ...(points && { move: points }),
      ...(weights && { weightMove: weights }),
      ...(potentialMoves && { potentialMove: potentialMoves[at] }),
    };
  };
  return { rows: of(side), columns: of(other(side)), parameters: { epsilonMove: direction.epsilon } };
}

/** What the optimality conditions of a side lack in a direction, over the mass that the plan takes of each point, and of what that is a sum. */
function* lacksAt(
  { passes }: OptimalitySystem,
  side: Side,
  direction: Direction,
): Task<{ readonly lacks: Float64Array; readonly sizes: Sizes }> {
  const { pair, options, units, epsilon, potentials } = passes;
  const formulas = planFormulas(options.cost)(pair.x.dimension, side);
  const moves = movesAt(side, direction);
  const sumsOf = function* (value: Expression | undefined): Task<Float64Array> {
    if (!value) return new Float64Array(potentials[side].length);
    const sums = yield* passes.sums(side, value, movedAt(side, direction));
    const taken = yield* passes.taken(side);
    // Of a point that the plan takes nothing of nothing is made.
    return sums.map((sum, i) => (taken[i] > 0 ? sum / taken[i] : 0));
  };
  const rho = (options.reach[side] / units.length) ** options.p;
  const slope = direction.rho[side] === 0 ? 0 : (epsilon * direction.rho[side]) / rho ** 2;
  const lacks = (yield* sumsOf(formulas.lack(moves))).map((sum, i) => sum + slope * potentials[side][i]);
  const isBalanced = options.reach.x === Number.POSITIVE_INFINITY && options.reach.y === Number.POSITIVE_INFINITY;
  const left = isBalanced ? centred(lacks, pair.x.batch) : lacks;
  const terms = yield* sumsOf(formulas.lackSize(moves));
  const sizes = left.map((value, i) => Math.abs(value) + terms[i]);
  // Where points are next to each other the slopes of |x - y| turn as fast as their distance is small.
  if (passes.precision === 'float64' || kindOf(options) !== 'distance') return { lacks, sizes: sameSizes(sizes) };
  const rounds = yield* sumsOf(formulas.lackRounds(moves));
  return { lacks, sizes: { net: sizes, parts: sizes, rounds: sizes.map((value, i) => value + rounds[i]) } };
}

/** What conditions are sums of, with what the other side's potentials, which are about as large as theirs, add to them on average. */
function withOthers(sizes: Readonly<Record<Side, Sizes>>, { pair }: PlanPasses): Readonly<Record<Side, Sizes>> {
  const mean = (side: Side, values: Float64Array, element: number) => {
    const { weights, masses, count } = pair[side];
    let sum = 0;
    for (let i = element * count; i < (element + 1) * count; i++) sum += weights[i] * values[i];
    return sum / masses[element];
  };
  return bySide((side) => {
    const added = (name: keyof Sizes) => {
      const means = Array.from(pair[side].masses, (_, element) => mean(other(side), sizes[other(side)][name], element));
      return sizes[side][name].map((value, i) => value + means[Math.floor(i / pair[side].count)]);
    };
    return { net: added('net'), parts: added('parts'), rounds: added('rounds') };
  });
}

/** Vectors side by side: [B, N] each, as [B, N, k]. */
export function interleaved(vectors: readonly Float64Array[]): Float64Array {
  const size = vectors.length;
  if (size === 1) return vectors[0];
  const all = new Float64Array(vectors[0].length * size);
  for (const [c, vector] of vectors.entries()) {
    for (let i = 0; i < vector.length; i++) all[i * size + c] = vector[i];
  }
  return all;
}

/** One of them again. */
export const taking = (all: Float64Array, size: number, c: number): Float64Array =>
  size === 1 ? all : Float64Array.from({ length: all.length / size }, (_, i) => all[i * size + c]);

/** The squares of the norms of what points move by, by masses, of each element and direction, [B, k]. */
function squaresOf(directions: readonly Direction[], { pair }: PlanPasses): Float64Array {
  const size = directions.length;
  const squares = new Float64Array(pair.x.batch * size);
  for (const [c, direction] of directions.entries()) {
    for (const side of ['x', 'y'] as const) {
      const { weights, count, dimension } = pair[side];
      direction[side].points?.forEach((value, k) => {
        const i = Math.floor(k / dimension);
        squares[Math.floor(i / count) * size + c] += weights[i] * value ** 2;
      });
    }
  }
  return squares;
}

/** How potentials move in each of some directions, in the units of the passes, and of how large numbers these are sums. */
interface PotentialMoves {
  readonly moves: readonly SeenFrom[];
  readonly sizes: readonly Readonly<Record<Side, Sizes>>[];
}

/**
 * How the potentials of both sides move in each of some directions, which are in the units of the passes: as `sides` are to see them, up to
 * rounding, and the others up to the tolerance.
 */
export function* potentialMoves(
  system: OptimalitySystem,
  directions: readonly Direction[],
  accuracy: Accuracy,
  sides: readonly Side[],
): Task<PotentialMoves & Solving> {
  const lacks: { x: Float64Array[]; y: Float64Array[] } = { x: [], y: [] };
  const sizes: Readonly<Record<Side, Sizes>>[] = [];
  for (const direction of directions) {
    const x = yield* lacksAt(system, 'x', direction);
    const y = system.isSelf ? x : yield* lacksAt(system, 'y', direction);
    lacks.x.push(x.lacks);
    lacks.y.push(y.lacks);
    sizes.push(withOthers({ x: x.sizes, y: y.sizes }, system.passes));
  }
  const size = directions.length;
  const x = interleaved(lacks.x);
  const found = yield* system.solve(
    { x, y: system.isSelf ? x : interleaved(lacks.y) },
    size,
    accuracy,
    sides,
    squaresOf(directions, system.passes),
  );
  return {
    ...found,
    sizes,
    moves: directions.map((_, c) => bySide((from) => bySide((side) => taking(found[from][side], size, c)))),
  };
}
