import type { DeviceArray } from '../../backend/backend.js';
import { add, column, component, div, mul, neg, reduced, row, sub } from '../../formula/expression.js';
import { simplify } from '../../formula/simplify.js';
import type { DeviceTemperature } from '../temperature.js';

/** The temperature of an inverse that the device alone knows, one entry an element of the batch: programs that read nothing have such. */
export const deviceTemperature = (inverse: DeviceArray): DeviceTemperature => ({
  inverse,
  softmin({ space, cost, rows, columns: columnPoints, blocks }, { logWeights, potential }, update) {
    // One number for every row, as rows know no scalars.
    const inverses = space.map(
      add(column('inverse'), mul(0, component(row('point', rows.shape[rows.shape.length - 1]), 0))),
      { point: rows },
      {},
      { inverse },
    );
    const scaled = space.map(mul(column('inverse'), row('potential')), { potential }, {}, { inverse });
    const [result] = space.reduce({
      kind: 'logSumExp',
      score: simplify(sub(add(column('logWeight'), column('scaled')), mul(row('inverse'), cost))),
      finish: update.formula(neg(div(reduced(), row('inverse'))), div(1, row('inverse'))),
      rows: { point: rows, inverse: inverses, ...update.rows },
      columns: { point: columnPoints, logWeight: logWeights, scaled },
      parameters: update.parameters ?? {},
      blocks,
    });
    space.release(inverses, scaled);
    return result;
  },
});
