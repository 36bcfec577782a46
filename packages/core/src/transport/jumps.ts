import { abs, column, div, max, mul, parameter, sub } from '../formula/expression.js';
import type { Stopping } from './converge.js';
import type { TransportProblem } from './problem.js';

/**
 * An extrapolation that moves potentials by more than so many times the largest cost and this many temperatures is taken back: where shares of
 * mass are free within a range, errors are the same however far potentials are along (f + t, g - t), and sweeps come back from there by a
 * temperature each. Solutions are no further from one another than costs, and than logarithms of masses. Chosen.
 */
const FARTHEST = { costs: 4, temperatures: 64 };

/** More than marginal errors are. */
const HOPELESS = 1e30;

const BEYOND = max(sub(div(abs(sub(column('after'), column('before'))), parameter('farthest')), 1), 0);
const JUMP = mul(column('share'), mul(HOPELESS, BEYOND));

/** The errors of extrapolations that go too far; undefined where nothing sends potentials away, or costs have no bound. */
export function jumpsIn(problem: TransportProblem, costScale: number): Stopping['jumps'] {
  const { space, penalty } = problem;
  // With a rate on both sides, the best translation is known: `translate`.
  const isPlaced = penalty.x.rate !== undefined && penalty.y.rate !== undefined;
  if (!(costScale > 0) || isPlaced) return undefined;
  return (before, after, epsilon) => {
    const farthest = FARTHEST.costs * costScale + FARTHEST.temperatures * epsilon;
    return (['x', 'y'] as const).map((side) => {
      const share = problem[side].normalizedWeights;
      return space.total(JUMP, { share, after: after[side], before: before[side] }, { farthest });
    });
  };
}
