import {
  add,
  type DoubleDouble,
  divide,
  exp,
  from,
  log,
  multiply,
  negate,
  ONE,
  subtract,
  ZERO,
} from './doubleDouble.js';

/** What mass pays that a plan does not take as it is, by the conjugate: f is a potential, s the softmin it comes from. */
export interface ExactPenalty {
  /** The f with the most -phi*(-f) - eps exp((f - s) / eps). */
  prox(s: DoubleDouble, epsilon: DoubleDouble): DoubleDouble;
  /** How fast that grows with s, from 0 to 1. */
  slope(s: DoubleDouble, f: DoubleDouble, epsilon: DoubleDouble): number;
  /** -phi*(-f). */
  gain(f: DoubleDouble): DoubleDouble;
}

export type PenaltyKind = 'kl' | 'tv' | 'berg' | 'hellinger' | 'quadratic';

/** Each point's mass is taken as it is. */
export const kept: ExactPenalty = { prox: (s) => s, slope: () => 1, gain: (f) => f };

/** Any share from `low` to `high` is free: -phi*(-f) = min(low f, high f). */
export function rangeOf(low: number, high: number): ExactPenalty {
  const [ofLow, ofHigh] = [from(low), from(high)];
  return {
    prox(s, epsilon) {
      // The share exp((f - s) / eps) is `high` below 0 and `low` above; at 0 it is between.
      const below = add(s, multiply(epsilon, log(ofHigh)));
      if (below.hi < 0) return below;
      if (low === 0) return ZERO;
      const above = add(s, multiply(epsilon, log(ofLow)));
      return above.hi > 0 ? above : ZERO;
    },
    slope: (_, f) => (f.hi === 0 ? 0 : 1),
    gain: (f) => multiply(f.hi < 0 ? ofHigh : ofLow, f),
  };
}

/** Penalties of a strength rho, whose shares t(f) are a function of the potential. */
export function penaltyOf(kind: PenaltyKind, strength: number): ExactPenalty {
  const rho = from(strength);
  if (kind === 'tv') {
    return {
      prox: (s) => (s.hi > strength ? rho : s.hi < -strength ? negate(rho) : s),
      slope: (s) => (Math.abs(s.hi) < strength ? 1 : 0),
      gain: (f) => f,
    };
  }
  const { gain, logShare, logSlope, least, most } = smooth[kind](rho);
  return {
    prox: (s, epsilon) => root(s, epsilon, logShare, logSlope, least, most),
    // log t(f) = (f - s) / eps, differentiated.
    slope: (_, f, epsilon) => 1 / (1 - epsilon.hi * logSlope(f).hi),
    gain,
  };
}

interface Smooth {
  readonly gain: (f: DoubleDouble) => DoubleDouble;
  /** log t, which falls. */
  readonly logShare: (f: DoubleDouble) => DoubleDouble;
  readonly logSlope: (f: DoubleDouble) => DoubleDouble;
  /** Where potentials are. */
  readonly least: number;
  readonly most: number;
}

const smooth: Record<Exclude<PenaltyKind, 'tv'>, (rho: DoubleDouble) => Smooth> = {
  kl: (rho) => ({
    gain: (f) => multiply(rho, subtract(ONE, exp(negate(divide(f, rho))))),
    logShare: (f) => negate(divide(f, rho)),
    logSlope: () => negate(divide(ONE, rho)),
    least: Number.NEGATIVE_INFINITY,
    most: Number.POSITIVE_INFINITY,
  }),
  berg: (rho) => ({
    gain: (f) => multiply(rho, log(add(ONE, divide(f, rho)))),
    logShare: (f) => negate(log(add(ONE, divide(f, rho)))),
    logSlope: (f) => negate(divide(ONE, add(rho, f))),
    least: -rho.hi,
    most: Number.POSITIVE_INFINITY,
  }),
  hellinger: (rho) => ({
    gain: (f) => divide(multiply(rho, f), add(rho, f)),
    logShare: (f) => multiply(from(-2), log(add(ONE, divide(f, rho)))),
    logSlope: (f) => negate(divide(from(2), add(rho, f))),
    least: -rho.hi,
    most: Number.POSITIVE_INFINITY,
  }),
  quadratic: (rho) => ({
    gain: (f) => multiply(f, subtract(ONE, divide(f, multiply(from(2), rho)))),
    logShare: (f) => log(subtract(ONE, divide(f, rho))),
    logSlope: (f) => negate(divide(ONE, subtract(rho, f))),
    least: Number.NEGATIVE_INFINITY,
    most: rho.hi,
  }),
};

/** Steps of Newton in 32 digits, after doubles have come as near as they do. */
const EXACT_STEPS = 3;
const BISECTIONS = 200;

/** The f with eps log t(f) = f - s: the left falls, the right grows. */
function root(
  s: DoubleDouble,
  epsilon: DoubleDouble,
  logShare: Smooth['logShare'],
  logSlope: Smooth['logSlope'],
  least: number,
  most: number,
): DoubleDouble {
  const excess = (f: DoubleDouble) => subtract(subtract(f, s), multiply(epsilon, logShare(f)));
  // Between where shares are 1, which is 0, and s: one of both is too large, and the other too small. At an end nothing is finite.
  let [low, high] = s.hi < 0 ? [s.hi, 0] : [0, s.hi];
  [low, high] = [Math.max(low, least), Math.min(high, most)];
  for (let k = 0; k < BISECTIONS && low < high; k++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (excess(from(middle)).hi > 0) high = middle;
    else low = middle;
  }
  let f = from(low > least && low < most ? low : high);
  for (let step = 0; step < EXACT_STEPS; step++) {
    const slope = subtract(ONE, multiply(epsilon, logSlope(f)));
    f = subtract(f, divide(excess(f), slope));
  }
  return f;
}
