import { describe, expect, test } from 'vitest';
import { add, mul, parameter, row } from '../../src/formula/expression.js';
import type { Columns } from '../../src/geometry/columns.js';
import { deviceTemperature } from '../../src/geometry/pairwise/deviceTemperature.js';
import { pairwiseAt } from '../../src/geometry/pairwise/pairwise.js';
import type { Update } from '../../src/geometry/update.js';
import { other, type Side } from '../../src/measure/side.js';
import { geometryAt } from '../../src/transport/problem.js';
import { centralDifference } from '../support/centralDifference.js';
import { randomCloud, withCoordinate } from '../support/clouds.js';
import { asymmetric } from '../support/costs.js';
import { BALANCED, type DenseProblem, denseSelf, denseSoftmin } from '../support/denseTransport.js';
import { onDevice } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';

const dense: DenseProblem = {
  x: randomCloud(6, 1),
  y: randomCloud(9, 2, { corner: 0.3 }),
  cost: asymmetric,
  epsilon: 0.2,
  rho: BALANCED,
};
const potentials = { x: Array.from(draws(6, 3)), y: Array.from(draws(9, 4)) };

/** The geometry at a side, and the other side's potential as its columns. */
function at(side: Side) {
  const { backend, problem, space, upload } = onDevice([dense]);
  const against = other(side);
  const columns: Columns = {
    logWeights: problem[against].logWeights,
    potential: upload([potentials[against]]),
  };
  return { backend, problem, space, upload, columns, geometry: geometryAt(problem, side) };
}

describe.each(['x', 'y'] as const)("rows at the points of '%s'", (side) => {
  const softmin = denseSoftmin(dense, side, potentials[other(side)]);

  test('the softmin is that of whole matrices', () => {
    const { backend, geometry, columns } = at(side);
    expectClose(backend.numbers(geometry.softmin(columns, dense.epsilon)), softmin, 1e-12);
  });

  test('an update is made of it in the same pass, with the temperature', () => {
    const { backend, geometry, columns, upload } = at(side);
    const update: Update = {
      formula: (found, epsilon) => add(mul(parameter('half'), found), mul(epsilon, row('previous'))),
      rows: { previous: upload([potentials[side]]) },
      parameters: { half: 0.5 },
    };
    const before = backend.reductions.length;
    const updated = geometry.softmin(columns, dense.epsilon, update);
    expect(backend.reductions.length).toBe(before + 1);
    const expected = softmin.map((value, k) => value / 2 + dense.epsilon * potentials[side][k]);
    expectClose(backend.numbers(updated), expected, 1e-12);
  });

  test('a temperature that the device alone knows gives the same, and leaves nothing behind', () => {
    const { backend, geometry, columns, space } = at(side);
    const inverse = space.upload([1 / dense.epsilon], [1, 1]);
    const before = backend.held.size;
    const formula: Update['formula'] = (found, epsilon) => add(found, epsilon);
    const updated = geometry.softmin(columns, deviceTemperature(inverse), { formula });
    expect(backend.held.size).toBe(before + 1);
    expectClose(
      backend.numbers(updated),
      softmin.map((value) => value + dense.epsilon),
      1e-12,
    );
  });

  test("the mean of the cost's gradient is the slope of the softmin, times a factor where one is given", () => {
    const { backend, geometry, columns, problem } = at(side);
    const slopes = dense[side].points.flatMap((point, k) =>
      point.map((value, axis) =>
        centralDifference((by) => {
          const moved = { ...dense, [side]: withCoordinate(dense[side], k, axis, value + by) };
          return denseSoftmin(moved, side, potentials[other(side)])[k];
        }, 0),
      ),
    );
    const { mean, logSumExp } = geometry.costGradient(columns, dense.epsilon);
    expectClose(backend.numbers(mean), slopes, 1e-8);
    expectClose(
      backend.numbers(logSumExp),
      softmin.map((value) => -value / dense.epsilon),
      1e-12,
    );
    const weighted = geometry.costGradient(columns, dense.epsilon, {
      formula: (found) => mul(found, row('weight')),
      rows: { weight: problem[side].weights },
    });
    const factors = softmin.map((value, k) => value * dense[side].weights[k]);
    expectClose(
      backend.numbers(weighted.mean),
      slopes.map((slope, k) => slope * factors[Math.floor(k / 2)]),
      1e-8,
    );
  });

  test('transposed twice it is the same, and its rows have a geometry of their own', () => {
    const { backend, geometry, problem, upload } = at(side);
    expect(geometry.transpose().transpose()).toBe(geometry);
    const columns = { logWeights: problem[side].logWeights, potential: upload([potentials[side]]) };
    const own = geometry.ofRows().softmin(columns, dense.epsilon);
    expectClose(backend.numbers(own), denseSoftmin(denseSelf(dense, side), 'x', potentials[side]), 1e-12);
  });

  test('some points of a side, with the pairs that count alone', () => {
    const { backend, space, problem, columns } = at(side);
    const points = dense[side].points.slice(0, 4);
    const rows = { dimension: 2, points: space.upload(points.flat(), [4, 2]) };
    const count = dense[other(side)].points.length;
    const blocks = {
      rowStarts: Uint32Array.of(0, 4),
      columnStarts: Uint32Array.of(0, 2, count),
      offsets: Uint32Array.of(0, 1),
      columnBlocks: Uint32Array.of(1),
    };
    const geometry = pairwiseAt(side, {
      space,
      cost: dense.cost.formula,
      rows,
      columns: problem[other(side)],
      blocks,
    });
    const weights = dense[other(side)].weights.map((weight, k) => (k < 2 ? 0 : weight));
    const counted = { ...dense, [other(side)]: { ...dense[other(side)], weights } } as DenseProblem;
    const expected = denseSoftmin(counted, side, potentials[other(side)], points);
    expectClose(backend.numbers(geometry.softmin(columns, dense.epsilon)), expected, 1e-12);
  });
});
