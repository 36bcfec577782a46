import { other, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import type { SinkhornStart } from '../dualSolver.js';
import type { NewtonResult } from './annealedNewton.js';
import { elementProblem, fromResult, type NewtonContext } from './elementProblem.js';
import { type FinalRows, finalRows } from './finalRows.js';
import type { Remaining } from './remaining.js';
import { WIDE } from './rowPass.js';
import { type SelfUpdates, selfUpdates } from './selfUpdates.js';
import { polished, solveCross } from './solveCross.js';

/** The potentials of an element, at all points, with what else is known of it. */
export interface SolvedElement {
  readonly iterates: Readonly<Record<Side, { readonly cross: Float64Array; readonly self?: Float64Array }>>;
  readonly final: Readonly<Record<Side, { readonly cross: FinalRows; readonly self?: FinalRows }>>;
  readonly selves: { readonly [S in Side]?: SelfUpdates };
  readonly marginalError: number;
  /** That of the transport from x to y, and that of the self problems. */
  readonly crossError: number;
  readonly selfError: number;
  readonly steps: number;
  readonly passes: number;
  readonly costScale: number;
  readonly remaining: Remaining;
}

/** @returns undefined where the measures are large and nearly all of their pairs count. */
export function* solveElement(
  context: NewtonContext,
  element: number,
  start: SinkhornStart,
): Task<SolvedElement | undefined> {
  const { options, rho, first } = context;
  const { debias } = options;
  const one = elementProblem(context, element);
  const { sides, epsilon, costsBetween, keptCosts } = one;
  const second = other(first);
  const { costScale } = one.problem;

  const selfStart = (side: Side): Float64Array => {
    const warmStart = side === 'x' ? start.iterates?.f_aa : (start.selfY?.iterate ?? start.iterates?.g_bb);
    return warmStart ? fromResult(context, one, warmStart, side) : new Float64Array(sides[side].support.length);
  };
  const selfOf = function* (side: Side) {
    const { supportPoints, side: measure } = sides[side];
    const costs = keptCosts(costsBetween(supportPoints, supportPoints, 'x'));
    return yield* selfUpdates({ costs, x: measure, y: measure, costScale }, epsilon, selfStart(side), context);
  };
  // The cross problem goes first: where it is given up, nothing else has been done.
  const crossFound = context.isSame ? undefined : yield* solveCross(context, one, start);
  if (!crossFound && !context.isSame) return undefined;
  const selves: { readonly [S in Side]?: SelfUpdates } = yield* solveSelves(context, debias, selfOf);
  const found = crossFound ?? (selves.x && asCross(selves.x));
  if (!found) return undefined;
  const crossed = epsilon > WIDE * costScale && !context.isSame ? yield* polished(context, one, found) : found;

  const selfError = Math.max(selves.x?.marginalError ?? 0, selves.y?.marginalError ?? 0);
  const supported = { [first]: crossed.f, [second]: crossed.g } as Record<Side, Float64Array>;
  const missing = { [first]: crossed.remaining.f, [second]: crossed.remaining.g } as Record<Side, Float64Array>;
  const finish = function* (
    side: Side,
    over: Side,
    potential: Float64Array,
    left: Float64Array,
    part: number,
  ): Task<FinalRows> {
    return yield* finalRows(
      {
        costs: costsBetween(sides[side].points, sides[over].supportPoints, side === over ? 'x' : side),
        rows: { weights: sides[side].weights, rho: rho[side] },
        columns: sides[over].side,
        g: potential,
        missing: left,
        epsilon,
        costScale,
        doTurn: options.p === 1 || !options.homogeneous,
      },
      (share) => ({ stage: 'final update', epsilon, share: (part + share) / (debias ? 4 : 2) }),
    );
  };
  const crossX = yield* finish('x', 'y', supported.y, missing.y, 0);
  const crossY = yield* finish('y', 'x', supported.x, missing.x, 1);
  const selfX = selves.x && debias ? yield* finish('x', 'x', selves.x.f, selves.x.missing, 2) : undefined;
  const selfY = selves.y && debias ? yield* finish('y', 'y', selves.y.f, selves.y.missing, 3) : undefined;
  return {
    iterates: {
      x: { cross: everywhere('x', supported.x, crossX), self: selfX && selves.x && everywhere('x', selves.x.f, selfX) },
      y: { cross: everywhere('y', supported.y, crossY), self: selfY && selves.y && everywhere('y', selves.y.f, selfY) },
    },
    final: { x: { cross: crossX, self: selfX }, y: { cross: crossY, self: selfY } },
    selves,
    marginalError: Math.max(crossed.marginalError, selfError),
    crossError: crossed.marginalError,
    selfError,
    steps: crossed.steps,
    passes: crossed.passes + (selves.x?.passes ?? 0) + (selves.y?.passes ?? 0) + (debias ? 4 : 2),
    costScale,
    remaining: crossed.remaining,
  };

  /** Iterates at the points with mass; at the others what an update gives. */
  function everywhere(side: Side, iterate: Float64Array, { potential }: FinalRows): Float64Array {
    const values = potential.slice();
    sides[side].support.forEach((i, k) => {
      values[i] = iterate[k];
    });
    return values;
  }
}

function* solveSelves(
  { isSame }: NewtonContext,
  debias: boolean,
  solve: (side: Side) => Task<SelfUpdates>,
): Task<{ readonly [S in Side]?: SelfUpdates }> {
  if (!debias && !isSame) return {};
  const x = yield* solve('x');
  return { x, y: isSame ? x : yield* solve('y') };
}

/** Against itself a measure's cross potentials are its self potentials: the divergence is 0 to the last bit. */
const asCross = ({ f, missing, marginalError }: SelfUpdates): NewtonResult => ({
  f,
  g: f,
  marginalError,
  steps: 0,
  passes: 0,
  listPairs: 0,
  remaining: { value: 0, potentials: 0, f: missing, g: missing },
});
