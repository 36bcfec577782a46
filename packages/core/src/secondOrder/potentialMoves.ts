import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { Direction } from './direction.js';
import type { Accuracy, BothSides, OptimalitySystem, SeenFrom, Solving } from './optimalitySystem.js';
import { type Moves, planFormulas } from './planFormulas.js';
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

/** What the optimality conditions of a side lack in a direction, over the mass that the plan takes of each point. */
function* lacksAt({ passes }: OptimalitySystem, side: Side, direction: Direction): Task<Float64Array> {
  const { pair, options, units, epsilon, potentials } = passes;
  const value = planFormulas(options.cost)(pair.x.dimension, side).lack(movesAt(side, direction));
  const sums = value && (yield* passes.sums(side, value, movedAt(side, direction)));
  const rho = (options.reach[side] / units.length) ** options.p;
  const slope = direction.rho[side] === 0 ? 0 : (epsilon * direction.rho[side]) / rho ** 2;
  const taken = yield* passes.taken(side);
  // Of a point that the plan takes nothing of nothing is made.
  return potentials[side].map((f, i) => (sums && taken[i] > 0 ? sums[i] / taken[i] : 0) + slope * f);
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

/**
 * How the potentials of both sides move in each of some directions, which are in the units of the passes: as `sides` are to see them, up to
 * rounding, and the others up to the tolerance.
 */
export function* potentialMoves(
  system: OptimalitySystem,
  directions: readonly Direction[],
  accuracy: Accuracy,
  sides: readonly Side[],
): Task<{ readonly moves: readonly SeenFrom[] } & Solving> {
  const lacks: { x: Float64Array[]; y: Float64Array[] } = { x: [], y: [] };
  for (const direction of directions) {
    lacks.x.push(yield* lacksAt(system, 'x', direction));
    if (!system.isSelf) lacks.y.push(yield* lacksAt(system, 'y', direction));
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
    moves: directions.map((_, c) => bySide((from) => bySide((side) => taking(found[from][side], size, c)))),
  };
}
