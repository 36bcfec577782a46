import type { Workspace } from '../backend/workspace.js';
import { add, mul, parameter, row, sub } from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import type { Columns } from './columns.js';
import type { Geometry } from './geometry.js';
import type { Temperature } from './temperature.js';
import type { Update } from './update.js';

const PRICE = parameter('price');

/** The same formula of what a price leaves of a softmin, as one object for one formula. */
const afterPrice = remembered(
  (formula: Update['formula']): Update['formula'] =>
    (softmin, epsilon) =>
      formula(sub(softmin, PRICE), epsilon),
);
const asItIs: Update = { formula: (softmin) => softmin };
const RAISED = add(row('logSumExp'), mul(parameter('inverseEpsilon'), PRICE));

/** A geometry whose costs are all less by a price: what a unit of mass that goes is paid. */
export function priced(space: Workspace, geometry: Geometry, price: number): Geometry {
  const after = (update: Update): Update => ({
    ...update,
    formula: afterPrice(update.formula),
    parameters: { ...update.parameters, price },
  });
  const made: Geometry = {
    transpose: () => priced(space, geometry.transpose(), price),
    softmin: (columns: Columns, epsilon: Temperature, update = asItIs) =>
      geometry.softmin(columns, epsilon, after(update)),
  };
  const { costGradient } = geometry;
  if (!costGradient) return made;
  return {
    ...made,
    costGradient(columns, epsilon, factor) {
      const found = costGradient(columns, epsilon, factor && after(factor));
      const logSumExp = space.map(RAISED, { logSumExp: found.logSumExp }, { price, inverseEpsilon: 1 / epsilon });
      space.release(found.logSumExp);
      return { mean: found.mean, logSumExp };
    },
  };
}
