import type { WeightsPair } from '../measure/pair.js';
import { type HostPotentials, potentialsOf } from './hostPotentials.js';
import type { SinkhornOptions } from './options.js';

/** Potentials before and after the last update. */
export interface FoundPotentials {
  readonly iterates: HostPotentials;
  readonly potentials: HostPotentials;
}

/**
 * How much goes from g to f for both sides to bring the same to the value, for each element: where both marginals are met exactly
 * potentials are known up to that, and whatever way they were found they are given alike.
 */
function balancingShifts(pair: WeightsPair, potentials: HostPotentials): Float64Array {
  const mean = (side: 'x' | 'y', element: number) => {
    const { weights, masses, count } = pair[side];
    const { cross, self } = potentialsOf(potentials, side);
    let total = 0;
    for (let k = element * count; k < (element + 1) * count; k++) {
      if (weights[k] > 0) total += weights[k] * (cross[k] - (self ? self[k] : 0));
    }
    return total / masses[element];
  };
  return Float64Array.from(pair.x.masses, (_, element) => (mean('y', element) - mean('x', element)) / 2);
}

/** The cross potentials with a shift of each element added to f and taken from g. */
function shifted(potentials: HostPotentials, shifts: Float64Array): HostPotentials {
  const add = (values: Float64Array, sign: number) => {
    const count = values.length / shifts.length;
    return values.map((value, k) => value + sign * shifts[Math.floor(k / count)]);
  };
  return { ...potentials, f_ba: add(potentials.f_ba, 1), g_ab: add(potentials.g_ab, -1) };
}

/** The same potentials, in the one of all translations that both methods give, where they are known up to translation. */
export function balanced(
  pair: WeightsPair,
  { reach }: Pick<SinkhornOptions, 'reach'>,
  found: FoundPotentials,
): FoundPotentials {
  if (reach.x < Number.POSITIVE_INFINITY || reach.y < Number.POSITIVE_INFINITY) return found;
  const shifts = balancingShifts(pair, found.potentials);
  return { iterates: shifted(found.iterates, shifts), potentials: shifted(found.potentials, shifts) };
}
