import type { Side } from '../measure/side.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import type { Direction } from './direction.js';
import type { BothSides } from './optimalitySystem.js';
import type { SolvedSource } from './source.js';

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
