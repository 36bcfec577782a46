import type { CheckedMeasure } from '../../measure/measure.js';
import { checkPair, type MeasurePair } from '../../measure/pair.js';
import { other, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { strengths } from '../context.js';
import type { Extension } from '../extension.js';
import type { HostPotentials } from '../hostPotentials.js';
import type { SinkhornOptions } from '../options.js';
import { finalRows } from './finalRows.js';
import { costScaleOf, elementOf, picked } from './hostElement.js';
import { pairCosts } from './pairCosts.js';

/** `extendPotentials` on the host in float64: the potentials of a side anywhere, and at its own points the very numbers of a solution. */
export function* extendOnHost(
  pair: MeasurePair,
  options: SinkhornOptions,
  iterates: HostPotentials,
  side: Side,
  at: CheckedMeasure,
): Task<Extension> {
  checkPair({ x: at, y: pair.x });
  const { p, cost, homogeneous } = options;
  const epsilon = options.blur ** p;
  const power = homogeneous ? (p as 1 | 2) : undefined;
  const rho = strengths(options);
  const { dimension } = pair.x;
  const extend = function* (over: Side, potential: Float64Array): Task<Float64Array> {
    const { count } = pair[over];
    const result = new Float64Array(at.batch * at.count);
    for (let element = 0; element < at.batch; element++) {
      const columns = elementOf(pair[over], element, rho[over], false);
      const points = at.points.subarray(element * at.count * dimension, (element + 1) * at.count * dimension);
      const costs = pairCosts({ cost, power }, points, columns.supportPoints, dimension, side === 'y');
      const update = {
        costs,
        rows: { weights: new Float64Array(at.count), rho: rho[side] },
        columns: columns.side,
        g: picked(potential.subarray(element * count, (element + 1) * count), columns.support, 1),
        missing: new Float64Array(columns.support.length),
        epsilon,
        costScale: costScaleOf(costs, homogeneous ? [pair.x, pair.y, at] : undefined, p),
        doTurn: false,
      };
      const { potential: values } = yield* finalRows(update, (share) => ({
        stage: 'potentials',
        epsilon,
        share: (element + share) / at.batch,
      }));
      result.set(values, element * at.count);
    }
    return result;
  };
  const [cross, own] = side === 'x' ? [iterates.g_ab, iterates.f_aa] : [iterates.f_ba, iterates.g_bb];
  return { cross: yield* extend(other(side), cross), self: own && (yield* extend(side, own)) };
}
