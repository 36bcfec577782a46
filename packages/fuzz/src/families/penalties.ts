import { type PenaltyOption, sinkhornDivergence } from '@sinkhorn/losses';
import { penalizedAnswer } from '../oracle/penalized.js';
import { type ExactPenalty, kept, type PenaltyKind, penaltyOf, rangeOf } from '../oracle/penalties.js';
import { resultOf } from '../result.js';
import type { Trial } from '../trial.js';
import { cloudTrial, measuresOf, optionsOf, sum } from './cloudTrial.js';
import { diameterOf, type Problem, problem } from './problem.js';
import { type Random, random } from './random.js';

/** As many points of a side as the oracle's dense systems are quick with, and as a few problems have, which take it seconds. */
const MOST_POINTS = { usual: 24, some: 60 };
/** The share of those few. */
const SOME = 0.25;
const KINDS = ['kl', 'tv', 'berg', 'hellinger', 'quadratic'] as const satisfies readonly PenaltyKind[];

interface Drawn {
  readonly given: Exclude<PenaltyOption, { readonly x?: unknown; readonly y?: unknown } | { readonly kind: 'partial' }>;
  readonly exact: ExactPenalty;
  readonly name: string;
  /** The shares of a side's mass that the plan may take. */
  readonly shares: readonly [least: number, most: number];
}

const ANY = [0, Number.POSITIVE_INFINITY] as const;
const BALANCED: Drawn = { given: 'balanced', exact: kept, name: 'balanced', shares: [1, 1] };

/** Clouds whose marginals are held by other penalties than a reach, one a side or the same for both, or of which a given mass goes. */
export function penalized(seed: number, index: number): Trial {
  const chance = random(seed, index, 'penalties');
  const asked = few(problem(seed, index), chance);
  const { diameter, p } = asked;
  const size = diameter ** p / p;
  const isPartial = chance.uniform() < 0.15;
  const isBySide = chance.uniform() < 0.4;
  const [x, y] = drawnSides(chance, size, isBySide, asked);
  const mass = isPartial ? Math.min(sum(asked.a), sum(asked.b)) * chance.between(0.05, 0.95) : undefined;
  const noMore = rangeOf(0, 1);
  const exact = isPartial ? { x: noMore, y: noMore } : { x: x.exact, y: y.exact };
  const debias = asked.debias && !isPartial;
  const penalty: PenaltyOption =
    mass === undefined ? (isBySide ? { x: x.given, y: y.given } : x.given) : { kind: 'partial', mass };
  const plain = cloudTrial(asked);
  return cloudTrial(asked, {
    id: `penalties-${asked.id}`,
    family: 'penalties',
    scales: { ...plain.scales, isBalanced: false },
    truth(rounding) {
      const { value, valueError, points, weights } = penalizedAnswer({
        ...asked,
        debias,
        rounding,
        penalty: exact,
        mass,
      });
      // The weight of one point is worth nothing by itself where the mass that goes is given.
      return { values: [{ value, error: valueError }], points, ...(mass === undefined && { weights }) };
    },
    async solve(library) {
      const { reach, method, ...options } = optionsOf({ ...asked, debias }, library);
      const loss = sinkhornDivergence({ ...options, penalty });
      const { x: gradient, ...told } = await loss.valueAndGradients(...measuresOf(asked));
      return resultOf(told, gradient);
    },
    features: {
      penalty: isPartial ? 'partial' : isBySide ? 'by side' : x.name,
      reach: isPartial ? 'mass' : isBySide ? `${x.name}/${y.name}` : 'both',
      debias: String(debias),
    },
  });
}

/** The penalties of both sides, under which there is a plan. */
function drawnSides(chance: Random, size: number, isBySide: boolean, { a, b }: Problem): readonly [Drawn, Drawn] {
  for (;;) {
    const one = drawn(chance, size);
    const two = isBySide ? (chance.uniform() < 0.3 ? BALANCED : drawn(chance, size)) : one;
    const [x, y] = chance.uniform() < 0.5 ? [one, two] : [two, one];
    // Strictly, so that rounding of masses decides nothing.
    const isBelow = (of: Drawn, weights: Float64Array, against: Drawn, others: Float64Array) =>
      1.01 * of.shares[0] * sum(weights) < against.shares[1] * sum(others);
    if (isBelow(x, a, y, b) && isBelow(y, b, x, a)) return [x, y];
  }
}

/** Strengths from a hundredth to a hundred times the largest cost. */
function drawn(chance: Random, size: number): Drawn {
  if (chance.uniform() < 0.2) {
    const low = chance.pick([0, chance.between(0, 1), 1]);
    const high = Math.max(low, chance.pick([1, 1.5, chance.logarithmic(1, 10)]));
    return { given: { kind: 'range', low, high }, exact: rangeOf(low, high), name: 'range', shares: [low, high] };
  }
  const kind = chance.pick(KINDS);
  const strength = size * chance.logarithmic(1e-2, 1e2);
  return { given: { kind, strength }, exact: penaltyOf(kind, strength), name: kind, shares: ANY };
}

/** The first points of a problem, at a blur that sweeps can do. */
function few(given: Problem, chance: Random): Problem {
  const { dimension } = given;
  const most = chance.uniform() < SOME ? MOST_POINTS.some : MOST_POINTS.usual;
  const cut = (points: Problem['x'], weights: Float64Array) => {
    const count = Math.min(most, weights.length);
    return { points: points.slice(0, count * dimension), weights: weights.slice(0, count) };
  };
  const [x, y] = [cut(given.x, given.a), cut(given.y, given.b)];
  const spread = diameterOf(x.points, y.points, dimension);
  const diameter = spread || given.diameter;
  return {
    ...given,
    x: x.points,
    y: y.points,
    a: x.weights,
    b: y.weights,
    diameter,
    isPoint: spread === 0,
    blur: diameter * chance.logarithmic(1e-2, 1e2),
    reach: { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY },
  };
}
