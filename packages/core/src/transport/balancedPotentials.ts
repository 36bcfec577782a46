import type { WeightsPair } from '../measure/pair.js';
import { numbersChunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';
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
function* shifted(potentials: HostPotentials, shifts: Float64Array): Task<HostPotentials> {
  const add = (values: Float64Array, sign: number) => {
    const count = values.length / shifts.length;
    return numbersChunked(values.length, (k) => values[k] + sign * shifts[Math.floor(k / count)]);
  };
  return { ...potentials, f_ba: yield* add(potentials.f_ba, 1), g_ab: yield* add(potentials.g_ab, -1) };
}

/** The same potentials, in the one of all translations that both methods give, where they are known up to translation. */
export function* balanced(
  pair: WeightsPair,
  { reach }: Pick<SinkhornOptions, 'reach'>,
  found: FoundPotentials,
): Task<FoundPotentials> {
  if (reach.x < Number.POSITIVE_INFINITY || reach.y < Number.POSITIVE_INFINITY) return found;
  const shifts = balancingShifts(pair, found.potentials);
  const potentials = yield* shifted(found.potentials, shifts);
  const isSame = found.iterates === found.potentials;
  return { iterates: isSame ? potentials : yield* shifted(found.iterates, shifts), potentials };
}
