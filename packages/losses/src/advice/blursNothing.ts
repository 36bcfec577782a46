import type { CheckedMeasure, Task } from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';
import type { SinkhornSolved } from '../solvedSinkhorn.js';

/** Points of each side whose rows of the plans are looked at. Raising it takes longer. */
const SAMPLES = 8;
/** Fewer points than this have no neighbours to speak of. */
const FEWEST_POINTS = 16;
/**
 * In the plan of a measure with itself points stay where they are when so much of their mass does. Lowering it advises more: of 300 points of length 1
 * in 384 dimensions about .9 stays at a quarter of the median distance, where a shift changes the value by .6 %, and less than this at .3, where it
 * is 6 %.
 */
const STAYS = 0.8;
/** Nearest neighbours are hardly nearer than other points from this part of the median distance on. Chosen. */
const HARDLY_NEARER = 0.5;
/** Partners as far away as neighbours are within these factors of their distance. Chosen: nearer or farther ones say something of both clouds. */
const AS_FAR = [0.7, 1.25] as const;

/**
 * Whether a divergence is that of samples and not of what they are samples of: in the plan of a measure with itself each point stays where it
 * is, its nearest neighbours are hardly nearer than any other point, and partners in the other measure are as far away as they. So it is
 * in many dimensions: two samples of one distribution then cost hardly less than samples of two.
 *
 * Where clouds are far from each other, or each point close to its partner, or points have near neighbours, the value is a good one, and
 * this is false. Some rows of the plans are looked at, those of points spread over both measures.
 */
export function* blursNothing({ pair, problem, result: { potentials } }: SinkhornSolved): Task<boolean> {
  const { f_ba, g_ab, f_aa, g_bb } = potentials;
  if (!f_aa || !g_bb) return false;
  const sums = { rows: 0, leaves: 0, partner: 0, nearest: 0, median: 0 };
  for (const [own, other, self, cross] of [
    [pair.x, pair.y, f_aa, g_ab],
    [pair.y, pair.x, g_bb, f_ba],
  ] as const) {
    const withMass = Array.from(own.weights.keys()).filter((place) => own.weights[place] > 0);
    for (let sample = 0; sample < SAMPLES; sample++) {
      yield* pause();
      const place = withMass[Math.floor(((sample + 0.5) * withMass.length) / SAMPLES)];
      const within = rowOf(own, place, own, self, problem);
      const lengths = within.lengths.sort();
      if (lengths.length < FEWEST_POINTS) return false;
      sums.rows++;
      sums.leaves += 1 - within.largest;
      // Others only add to it.
      if (!(sums.leaves < 2 * SAMPLES * (1 - STAYS))) return false;
      // The first one is the point itself.
      sums.nearest += lengths[1];
      sums.median += lengths[lengths.length >> 1];
      sums.partner += rowOf(own, place, other, cross, problem).distance;
    }
  }
  const { rows, leaves, partner, nearest, median } = sums;
  return (
    leaves < (1 - STAYS) * rows &&
    nearest >= HARDLY_NEARER * median &&
    partner >= AS_FAR[0] * nearest &&
    partner <= AS_FAR[1] * nearest
  );
}

/** A row of the plan from a point to a measure: distances to what has mass there, its largest share, and how far mass goes on average. */
function rowOf(
  own: CheckedMeasure,
  place: number,
  other: CheckedMeasure,
  potential: Float64Array,
  { p, blur }: SinkhornSolved['problem'],
) {
  const { dimension, weights } = other;
  const first = Math.floor(place / own.count) * other.count;
  const lengths = new Float64Array(other.count);
  const scores = new Float64Array(other.count);
  let count = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let column = first; column < first + other.count; column++) {
    if (weights[column] === 0) continue;
    let squares = 0;
    for (let c = 0; c < dimension; c++) {
      squares += (own.points[place * dimension + c] - other.points[column * dimension + c]) ** 2;
    }
    const length = Math.sqrt(squares);
    const score = Math.log(weights[column]) + (potential[column] - length ** p / p) / blur ** p;
    lengths[count] = length;
    scores[count++] = score;
    most = Math.max(most, score);
  }
  let [sum, ofLengths] = [0, 0];
  for (let k = 0; k < count; k++) {
    const share = Math.exp(scores[k] - most);
    sum += share;
    ofLengths += share * lengths[k];
  }
  return { lengths: lengths.subarray(0, count), largest: 1 / sum, distance: ofLengths / sum };
}
