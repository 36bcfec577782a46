import type { Side } from '../measure/side.js';
import { drawsFrom } from '../random/random.js';
import type { PlanPasses } from './planPasses.js';

/** Vectors side by side that show what a system leaves undetermined. */
export interface SpectralProbes {
  readonly count: number;
  /** [B, N, count] */
  readonly vectors: Float64Array;
}

/** What splits clouds that lie apart, whichever way they do: ratios of coordinates that no symmetric cloud has. */
const PROJECTION = 0.6180339887;

/** More probes miss an eigenvalue less often after as many steps, and make passes a little longer. */
const COUNT = 4;

/** Any number. */
const SEED = 28;

/**
 * Vectors with a part of each eigenvector of the system, in the scalar product of the weights: random numbers over the roots of the weights
 * have equal parts of all, on average. Those of parts of the plan that lie apart are close to where points are, along a line or around their
 * centre: what is of that comes first.
 */
export function spectralProbes({ points, pair }: PlanPasses, side: Side, weights: Float64Array): SpectralProbes {
  const { dimension, batch, count } = pair[side];
  const vectors = new Float64Array(weights.length * COUNT);
  const draw = drawsFrom(SEED);
  /** Of mean 0 and deviation 1. */
  const random = () => Math.sqrt(3) * (draw() / 2 ** 31 - 1);
  for (let element = 0; element < batch; element++) {
    const first = element * count;
    const own = weights.subarray(first, first + count);
    const coordinate = (i: number, d: number) => points[side][(first + i) * dimension + d];
    const along = own.map((_, i) => {
      let place = 0;
      for (let d = 0; d < dimension; d++) place += coordinate(i, d) * PROJECTION ** d;
      return place;
    });
    const centre = Float64Array.from({ length: dimension }, (_, d) => mean(own, (i) => coordinate(i, d)));
    const around = own.map((_, i) => {
      let square = 0;
      for (let d = 0; d < dimension; d++) square += (coordinate(i, d) - centre[d]) ** 2;
      return square;
    });
    const mass = own.reduce((sum, weight) => sum + weight, 0);
    const positive = own.reduce((sum, weight) => sum + (weight > 0 ? 1 : 0), 0);
    const nowhere = new Float64Array(count);
    for (const [c, place] of [along, around, nowhere, nowhere].entries()) {
      const middle = mean(own, (i) => place[i]);
      const deviation = Math.sqrt(mean(own, (i) => (place[i] - middle) ** 2));
      for (let i = 0; i < count; i++) {
        if (own[i] === 0) continue;
        vectors[(first + i) * COUNT + c] =
          (deviation > 0 ? (place[i] - middle) / deviation : 0) + random() * Math.sqrt(mass / (positive * own[i]));
      }
    }
  }
  return { count: COUNT, vectors };
}

function mean(weights: Float64Array, value: (i: number) => number): number {
  let [mass, sum] = [0, 0];
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue;
    mass += weight;
    sum += weight * value(i);
  }
  return sum / mass;
}
