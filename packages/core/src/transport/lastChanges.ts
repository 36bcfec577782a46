import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';

/** What the last updates of a side's potential tell of those that would follow. */
export interface LastChanges {
  /** What the last one changed, less the mean over the mass, [B, N]. */
  readonly steps: Float64Array;
  /** The square of that mean, times the mass: the largest of a batch. */
  readonly drift: number;
  /** What all later ones would change, as a multiple of what the last one did; 0 where nothing but rounding is left. */
  readonly further: number;
  /** The mass of light points that is not where it should be. */
  readonly light: number;
}

/** A rate of updates beyond which what they still change is not known. Raising it believes slower ones. Chosen; `pnpm fuzz` judges it. */
const LARGEST_RATE = 1 - 1e-6;
/** The share of a point's mean mass below which it is light. Raising it doubts more gradients in the weights. Chosen; `pnpm fuzz` judges it. */
const LIGHT = 1e-3;

/** Whether a point has so little of the mass that marginal errors do not tell whether it is where it belongs. */
const isLight = ({ weights, masses, count }: MeasurePair[Side], index: number): boolean =>
  weights[index] > 0 && weights[index] * count < LIGHT * masses[Math.floor(index / count)];

export const hasLight = (measure: MeasurePair[Side]): boolean =>
  measure.weights.some((_, index) => isLight(measure, index));

/**
 * Looks at successive potentials, two or three. The rate of updates is that of the two last changes, with points counted by their mass, and all
 * alike: marginal errors do not see how slowly light points settle. Later changes sum up to 1 / (1 - rate) times the last.
 *
 * @param rounding - What a potential is rounded by.
 */
export function lastChanges(
  measure: MeasurePair[Side],
  potentials: readonly Float64Array[],
  epsilon: number,
  rounding: number,
): LastChanges {
  const { weights, batch, count, masses } = measure;
  let [drift, further, light] = [0, 0, 0];
  const changes = potentials.slice(1).map((after, k) => after.map((value, index) => value - potentials[k][index]));
  const steps = changes[changes.length - 1];
  for (let element = 0; element < batch; element++) {
    const begin = element * count;
    const mass = masses[element];
    const sizes = changes.map((change) => {
      let mean = 0;
      for (let i = begin; i < begin + count; i++) mean += (weights[i] / mass) * change[i];
      if (change === steps) drift = Math.max(drift, mass * mean ** 2);
      let [byMass, alike] = [0, 0];
      for (let i = begin; i < begin + count; i++) {
        change[i] -= mean;
        byMass += (weights[i] / mass) * change[i] ** 2;
        alike += change[i] ** 2 / count;
        if (change === steps && isLight(measure, i)) light += weights[i] * Math.min(1, Math.abs(change[i]) / epsilon);
      }
      return [byMass, alike];
    });
    if (sizes.length < 2) continue;
    const [one, two] = sizes;
    two.forEach((size, k) => {
      if (size > rounding ** 2) further = Math.max(further, 1 / (1 - Math.min(Math.sqrt(size / one[k]), LARGEST_RATE)));
    });
  }
  return { steps, drift, further, light };
}
