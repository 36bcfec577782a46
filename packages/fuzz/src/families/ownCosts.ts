import { type Cost, formula, type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { type Cloud, countOf } from '../oracle/cloud.js';
import * as oracle from '../oracle/costs.js';
import { DoubleDoubles } from '../oracle/doubleDouble.js';
import { resultOf } from '../result.js';
import type { Trial } from '../trial.js';
import { cloudTrial, measuresOf, optionsOf } from './cloudTrial.js';
import { type Problem, problem } from './problem.js';
import { type Random, random } from './random.js';

const { abs, add, constant, div, log, max, min, mul, sqrt, square, squaredDistance, sub, sum } = formula;

interface OwnCost {
  readonly cost: oracle.PairCost;
  readonly formula: Cost;
}

/** Costs of your own, as the oracle computes them and as the library does. Lengths are powers of 2, so that they are the same in any precision. */
const ownCosts: Readonly<Record<string, (length: number, chance: Random, dimension: number) => OwnCost>> = {
  squares: () => ({ cost: oracle.powerCost(2), formula: (x, y) => mul(0.5, squaredDistance(x, y)) }),
  distance: () => ({ cost: oracle.powerCost(1), formula: (x, y) => sqrt(squaredDistance(x, y)) }),
  manhattan: () => ({ cost: oracle.manhattan, formula: (x, y) => sum(abs(sub(x, y))) }),
  quartic: () => ({ cost: oracle.quartic, formula: (x, y) => mul(0.25, square(squaredDistance(x, y))) }),
  weighted(_, chance, dimension) {
    const weights = Array.from({ length: dimension }, () => 2 ** chance.whole(-6, 6));
    return {
      cost: oracle.weightedSquares(weights),
      formula: (x, y) => mul(0.5, sum(mul(constant(weights), square(sub(x, y))))),
    };
  },
  uphill: () => ({
    cost: oracle.uphill,
    formula(x, y) {
      const along = sub(x, y);
      return sum(add(square(max(along, 0)), mul(0.5, square(min(along, 0)))));
    },
  }),
  'pseudo-Huber': (length) => ({
    cost: oracle.pseudoHuber(length),
    formula: (x, y) => mul(length, sub(sqrt(add(length ** 2, squaredDistance(x, y))), length)),
  }),
  logarithmic: (length) => ({
    cost: oracle.logarithmic(length),
    formula: (x, y) => mul(length ** 2 / 2, log(add(1, div(squaredDistance(x, y), length ** 2)))),
  }),
  huber: (length) => ({
    cost: oracle.huber(length),
    formula: (x, y) => {
      const r = sqrt(squaredDistance(x, y));
      const near = min(r, length);
      return mul(near, sub(r, mul(0.5, near)));
    },
  }),
  'smooth root': (length) => ({
    cost: oracle.smoothRoot(length),
    formula: (x, y) => sqrt(sqrt(add(length ** 2, squaredDistance(x, y)))),
  }),
};

/** The largest of all costs between x and y, or 1 where all are 0. */
export function largestCost({ x, y, a, b, dimension }: Problem, cost: oracle.PairCost): number {
  const cloud = (points: ArrayLike<number>, weights: ArrayLike<number>): Cloud => ({
    points,
    weights: DoubleDoubles.from(weights),
    dimension,
  });
  const [from, to] = [cloud(x, a), cloud(y, b)];
  let most = 0;
  for (let i = 0; i < countOf(from); i++) {
    for (let j = 0; j < countOf(to); j++) most = Math.max(most, Math.abs(cost.at(from, i, to, j).hi));
  }
  return most || 1;
}

/** The same problem with another cost, and lengths that are to it what they were to that of p. */
function withCost(given: Problem, cost: oracle.PairCost, relativeBlur: number): Problem {
  const { p, reach, diameter } = given;
  const unit = largestCost(given, cost) ** (1 / p);
  return {
    ...given,
    cost,
    blur: unit * relativeBlur,
    reach: { x: (reach.x / diameter) * unit, y: (reach.y / diameter) * unit },
  };
}

/** Clouds with a cost of your own. */
export function ownCost(seed: number, index: number): Trial {
  const chance = random(seed, index, 'own');
  const given = problem(seed, index);
  const name = chance.pick(Object.keys(ownCosts));
  const length = 2 ** Math.round(Math.log2(given.diameter * chance.logarithmic(0.01, 1)));
  const own = ownCosts[name](length, chance, given.dimension);
  const changed = withCost(given, own.cost, chance.logarithmic(1e-6, 1e2) ** (1 / given.p));
  return withFormula({ ...changed, debias: given.debias && !own.cost.isAsymmetric }, own, {
    id: `own-${given.id}`,
    family: 'own',
    features: { cost: name },
  });
}

/** A trial whose cost the library knows by a formula. */
function withFormula(
  asked: Problem,
  { cost, formula: own }: OwnCost,
  changes: Partial<Trial>,
  options: Partial<SinkhornDivergenceOptions> = {},
): Trial {
  const most = largestCost(asked, cost);
  const plain = cloudTrial(asked);
  return cloudTrial(asked, {
    relativeBlur: asked.blur / most ** (1 / asked.p),
    scales: { ...plain.scales, cost: most },
    async solve(library) {
      const loss = sinkhornDivergence({ ...optionsOf(asked, library), cost: own, ...options });
      const { x, ...told } = await loss.valueAndGradients(...measuresOf(asked));
      return resultOf(told, x);
    },
    ...changes,
    features: {
      'blur / diameter': `1e${Math.floor(Math.log10(asked.blur / most ** (1 / asked.p)))}`,
      ...changes.features,
    },
  });
}
