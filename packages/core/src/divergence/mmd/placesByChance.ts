import type { Places } from '../../kernelSum/pairwise/exactRows.js';
import type { CheckedMeasure } from '../../measure/measure.js';

/** Points of each element, by their chances: evenly through them. */
export function placesByChance(
  { batch, count }: Pick<CheckedMeasure, 'batch' | 'count'>,
  chances: Float64Array,
  samples: number,
): Places {
  const places = new Uint32Array(batch * samples);
  for (let element = 0; element < batch; element++) {
    const last = (element + 1) * count - 1;
    let place = element * count;
    let sum = chances[place];
    for (let sample = 0; sample < samples; sample++) {
      while (place < last && !(sum > (sample + 0.5) / samples)) sum += chances[++place];
      places[element * samples + sample] = place;
    }
  }
  return places;
}
