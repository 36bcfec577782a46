import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { MeasurePair } from '../../measure/pair.js';
import { other, type Side } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import type { PlanPairs } from '../line/planPairs.js';
import { weightedMean } from '../line/weightedMean.js';
import { pairCosts } from '../newton/pairCosts.js';
import type { ExactOptions } from './exactOptions.js';
import { rowsAtOnce } from './rowsAtOnce.js';

/** The gradients of a plan: sum_j pi_ij dC(x_i, y_j) / dx_i in points, potentials without their weighted means in weights. */
export function* exactGradients(
  pair: MeasurePair,
  options: ExactOptions,
  { i, j, mass, starts }: PlanPairs,
  { f, g }: { readonly f: Float64Array; readonly g: Float64Array },
  sides: readonly Side[],
): Task<HostGradients> {
  const gradients: { [S in Side]?: HostGradient } = {};
  for (const side of sides) gradients[side] = yield* gradientOf(side);
  return gradients;

  function* gradientOf(side: Side): Task<HostGradient> {
    const { points, weights, count, dimension, batch } = pair[side];
    const across = pair[other(side)];
    const [own, partners] = side === 'x' ? [i, j] : [j, i];
    const slopes = new Float64Array(points.length);
    const centred = (side === 'x' ? f : g).slice();
    for (let element = 0; element < batch; element++) {
      const at = points.subarray(element * count * dimension, (element + 1) * count * dimension);
      const others = across.points.subarray(
        element * across.count * dimension,
        (element + 1) * across.count * dimension,
      );
      const costs = pairCosts(options, at, others, dimension, side === 'y');
      const order = yield* inOrder(own, starts[element], starts[element + 1], count);
      const row = new Float64Array(across.count);
      const atOnce = rowsAtOnce(across.count);
      for (let k = 0, rows = 0; k < order.length; rows++) {
        if (rows % atOnce === 0) yield* pause();
        const place = own[order[k]];
        row.fill(0);
        for (; k < order.length && own[order[k]] === place; k++) row[partners[order[k]]] = mass[order[k]];
        const start = (element * count + place) * dimension;
        costs.slope(place, row, slopes.subarray(start, start + dimension));
      }
      const [from, to] = [element * count, (element + 1) * count];
      const mean = weightedMean(centred.subarray(from, to), weights.subarray(from, to));
      for (let k = from; k < to; k++) centred[k] -= mean;
    }
    return { points: slopes, weights: centred };
  }
}

/** The pairs from one up to another, those of the first point before those of the next. */
function* inOrder(own: Uint32Array, from: number, to: number, points: number): Task<Uint32Array> {
  const next = new Uint32Array(points + 1);
  const order = new Uint32Array(to - from);
  yield* chunked(to - from, (first, end) => {
    for (let k = first; k < end; k++) next[own[from + k] + 1]++;
  });
  for (let point = 0; point < points; point++) next[point + 1] += next[point];
  yield* chunked(to - from, (first, end) => {
    for (let k = first; k < end; k++) order[next[own[from + k]]++] = from + k;
  });
  return order;
}
