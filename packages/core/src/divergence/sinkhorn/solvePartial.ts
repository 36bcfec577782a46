import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { InvalidMeasureError, InvalidOptionError, UnsupportedError } from '../../errors.js';
import { priced } from '../../geometry/priced.js';
import { penaltiesOf } from '../../marginal/penaltyOptions.js';
import { toldMass } from '../../measure/pair.js';
import { bySide, type Side } from '../../measure/side.js';
import { readScaled, type Task } from '../../tasks/task.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { LAST_DIGIT, ROUNDINGS } from '../../transport/rounding.js';
import { type CertifiedProblem, type CertifiedResult, solveByGap } from './solveByGap.js';

/** Transport of a fixed mass: no point gives or gets more than it has. */
const NO_MORE = penaltiesOf({ kind: 'range', low: 0, high: 1 }, 1);
const BALANCED = penaltiesOf('balanced', 1);
/** A mass that is all of the smaller measure but for rounding is all of it. */
const ALL = 1e-9;
/** How far the mass that goes may be from the one that was asked for, as a logarithm. Its error in the value is the square of that. */
const MASS_ERROR = 1e-9;
/** Marginal errors where the price is found: finer than the mass is wanted. Raising it saves Newton's last step. Chosen, not measured. */
const TOLERANCE = 1e-10;
/** And at prices that may be far from it, where more or less is all that has to be seen. Raising it saves sweeps there, and asks twice elsewhere. Chosen. */
const LOOSEST = 1e-3;
/** Sweeps after which a price is looked at that they have not converged at: most are seen to be far then. Raising it is patience. Chosen. */
const PATIENCE = 200;
/** A mass off by so many marginal errors is surely too much, or too little. Raising it is caution, for modes that sweeps are slow with. Chosen. */
const SURE = 100;
/** Secants in a row that leave more than half of a bracket, before it is halved: the mass has flat parts and corners. Chosen. */
const MOST_CREEPING = 2;
/** Solves at most: brackets shrink to rounding long before. */
const MOST_SOLVES = 60;
/** Where sweeps did not converge a mass that is off by more than so many marginal errors is taken for too much, or too little. Chosen. */
const UNSURE = 2;
/** The logarithm of a mass that is none for float64. */
const LONGEST = 700;

/** A result at the price that was found. Potentials have half of the price each, so that the plan is made of them as ever. */
export interface PartialResult extends CertifiedResult {
  readonly price: number;
  /** What holds each side. */
  readonly penalty: CertifiedProblem['penalty'];
}

/**
 * Transport of the mass m alone, the part that is cheapest to move: min <P, C> + eps KL(P | a x b) over plans of mass m whose marginals are
 * at most a and b. It is transport with shares from 0 to 1 and costs less a price, the one at which m goes: the mass grows with the
 * price, and its logarithm by 1 / eps of it at most, so that a step of eps log(m / mass) is never too long.
 */
export function* solvePartial(
  backend: Backend,
  problem: Omit<CertifiedProblem, 'penalty'>,
  mass: number,
  wrt: readonly Side[],
  from: HostPotentials | undefined,
  known?: number,
): Task<PartialResult> {
  const { pair, debias } = problem;
  if (typeof mass !== 'number' || !(mass > 0 && mass < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(`penalty.mass is ${mass}: give the mass to move, above 0`);
  }
  if (debias) throw new InvalidOptionError('partial transport has no debiasing: set debias: false');
  if (pair.x.batched)
    throw new UnsupportedError('partial transport has a price of its own for each problem: leave batches');
  const masses = [pair.x.masses[0], pair.y.masses[0]];
  const least = Math.min(...masses);
  if (mass > least * (1 + ALL)) {
    throw new InvalidMeasureError(
      `penalty.mass is ${mass}, and ${masses[0] <= masses[1] ? pair.x.name : pair.y.name} has ${toldMass(least)}: give that much at most`,
    );
  }
  if (mass > least * (1 - ALL)) {
    const isAll = (k: number) => masses[k] <= least * (1 + ALL);
    const penalty = { x: (isAll(0) ? BALANCED : NO_MORE).x, y: (isAll(1) ? BALANCED : NO_MORE).y };
    return { ...(yield* solveByGap(backend, { ...problem, penalty }, wrt, from)), price: 0, penalty };
  }
  const at = (price: number, exactness: object): CertifiedProblem => ({
    ...problem,
    ...exactness,
    penalty: NO_MORE,
    *on(space) {
      const device = yield* problem.on(space);
      const less = price / device.units.energy;
      const { slopeRoundings } = device;
      return {
        ...device,
        geometry: priced(space, device.geometry, less),
        ...(slopeRoundings && {
          slopeRoundings: (on, epsilon, iterates, sides) => slopeRoundings(on, epsilon, iterates, sides, less),
        }),
      };
    },
  });
  let [start, reductions, iterations] = [from, 0, 0];
  // What a price before was seen at is needed next to it too.
  let tolerance = LOOSEST;
  // The mass is wanted to more digits than float32 has.
  const device = backend.inFloat64 ?? backend;
  const trySolve = function* (price: number, iterates: HostPotentials | undefined, maxIterations: number): Task<Tried> {
    const found = yield* solveByGap(device, at(price, { tolerance, maxIterations }), [], iterates);
    iterations += found.iterations;
    reductions += found.reductions;
    return { ...found, excess: Math.max(-LONGEST, Math.log(found.masses[0] / mass) || 0) };
  };
  const bounds = yield* priceBounds(device, problem, mass);
  const { epsilon, epsilons } = bounds;
  // Prices at which less and more than the mass is seen to go.
  let { least: low, most: high } = bounds;
  const lookAt = function* (price: number): Task<Looked> {
    let [from, isCold] = [start, !start];
    let most = Math.min(PATIENCE, problem.maxIterations);
    let found = yield* trySolve(price, from, most);
    const isSure = () => Math.abs(found.excess) > SURE * found.marginalError;
    const isFound = () => found.converged && tolerance === TOLERANCE;
    const isExhausted = () => !found.converged && isCold && most === problem.maxIterations;
    while (!isSure() && !isFound() && !isExhausted()) {
      if (found.converged) [tolerance, from] = [TOLERANCE, found.iterates];
      else if (most < problem.maxIterations) most = problem.maxIterations;
      // A warm start may lead sweeps astray, to masses that there are not: what they say of the price would be wrong.
      else [from, isCold] = [undefined, true];
      found = yield* trySolve(price, from, most);
    }
    const { excess } = found;
    const isSeen = isFound() || Math.abs(excess) > UNSURE * found.marginalError;
    if (isSeen) start = found.iterates;
    if (isSeen && excess < 0) low = Math.max(low, price);
    if (isSeen && excess > 0) high = Math.min(high, price);
    return { excess, doubt: isFound() ? 0 : found.marginalError };
  };

  let price = known ?? bounds.start;
  const search = function* (): Task<Looked> {
    let here = yield* lookAt(price);
    let [other, otherExcess] = [Number.NaN, Number.NaN];
    let [longer, creeping] = [1, 0];
    for (let solve = 1; Math.abs(here.excess) > MASS_ERROR && solve < MOST_SOLVES; solve++) {
      const { excess } = here;
      const isBracketed = excess * otherExcess < 0;
      const width = Math.abs(price - other);
      // A secant between both sides of the root, or a step that is doubled until there are two.
      const wanted = isBracketed
        ? creeping > MOST_CREEPING
          ? (price + other) / 2
          : (price * otherExcess - other * excess) / (otherExcess - excess)
        : price - longer * epsilon * excess;
      const next = wanted >= high ? (price + high) / 2 : wanted <= low ? (price + low) / 2 : wanted;
      if (!(next !== price)) break;
      const found = yield* lookAt(next);
      if (isBracketed && found.excess * otherExcess > 0) {
        // The far end stays: half of its value counts, or secants creep (the Illinois rule).
        [other, otherExcess] = [price, excess];
      } else if (isBracketed) {
        otherExcess /= 2;
      } else {
        longer *= 2;
        [other, otherExcess] = [price, excess];
      }
      [price, here] = [next, found];
      creeping = isBracketed && Math.abs(price - other) > width / 2 ? creeping + 1 : 0;
    }
    return here;
  };
  let here = yield* search();
  if (Math.abs(here.excess) > MASS_ERROR) {
    // Loose looks may have led astray.
    ({ least: low, most: high } = bounds);
    tolerance = TOLERANCE;
    here = yield* search();
  }
  const found = yield* solveByGap(device, at(price, {}), wrt, start);
  const left = Math.abs(Math.log(found.masses[0] / mass));
  // How far the mass that goes at this price may be from the one that is wanted.
  const off = Math.abs(here.excess) + here.doubt;
  // The dual is concave in the price, with the mass that is missing as its slope.
  const within =
    high - low < Number.POSITIVE_INFINITY
      ? Math.max(high - price, price - low)
      : off <= 10 * MASS_ERROR
        ? epsilon
        : Number.POSITIVE_INFINITY;
  const raise = (values: Float64Array) => values.map((value) => value + price / 2);
  const raised = ({ f_ba, g_ab }: HostPotentials) => ({ f_ba: raise(f_ba), g_ab: raise(g_ab) });
  const values = found.values.map((value) => value + price * mass);
  const { value: relative, ...errors } = found.errors;
  return {
    ...found,
    values,
    errors: {
      ...errors,
      // The price is rounded as costs are, and it is most of the value.
      value:
        ROUNDINGS * LAST_DIGIT[device.precision] +
        (relative * Math.max(Math.abs(found.values[0]), errors.floor) + mass * Math.expm1(off) * within) /
          Math.max(Math.abs(values[0]), errors.floor),
      gradient: errors.gradient + (wrt.length > 0 ? left + off : 0),
    },
    potentials: raised(found.potentials),
    iterations: iterations + found.iterations,
    reductions: reductions + found.reductions,
    epsilons,
    marginalError: Math.max(found.marginalError, left),
    converged: found.converged && left <= 10 * MASS_ERROR,
    price,
    penalty: NO_MORE,
  };
}

interface Tried extends CertifiedResult {
  /** The logarithm of the mass that goes at a price, over the one that is wanted. */
  readonly excess: number;
}

interface Looked extends Pick<Tried, 'excess'> {
  /** How far that may be off. */
  readonly doubt: number;
}

interface PriceBounds {
  /** A price that is often near. */
  readonly start: number;
  /** The price is no lower. */
  readonly least: number;
  /** It is no higher; Infinity where there is no bound on the costs. */
  readonly most: number;
  readonly epsilon: number;
  readonly epsilons: readonly number[];
}

/**
 * Between which prices the mass goes. At the least one exp((price - C_ij) / eps) a_i b_j has it in all: shares of at most 1 leave less. At the highest one a pair whose points have mass left would take more than they have, whatever it costs. At a price
 * of 0 a mass may be too small for a number.
 */
function* priceBounds(
  backend: Backend,
  { pair, on }: Pick<CertifiedProblem, 'pair' | 'on'>,
  mass: number,
): Task<PriceBounds> {
  const space = workspace(backend);
  try {
    const device = yield* on(space);
    const { geometry, units, epsilons, costScale } = device;
    const zero = space.upload(new Float64Array(pair.y.count), [pair.y.count, 1]);
    const epsilon = epsilons[epsilons.length - 1];
    const softmins = geometry.softmin({ logWeights: device.y.logWeights, potential: zero }, epsilon);
    const found = yield* readScaled(backend, softmins, units.energy);
    const temperature = epsilon * units.energy;
    const exponents = found.map((value, i) => Math.log(pair.x.weights[i]) - value / temperature);
    const largest = exponents.reduce((most, exponent) => Math.max(most, exponent), Number.NEGATIVE_INFINITY);
    const sum = exponents.reduce((total, exponent) => total + Math.exp(exponent - largest), 0);
    const lightest = bySide((side) =>
      pair[side].weights.reduce((least, w) => (w > 0 && w < least ? w : least), Number.POSITIVE_INFINITY),
    );
    const left = temperature * Math.log(1 / Math.max(lightest.x, lightest.y));
    const start = temperature * (Math.log(mass / sum) - largest);
    // Softmins are as far off as costs are rounded.
    const rounding = ROUNDINGS * LAST_DIGIT[backend.precision] * units.energy * (costScale + epsilon);
    return {
      start,
      least: start - rounding,
      most: costScale > 0 ? costScale * units.energy + Math.max(0, left) : Number.POSITIVE_INFINITY,
      epsilon: temperature,
      epsilons: epsilons.map((value) => value * units.energy),
    };
  } finally {
    space.releaseAll();
  }
}
