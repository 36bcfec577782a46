import {
  type Backend,
  checkPair,
  formula,
  type HostGradient,
  type MeasurePair,
} from '@sinkhorn/core';
import {
  other,
  rawFrame,
  readAll,
  type Side,
  type Task,
  uploadMeasure,
  workspace,
} from '@sinkhorn/core/extend';
import type { Loss } from '@sinkhorn/losses';
import {
  checkBackend,
  checkNames,
  makeLoss,
  plainSolution,
  type Solved,
  visitedAll,
} from '@sinkhorn/losses/extend';

/**
 * The relative error of sums of positive numbers, where coordinates are not
 * much larger than distances.
 */
const ROUNDING = { float32: 1e-5, float64: 1e-13 };

/**
 * The mean distance between two clouds, <a ⊗ b, |x - y|>, in units of the
 * coordinates.
 */
export function meanDistance(options: { readonly backend: Backend }): Loss {
  checkNames('meanDistance', options, ['backend']);
  const { backend } = options;
  checkBackend('meanDistance', backend);
  return makeLoss(
    {
      name: 'meanDistance',
      *prepare() {}, // nothing depends on y alone
      *solve(pair, wrt): Task<Solved> {
        const x = yield* gradientOf(backend, pair, 'x');
        const values = new Float64Array(pair.x.batch);
        x.weights.forEach((sum, index) => {
          values[Math.floor(index / pair.x.count)] +=
            pair.x.weights[index] * sum;
        });
        const gradientsOf = function* (
          sides: readonly Side[],
        ): Task<Solved['gradients']> {
          const gradients: { [S in Side]?: HostGradient } = {};
          for (const side of sides)
            gradients[side] =
              side === 'x' ? x : yield* gradientOf(backend, pair, side);
          return gradients;
        };
        return {
          values,
          gradients: yield* gradientsOf(wrt),
          diagnostics: {
            iterations: 0,
            reductions: wrt.includes('y') ? 4 : 2,
            epsilons: [],
            marginalError: 0,
            converged: true,
            backend: backend.name,
            ...visitedAll(
              'the mean distance is always so',
              ROUNDING[backend.precision],
            ),
          },
          gradientsOf,
        };
      },
    },
    plainSolution,
  );
}

/**
 * For the points of one side: sum_j b_j |x_i - y_j|, which is the gradient in
 * the weights, and the gradient in the points.
 */
function* gradientOf(
  backend: Backend,
  pair: MeasurePair,
  side: Side,
): Task<HostGradient> {
  checkPair(pair);
  const space = workspace(backend);
  try {
    const { dimension } = pair.x;
    const rows = uploadMeasure(space, pair[side], rawFrame(dimension));
    const columns = uploadMeasure(
      space,
      pair[other(side)],
      rawFrame(dimension),
    );
    const { column, derivative, distance, mul, reduced, row } = formula;
    const arrays = {
      rows: { point: rows.points, weight: rows.weights },
      columns: { point: columns.points, weight: columns.weights },
      parameters: {},
    };
    const point = row('point', dimension);
    const cost = distance(point, column('point', dimension));
    const [sums] = space.reduce({
      kind: 'sum',
      value: mul(column('weight'), cost),
      ...arrays,
    });
    const [slopes] = space.reduce({
      kind: 'sum',
      value: mul(column('weight'), derivative(cost, point)),
      finish: mul(row('weight'), reduced(dimension)),
      ...arrays,
    });
    const [points, weights] = yield* readAll(backend, [slopes, sums]);
    return {
      points: Float64Array.from(points),
      weights: Float64Array.from(weights),
    };
  } finally {
    space.releaseAll();
  }
}
