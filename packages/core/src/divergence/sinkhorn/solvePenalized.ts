import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { InvalidOptionError, UnsupportedError } from '../../errors.js';
import { pairwise, pairwiseAt } from '../../geometry/pairwise/pairwise.js';
import { priced } from '../../geometry/priced.js';
import { type PenaltyIn, partialMass, penaltiesOf } from '../../marginal/penaltyOptions.js';
import { uploadChunked, uploadMeasure } from '../../measure/deviceMeasure.js';
import { diameter } from '../../measure/frame.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkPair, compareContent, type MeasurePair } from '../../measure/pair.js';
import { other, type Side } from '../../measure/side.js';
import { checkSymmetric, findAsymmetry } from '../../measure/symmetry.js';
import { readScaled, type Task } from '../../tasks/task.js';
import { temperatures, unitsFor } from '../../transport/context.js';
import type { SinkhornResult, SinkhornStart, SolvedGradients } from '../../transport/dualSolver.js';
import type { Extension } from '../../transport/extension.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import type { SinkhornOptions } from '../../transport/options.js';
import { partsApart } from '../../transport/partsApart.js';
import { roundedDirections } from '../../transport/roundedDirections.js';
import { roundedSlopes } from '../../transport/roundedSlopes.js';
import { LINKED, slopeSpread } from '../../transport/sweepErrors.js';
import type { OtherMarginals } from './otherMarginals.js';
import { type CertifiedResult, type OnDevice, solveByGap } from './solveByGap.js';
import { type PartialResult, solvePartial } from './solvePartial.js';

/** The penalty where there is none. */
const NONE = penaltiesOf('balanced', 1);

/** A problem whose marginals are held by something else than a reach. */
export interface PenalizedOptions extends SinkhornOptions, OtherMarginals {
  readonly accuracy: number;
}

/**
 * Solves entropic transport with the penalties that are named, and when debiased that of each measure with itself (Séjourné et al. 2019,
 * section 4): the value is the dual's, max -<a, phi*(-f)> - <b, phi*(-g)> - eps <a x b, exp((f + g - C) / eps) - 1>.
 *
 * @throws InvalidOptionError for a penalty that is none or an option that does not go with one; InvalidMeasureError for measures that do
 * not go together, or between which a range leaves no plan.
 */
export function* solvePenalized(
  backend: Backend,
  pair: MeasurePair,
  options: PenalizedOptions,
  wrt: readonly Side[] = [],
  start: SinkhornStart = {},
): Task<SinkhornResult> {
  const { cost, p, blur, homogeneous, debias, tolerance, accuracy, maxIterations, reach } = options;
  if (tolerance === null) {
    throw new InvalidOptionError(
      "tolerance is null: GeomLoss's schedule knows no penalty; leave tolerance or penalty out",
    );
  }
  if (options.method === 'newton') {
    throw new UnsupportedError("method 'newton' is not for penalties: leave method out");
  }
  if (Math.min(reach.x, reach.y) < Number.POSITIVE_INFINITY) {
    throw new InvalidOptionError(
      "reach and penalty are both given: reach is short for penalty: { kind: 'kl', reach }; give one",
    );
  }
  const mass = partialMass(options.penalty);
  const penalty = mass === undefined ? penaltiesOf(options.penalty, p) : NONE;
  checkPair(pair);
  if (debias && !homogeneous) checkSymmetric('cost', cost, pair, 'set debias: false for such a cost');
  const order = compareContent(pair.x, pair.y);
  const isSame = order === 0 && penalty.x === penalty.y && (homogeneous || findAsymmetry(cost, pair) === undefined);
  const problem = {
    pair,
    penalty,
    debias,
    isSame,
    first: order <= 0 ? ('x' as const) : ('y' as const),
    tolerance: options.largestChange === undefined ? tolerance : undefined,
    accuracy,
    maxIterations,
    slopes: homogeneous
      ? { steepest: p === 1 ? 1 : diameter([pair.x, pair.y]), spread: slopeSpread(pair, options) }
      : undefined,
    isInParts: homogeneous ? () => Math.max(...partsApart(pair, blur * (LINKED * p) ** (1 / p)).counts) > 1 : undefined,
    *on(space: ReturnType<typeof workspace>) {
      const { units, epsilons, costScale } = yield* temperatures(space.backend, pair, options);
      const x = yield* uploadChunked(space, pair.x, units.frame);
      const y = pair.y === pair.x ? x : yield* uploadChunked(space, pair.y, units.frame);
      const memory = options.keepCosts && (yield* options.keepCosts(space.backend, pair));
      const geometry = pairwise({ space, cost, from: x, to: y, memory });
      const slopeRoundings = (
        ...[on, epsilon, iterates, sides, price]: Parameters<NonNullable<OnDevice['slopeRoundings']>>
      ) =>
        homogeneous
          ? roundedDirections({ ...on, geometry }, pair, units.frame, epsilon, iterates, sides, price)
          : roundedSlopes({ ...on, geometry }, pair, epsilon, iterates, sides, price);
      const isRounded = space.backend.precision === 'float32' && (p === 1 || !homogeneous);
      return { memory, geometry, x, y, units, epsilons, costScale, ...(isRounded && { slopeRoundings }) };
    },
  };
  if (mass !== undefined) return partialResult(yield* solvePartial(backend, problem, mass, wrt, start.iterates), mass);
  return asResult(yield* solveByGap(backend, problem, wrt, start.iterates));

  function asResult(found: CertifiedResult): SinkhornResult {
    return {
      ...found,
      *gradientsOf(missing: readonly Side[]): Task<SolvedGradients> {
        return yield* solveByGap(backend, problem, missing, found.iterates);
      },
      potentialsAt: (side, at) => extendPenalized(backend, pair, options, penalty[side], found.iterates, side, at),
    };
  }

  function partialResult(found: PartialResult, wanted: number): SinkhornResult {
    const { iterates, price } = found;
    return {
      ...found,
      *gradientsOf(missing: readonly Side[]): Task<SolvedGradients> {
        return yield* solvePartial(backend, problem, wanted, missing, iterates, price);
      },
      *potentialsAt(side, at): Task<Extension> {
        const { cross } = yield* extendPenalized(
          backend,
          pair,
          options,
          found.penalty[side],
          iterates,
          side,
          at,
          price,
        );
        return { cross: cross.map((value) => value + price / 2) };
      },
    };
  }
}

/** The potentials of a side anywhere, as `extendPotentials` has them for a reach. */
function* extendPenalized(
  given: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  penalty: PenaltyIn,
  iterates: HostPotentials,
  side: Side,
  at: CheckedMeasure,
  price = 0,
): Task<Extension> {
  checkPair({ x: at, y: pair.x });
  const backend = given.inFloat64 ?? given;
  const space = workspace(backend);
  try {
    const { frame, length, energy } = unitsFor(backend, pair, options);
    const epsilon = (options.blur / length) ** options.p;
    const { prox, parameters } = penalty(energy, backend.precision);
    const rows = uploadMeasure(space, at, frame);
    const extend = function* (measure: CheckedMeasure, potential: Float64Array): Task<Float64Array> {
      const columns = uploadMeasure(space, measure, frame);
      const pairs = pairwiseAt(side, { space, cost: options.cost, rows, columns });
      const geometry = priced(space, pairs, price / energy);
      const scaled = potential.map((value) => value / energy);
      const over = { logWeights: columns.logWeights, potential: space.upload(scaled, columns.weights.shape) };
      const found = geometry.softmin(over, epsilon, { formula: prox, parameters });
      return yield* readScaled(backend, found, energy);
    };
    const [cross, own] = side === 'x' ? [iterates.g_ab, iterates.f_aa] : [iterates.f_ba, iterates.g_bb];
    return { cross: yield* extend(pair[other(side)], cross), self: own && (yield* extend(pair[side], own)) };
  } finally {
    space.releaseAll();
  }
}
