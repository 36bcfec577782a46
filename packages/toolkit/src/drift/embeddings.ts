import { type CheckedMeasure, InvalidMeasureError, type Measure, runAsync, runSync } from '@sinkhorn/core';
import { checkCloud } from '../checkCloud.js';
import { drawRows } from '../drawRows.js';
import type { CompareWithReference } from './driftResult.js';
import { jointly, jointShuffles } from './joint.js';
import type { CheckedDriftOptions, DriftOptions } from './options.js';

/** Compares embeddings, or other points whose coordinates have one unit, with a reference. */
export function driftOfEmbeddings(
  reference: Measure,
  options: DriftOptions,
  checked: CheckedDriftOptions,
): CompareWithReference<Measure> {
  function* read(name: string, measure: Measure) {
    const cloud = yield* checkCloud(name, measure);
    const rows = drawRows(cloud.count, checked.jointRows, checked.seed + 1);
    return { count: cloud.count, rows, measure: picked(cloud, rows, checked.normalize === 'unit') };
  }
  const x = runSync(read('reference', reference));
  // The blur of embeddings is the median distance, so that the kernel sees what is typical.
  const loss = { loss: options.loss ?? ('gaussian' as const), backend: options.backend, blur: options.blur };
  return async (current, { name = 'current', signal, onProgress } = {}) => {
    const y = await runAsync(read('current', current), { signal });
    const permutations = checked.permutations ?? jointShuffles(checked.leastP);
    const joint = await jointly(x.measure, y.measure, y.rows, loss, { ...checked, permutations, signal, onProgress });
    return {
      name,
      rows: { reference: x.count, current: y.count },
      alpha: checked.alpha,
      pValue: joint.pValue,
      smallestPValue: joint.smallestPValue,
      drifted: joint.pValue <= checked.alpha,
      columns: [],
      absent: [],
      joint,
      method: {
        correction: checked.correction,
        standardization: checked.normalize === 'unit' ? 'unit' : 'none',
        missing: checked.missing,
        permutations,
        columnRows: { reference: 0, current: 0 },
        loss: joint.loss.name,
        seed: checked.seed,
      },
      remarks: [],
    };
  };
}

/** Some points of a cloud, with the weights that they have in it, each of length 1 if so wanted. */
function picked({ name, points, weights, dimension }: CheckedMeasure, rows: Uint32Array, unit: boolean): Measure {
  const some = new Float64Array(rows.length * dimension);
  rows.forEach((row, index) => {
    const point = points.subarray(row * dimension, (row + 1) * dimension);
    const length = unit ? Math.hypot(...point) : 1;
    if (length === 0) {
      throw new InvalidMeasureError(
        `${name}: point ${row} is 0 and has no direction: remove it, or leave normalize out`,
      );
    }
    for (let d = 0; d < dimension; d++) some[index * dimension + d] = point[d] / length;
  });
  const own = Float64Array.from(rows, (row) => weights[row]);
  const equal = own.every((weight) => weight === own[0]);
  return { points: some, dimension, ...(!equal && { weights: own }) };
}
