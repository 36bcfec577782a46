import { centred, norm } from '../linear/norm.js';
import { diameter } from '../measure/frame.js';
import { bySide, other, type Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { penalties } from '../transport/context.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import { weightGradient } from '../transport/value.js';
import { cancellationOf, freeCancellationOf, ownSizes, type Sizes, scaledSizes, sizesOf } from './cancellation.js';
import { checkDirections, type Direction, type MeasureDirection, type PairDirection } from './direction.js';
import { gaugeMove, potentialDifference } from './gauge.js';
import type { BothSides, OptimalitySystem } from './optimalitySystem.js';
import { kindOf, planFormulas } from './planFormulas.js';
import type { PlanPasses } from './planPasses.js';
import { inUnits, movedAt, movesAt, potentialMoves } from './potentialMoves.js';
import {
  alongDirection,
  type GradientMoves,
  type OwnProduct,
  type PairProduct,
  type ProductOptions,
  productOf,
  sidesWithRespectTo,
} from './product.js';
import { systemsOf } from './solvedSystems.js';
import type { SolvedSource } from './source.js';
import { gradientMovesThroughNormalization } from './throughNormalization.js';

/** What happens to one problem in a direction, in the input's units. */
interface ProblemMoves {
  readonly potentials: BothSides;
  /** The change of the sums of pi_ij dC/dx_i, by side: [B, N, D]. */
  readonly forces: { readonly [S in Side]?: Float64Array };
  /** Of how large numbers these and the potentials are sums. */
  readonly sizes: {
    readonly forces: { readonly [S in Side]?: Sizes };
    readonly potentials: Readonly<Record<Side, Sizes>>;
  };
}

/**
 * The share of what second derivatives of the cost alone make of a direction below which a result is small, so that a pass tells of how large numbers it is
 * a sum. Raising it takes that pass more often.
 */
const SMALL = 0.3;

/** About the norm of what the second derivatives of a cost |x - y|^p / p make of a direction of points, at the points of a side. Infinite for other costs, and where weights move. */
function usualForce(
  { pair, options: { p, homogeneous }, units }: PlanPasses,
  side: Side,
  direction: Direction,
): number {
  if (!homogeneous || direction.x.weights || direction.y.weights) return Number.POSITIVE_INFINITY;
  const squares = bySide((at) => {
    const { weights, masses } = pair[at];
    const { dimension } = pair[at];
    const points = direction[at].points;
    let sum = 0;
    for (let k = 0; points && k < points.length; k++) sum += weights[Math.floor(k / dimension)] * points[k] ** 2;
    return sum / masses.reduce((total, mass) => total + mass, 0);
  });
  const masses = pair[side].weights.reduce((sum, weight) => sum + weight ** 2, 0);
  return Math.sqrt(masses * (squares.x + squares.y)) * (diameter([pair.x, pair.y]) / units.length) ** (p - 2);
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
  const solved = systems.solved(yield* potentialMoves(system, scaled, systems.accuracy, sides));
  const { moves } = solved;
  const found: ProblemMoves[] = [];
  for (const [k, direction] of scaled.entries()) {
    const forces: { [S in Side]?: Float64Array } = {};
    const sizes: { [S in Side]?: Sizes } = {};
    for (const side of sides) {
      const formulas = planFormulas(passes.options.cost)(passes.pair.x.dimension, side);
      const [moving, given] = [movesAt(side, direction), movedAt(side, direction, moves[k][side])];
      const sums = yield* passes.sums(side, formulas.forceMove(moving), given);
      const unit = energy / length;
      forces[side] = sums.map((value) => value * unit);
      const kind = kindOf(passes.options);
      const isTold =
        norm(sums) < SMALL * usualForce(passes, side, direction) ||
        (kind === 'distance' && passes.precision === 'float32');
      sizes[side] = isTold
        ? sizesOf(yield* passes.sums(side, formulas.forceMoveSize(moving, kind), given), unit)
        : ownSizes(forces[side], passes.potentials[side].length);
    }
    const ofPotentials = bySide((side) => scaledSizes(solved.sizes[k][side], energy));
    found.push({
      forces,
      potentials: bySide((side) => moves[k][side][side].map((value) => value * energy)),
      sizes: { forces: sizes, potentials: ofPotentials },
    });
  }
  return found;
}

/**
 * The Hessian of the Sinkhorn divergence, or of entropic transport without debiasing, times directions: how its gradients with respect
 * to the sides in `wrt` change. Potentials are implicit functions of the measures: one linear system for each problem gives their
 * change, by conjugate gradients over passes; no matrix is stored. A direction without `x` and `y` is one of x alone.
 *
 * @throws InvalidMeasureError for numbers that do not fit, or change masses that have to stay equal; UnsupportedError for a solution of
 *   cells.
 */
export const hessianVectorProduct = (
  source: SolvedSource,
  direction: PairDirection | MeasureDirection,
  options: ProductOptions = {},
): Task<PairProduct | OwnProduct> => alongDirection(direction, options, (both, given) => ofBoth(source, both, given));

function* ofBoth(source: SolvedSource, direction: PairDirection, options: ProductOptions): Task<PairProduct> {
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
      const { batch } = pair[side];
      const points = selfForce ? force.map((value, i) => value - selfForce[i]) : force;
      const sizes = [cross[k].sizes, own[side]?.[k].sizes];
      const ofForces = [sizes[0]?.forces[side], sizes[1]?.forces.x].filter((size) => size !== undefined);
      systems.cancels(cancellationOf(points, ofForces, batch));
      const { difference } = potentials[side];
      const ofPotentials = [sizes[0]?.potentials[side], sizes[1]?.potentials.x].filter((size) => size !== undefined);
      systems.cancels(
        (isBalanced ? freeCancellationOf : cancellationOf)(difference, ofPotentials, batch),
        'potentials',
      );
      const { self, cross: moved } = potentials[side];
      if (self) {
        const count = self.length;
        const terms = [moved, self].map((one) => ownSizes(isBalanced ? centred(one, batch) : one, count));
        systems.cancels((isBalanced ? freeCancellationOf : cancellationOf)(difference, terms, batch, 1), 'potentials');
      }
      found[side] = { points, weights: weightMove(source, side, one, potentials[side], shift) };
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
