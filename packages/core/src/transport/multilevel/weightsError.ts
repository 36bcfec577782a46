import { centred, norm } from '../../linear/norm.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { HostGradients } from '../../measure/hostGradients.js';
import { bySide, type Side } from '../../measure/side.js';
import { FLOOR, relativeError } from '../errors.js';
import { partsApart } from '../partsApart.js';
import type { Errors } from './estimate.js';
import { isBalanced, type LevelPair, type MultiscaleProblem } from './problem.js';

/**
 * The cost of the way between two parts, over the temperature, from which they hardly exchange mass. Raising it believes that updates show what more
 * parts lack. Chosen, as that of solves over all pairs.
 */
const LINKED = 7;
/** How many times what is seen of them potentials may be off by. Raising it is caution. Chosen with islands, which were off by 1.5 times what is seen. */
const BEYOND = 2;

/**
 * The relative error of gradients in weights.
 *
 * @param levels - Coresets by which parts that lie apart are told.
 */
export function weightsError(
  problem: MultiscaleProblem,
  levels: LevelPair,
  gradients: HostGradients,
  { potentials }: Errors,
): number {
  const { units, costScale } = problem;
  if (!gradients.x && !gradients.y) return 0;
  const lacks = lacksOf(problem, levels, potentials);
  const errors = bySide((side) => {
    const numbers = Float64Array.from(gradients[side]?.weights ?? []);
    const error = BEYOND * Math.sqrt(numbers.length) * lacks[side] * units.energy;
    const size = norm(isBalanced(problem) ? centred(numbers, 1) : numbers);
    return relativeError(error, size, FLOOR * costScale * units.energy);
  });
  return Math.max(errors.x, errors.y);
}

/**
 * What potentials lack, the root mean square over points. Of a part that hardly exchanges mass with others an update takes no more than the share away that
 * it has to exchange, or that penalties let it create: what the part's potentials have in common may lack so many times more, and at most what costs
 * allow.
 */
function lacksOf(
  { clouds, rho, epsilon, costScale, p }: MultiscaleProblem,
  levels: LevelPair,
  potentials: Errors['potentials'],
): Record<Side, number> {
  const measures = bySide((side) => ({ ...levels[side].coreset, batch: 1, dimension: clouds[side].dimension }));
  const { of, counts } = partsApart(measures, (LINKED * p * epsilon) ** (1 / p));
  // A measure against itself lacks nothing.
  if (counts[0] === 1 || potentials.x + potentials.y === 0) return potentials;
  const masses = bySide((side) => {
    const found = new Float64Array(counts[0]);
    for (const [k, weight] of measures[side].weights.entries()) found[of[side][k]] += weight;
    return found;
  });
  const least = 1 - damping(epsilon, rho.x) * damping(epsilon, rho.y);
  const shares = masses.x.map((x, part) =>
    Math.max(least, 1 - Math.min(x, masses.y[part]) / Math.max(x, masses.y[part])),
  );
  return bySide((side) => {
    const { places, count } = levels[side].coreset;
    let total = 0;
    for (let k = 0; k < count; k++) {
      const points = (k + 1 < count ? places[k + 1] : clouds[side].count) - places[k];
      if (points > 0) total += points * Math.min((2 * costScale) / p, potentials[side] / shares[of[side][k]]) ** 2;
    }
    return Math.sqrt(total / clouds[side].count);
  });
}
