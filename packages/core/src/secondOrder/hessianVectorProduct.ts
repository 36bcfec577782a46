import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { penalties } from '../transport/context.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import { weightGradient } from '../transport/value.js';
import { checkDirections, type Direction, type PairDirection } from './direction.js';
import type { BothSides, OptimalitySystem } from './optimalitySystem.js';
import { planFormulas } from './planFormulas.js';
import { inUnits, movedAt, movesAt, potentialMoves } from './potentialMoves.js';
import { type GradientMoves, type PairProduct, type ProductOptions, productOf, sidesWithRespectTo } from './product.js';
import { systemsOf } from './solvedSystems.js';
import type { SolvedSource } from './source.js';
import { gradientMovesThroughNormalization } from './throughNormalization.js';

/** What happens to one problem in a direction, in the input's units. */
interface ProblemMoves {
  readonly potentials: BothSides;
  /** The change of the sums of pi_ij dC/dx_i, by side: [B, N, D]. */
  readonly forces: { readonly [S in Side]?: Float64Array };
}

function* problemMoves(
  system: OptimalitySystem,
  directions: readonly Direction[],
  sides: readonly Side[],
  systems: ReturnType<typeof systemsOf>,
): Task<readonly ProblemMoves[]> {
  const { passes } = system;
  const { length, energy } = passes.units;
  const scaled = directions.map((direction) => inUnits(direction, passes));
  const { moves } = systems.solved(yield* potentialMoves(system, scaled, systems.accuracy, sides));
  const found: ProblemMoves[] = [];
  for (const [k, direction] of scaled.entries()) {
    const forces: { [S in Side]?: Float64Array } = {};
    for (const side of sides) {
      const force = planFormulas(passes.options.cost)(passes.pair.x.dimension, side).forceMove(
        movesAt(side, direction),
      );
      const sums = yield* passes.sums(side, force, movedAt(side, direction, moves[k][side]));
      forces[side] = sums.map((value) => (value * energy) / length);
    }
    found.push({ forces, potentials: bySide((side) => moves[k][side][side].map((value) => value * energy)) });
  }
  return found;
}

/**
 * The Hessian of the Sinkhorn divergence, or of entropic transport without debiasing, times directions: how its gradients with respect
 * to the sides in `wrt` change. Potentials are implicit functions of the measures: one linear system for each problem gives their
 * change, by conjugate gradients over passes; no matrix is stored.
 *
 * @throws InvalidMeasureError for numbers that do not fit, or change masses that have to stay equal; UnsupportedError for a solution of
 *   cells.
 */
export function* sinkhornHessianVectorProduct(
  source: SolvedSource,
  direction: PairDirection,
  options: ProductOptions = {},
): Task<PairProduct> {
  const name = 'hessianVectorProduct';
  const systems = systemsOf(name, source, options, ['wrt']);
  const { pair } = source;
  const sides = sidesWithRespectTo(direction, options);
  const directions = checkDirections(source, direction);
  const moving = (['x', 'y'] as const).filter((side) => direction[side] !== undefined);
  const isBalanced = Object.values(source.options.reach).every((length) => length === Number.POSITIVE_INFINITY);
  const cross = yield* systems.cross((system) => problemMoves(system, directions, sides, systems));
  const own: { [S in Side]?: readonly ProblemMoves[] } = {};
  if (source.potentials.f_aa) {
    // Where both marginals are met exactly the other side's say which translation of the cross potentials is given.
    for (const side of new Set([...sides, ...(isBalanced ? moving : [])])) {
      if (!moving.includes(side)) continue;
      const both = directions.map(
        (one): Direction => ({
          x: one[side],
          y: one[side],
          epsilon: one.epsilon,
          rho: bySide(() => one.rho[side]),
        }),
      );
      const forces = sides.includes(side) ? (['x'] as const) : [];
      own[side] = yield* systems.self(side, (system) => problemMoves(system, both, forces, systems));
    }
  }
  const gradients = bySide((side) => potentialDifference(source, side));
  const moves = directions.map((one, k): GradientMoves => {
    const potentials = bySide((side) => {
      const self = own[side]?.[k].potentials.x;
      const moved = cross[k].potentials[side];
      return { cross: moved, self, difference: self ? moved.map((value, i) => value - self[i]) : moved };
    });
    const shift = isBalanced
      ? gaugeMove(
          source,
          one,
          bySide((side) => potentials[side].difference),
          gradients,
        )
      : undefined;
    const found: { [S in Side]?: { points: Float64Array; weights: Float64Array } } = {};
    for (const side of sides) {
      const force = cross[k].forces[side] as Float64Array;
      const selfForce = own[side]?.[k].forces.x;
      found[side] = {
        points: selfForce ? force.map((value, i) => value - selfForce[i]) : force,
        weights: weightMove(source, side, one, potentials[side], shift),
      };
    }
    return found;
  });
  const { given, normalize } = source;
  if (!normalize) return productOf(sides, directions, moves, pair, systems.diagnostics());
  const raw = checkDirections({ pair, given, normalize: false }, direction);
  const epsilon = source.options.blur ** source.options.p;
  const gradientsInWeights: { [S in Side]?: Float64Array } = {};
  for (const side of sides) {
    gradientsInWeights[side] = yield* weightGradient(pair, side, source.potentials, epsilon, penalties(source.options));
  }
  const through = gradientMovesThroughNormalization({ given }, sides, raw, moves, gradientsInWeights);
  return productOf(sides, raw, through, pair, systems.diagnostics());
}

/** f - f_aa, or f alone. */
export function potentialDifference({ potentials }: SolvedSource, side: Side): Float64Array {
  const { cross, self } = potentialsOf(potentials, side);
  return self ? cross.map((value, i) => value - self[i]) : cross;
}

/**
 * How much goes from g. to f., of each element, where potentials are known up to a translation: in every direction the means of f - f_aa
 * under a and of g - g_bb under b stay equal.
 */
export function gaugeMove(
  { pair }: SolvedSource,
  direction: Direction,
  moves: BothSides,
  differences: BothSides,
): Float64Array {
  const mean = (side: Side, element: number) => {
    const { weights, masses, count } = pair[side];
    const weightMoves = direction[side].weights;
    let [total, moved, mass] = [0, 0, 0];
    for (let i = element * count; i < (element + 1) * count; i++) {
      total += weights[i] * differences[side][i];
      moved += weights[i] * moves[side][i];
      if (!weightMoves) continue;
      moved += weightMoves[i] * differences[side][i];
      mass += weightMoves[i];
    }
    return moved / masses[element] - (total / masses[element]) * (mass / masses[element]);
  };
  return Float64Array.from(pair.x.masses, (_, element) => (mean('y', element) - mean('x', element)) / 2);
}

/** The change of the gradient in the weights, [B, N]. */
function weightMove(
  source: SolvedSource,
  side: Side,
  direction: Direction,
  moves: { readonly cross: Float64Array; readonly self?: Float64Array; readonly difference: Float64Array },
  shift: Float64Array | undefined,
): Float64Array {
  const { pair, options, potentials } = source;
  const { count } = pair[side];
  const epsilon = options.blur ** options.p;
  const rho = options.reach[side] ** options.p;
  const sign = side === 'x' ? 1 : -1;
  const { cross, self } = potentialsOf(potentials, side);
  // What the other side's mass adds, where nothing is debiased and masses may change.
  const otherWeights = direction[other(side)].weights;
  const added = new Float64Array(pair.x.batch);
  if (!self && !shift && otherWeights) {
    otherWeights.forEach((value, j) => {
      added[Math.floor(j / pair[other(side)].count)] += epsilon * value;
    });
  }
  return moves.difference.map((difference, i) => {
    const element = Math.floor(i / count);
    if (rho === Number.POSITIVE_INFINITY) return difference + (shift ? sign * shift[element] : 0) + added[element];
    const kept = Math.exp(-cross[i] / rho) * moves.cross[i];
    const own = self && moves.self ? Math.exp(-self[i] / rho) * moves.self[i] : 0;
    return (1 + epsilon / rho) * (kept - own) + added[element];
  });
}
