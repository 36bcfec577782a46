import { describe, expect, test } from 'vitest';
import { axisLines } from '../../src/backend/axisSoftmax.js';
import type { AxisSoftmax } from '../../src/backend/backend.js';
import { workspace } from '../../src/backend/workspace.js';
import { UnsupportedError } from '../../src/errors.js';
import { abs, add, type Expression, mul, parameter, row, sub, sum } from '../../src/formula/expression.js';
import { type Cost, powerCost } from '../../src/geometry/cost.js';
import { deviceTemperature } from '../../src/geometry/pairwise/deviceTemperature.js';
import { pairwise } from '../../src/geometry/pairwise/pairwise.js';
import { axisCost } from '../../src/geometry/separable/axisCost.js';
import { type Axes, separable } from '../../src/geometry/separable/separable.js';
import type { Update } from '../../src/geometry/update.js';
import { uploadMeasure } from '../../src/measure/deviceMeasure.js';
import { rawFrame } from '../../src/measure/frame.js';
import { checkMeasure } from '../../src/measure/measure.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';
import { type WatchedBackend, watchedCpu } from '../support/watchedCpu.js';

const manhattan: Cost = (x, y) => sum(abs(sub(x, y) as Expression));
const costs = [
  ['|x - y|^2 / 2', powerCost(2), powerCost(2)],
  ["Manhattan's distance", axisCost(1), manhattan],
] as const;

const grids: readonly (readonly [string, Axes, Axes])[] = [
  ['a line and another', [line(7, 0.2)], [line(5, 0.3, -0.4)]],
  ['planes', [line(3, 0.5), line(4, 0.25)], [line(5, 0.2, 0.1), line(2, 0.6)]],
  ['volumes', [line(2, 0.5), line(3, 0.25), line(4, 0.2)], [line(3, 0.3), line(1, 1, 0.2), line(2, 0.7)]],
  [
    'uneven nodes',
    [Float64Array.of(0, 0.1, 0.5), Float64Array.of(-1, 2)],
    [Float64Array.of(0.3), Float64Array.of(0.4, 0.5, 3)],
  ],
  ['single nodes', [line(1, 1), line(1, 1)], [line(1, 1, 3), line(1, 1, 4)]],
];

function line(count: number, spacing: number, origin = 0): Float64Array {
  return Float64Array.from({ length: count }, (_, k) => origin + k * spacing);
}

/** All combinations of coordinates, the last axis fastest. */
const nodes = (axes: Axes): number[][] =>
  axes.reduce<number[][]>((found, axis) => found.flatMap((start) => Array.from(axis, (at) => [...start, at])), [[]]);

/** The same columns on grids and on clouds of their nodes, with a node of no mass among several. */
function both(from: Axes, to: Axes, [, along, whole]: readonly [string, Cost, Cost], batch = 1, on = watchedCpu()) {
  const space = workspace(on);
  const measure = (name: string, axes: Axes, seed: number) => {
    const one = nodes(axes);
    const weights = draws(batch * one.length, seed).map((weight, k) => (k % one.length === 1 ? 0 : weight + 0.1));
    const data = Array.from({ length: batch }, () => one).flat(2);
    const shape = [...(batch > 1 ? [batch] : []), one.length, axes.length];
    return uploadMeasure(space, checkMeasure(name, { data, shape, weights }), rawFrame(axes.length));
  };
  const [x, y] = [measure('x', from, 1), measure('y', to, 2)];
  const potentialOf = ({ weights: { shape } }: typeof x, seed: number) =>
    space.upload(
      draws(
        shape.reduce((product, length) => product * length),
        seed,
      ),
      shape,
    );
  return {
    space,
    onGrids: separable({ space, cost: along, from, to }),
    onPoints: pairwise({ space, cost: whole, from: x, to: y }),
    x: { logWeights: x.logWeights, potential: potentialOf(x, 3) },
    y: { logWeights: y.logWeights, potential: potentialOf(y, 4) },
  };
}

/** The reference backend without what is optional. */
function without(backend: WatchedBackend): WatchedBackend {
  const { permute, ...rest } = backend;
  return rest;
}

describe.each(costs)('%s', (...cost) => {
  test.each(grids)('softmins of %s are those of the nodes as points', (_name, from, to) => {
    const backend = watchedCpu();
    const { onGrids, onPoints, x, y } = both(from, to, cost, 1, backend);
    for (const epsilon of [1e-3, 0.2, 50]) {
      expectClose(backend.numbers(onGrids.softmin(y, epsilon)), backend.numbers(onPoints.softmin(y, epsilon)), 1e-12);
      const [back, expected] = [onGrids.transpose(), onPoints.transpose()];
      expectClose(backend.numbers(back.softmin(x, epsilon)), backend.numbers(expected.softmin(x, epsilon)), 1e-12);
      const [own, ownExpected] = [onGrids.ofRows(), onPoints.ofRows()];
      expectClose(backend.numbers(own.softmin(x, epsilon)), backend.numbers(ownExpected.softmin(x, epsilon)), 1e-12);
    }
  });
});

test('a batch has a softmin for each of its elements', () => {
  const backend = watchedCpu();
  const [, from, to] = grids[1];
  const { onGrids, onPoints, y } = both(from, to, costs[0], 3, backend);
  expectClose(backend.numbers(onGrids.softmin(y, 0.1)), backend.numbers(onPoints.softmin(y, 0.1)), 1e-12);
});

test('a backend that cannot put rows in an order gives the same', () => {
  const backend = watchedCpu();
  const [, from, to] = grids[2];
  for (const batch of [1, 2]) {
    const { onGrids, onPoints, y } = both(from, to, costs[0], batch, without(backend));
    expectClose(backend.numbers(onGrids.softmin(y, 0.1)), backend.numbers(onPoints.softmin(y, 0.1)), 1e-12);
  }
});

describe('a backend that has softmaxes along an axis', () => {
  /** The reference backend with such softmaxes, by their definition. */
  function withSoftmaxes(asked: AxisSoftmax[], unsupported = (_: AxisSoftmax) => false): WatchedBackend {
    const backend = watchedCpu();
    const byPower = (name: string, power: number) => (given: AxisSoftmax) => {
      if (unsupported(given)) throw new UnsupportedError(`${name}: not these`);
      asked.push(given);
      const { scores, inner, rows, columns, rate } = given;
      const { lines, shape } = axisLines(given);
      const values = backend.numbers(scores);
      const found = Float64Array.from({ length: lines * rows.count }, (_, k) => {
        const row = rows.first + (Math.floor(k / inner) % rows.count) * rows.spacing;
        const start = Math.floor(k / (inner * rows.count)) * inner * columns.count + (k % inner);
        const away = (j: number) => Math.abs(row - columns.first - j * columns.spacing);
        return logSumExp(
          Array.from({ length: columns.count }, (_, j) => values[start + j * inner] - rate * away(j) ** power),
        );
      });
      return backend.array(found, shape);
    };
    return Object.assign(backend, {
      logSumExpAlongAxis: byPower('logSumExpAlongAxis', 2),
      logSumExpByDistance: byPower('logSumExpByDistance', 1),
    });
  }

  const logSumExp = (terms: readonly number[]): number => {
    const largest = Math.max(...terms);
    return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
  };

  test.each(grids.flatMap(([name, from, to]) => costs.map((cost) => [name, cost[0], from, to, cost] as const)))(
    'is asked for them along the axes of %s by %s, if nodes are even',
    (_name, _cost, from, to, cost) => {
      for (const batch of [1, 2]) {
        const asked: AxisSoftmax[] = [];
        const backend = withSoftmaxes(asked);
        const { onGrids, onPoints, y, space } = both(from, to, cost, batch, backend);
        const before = space.reductions;
        const found = backend.numbers(onGrids.softmin(y, 0.2));
        const isEven = from[0].length !== 3 || from[0][2] !== 0.5;
        expect(asked).toHaveLength(isEven ? from.length : 0);
        expect(space.reductions - before).toBe(from.length);
        expectClose(found, backend.numbers(onPoints.softmin(y, 0.2)), 1e-12);
      }
    },
  );

  test('is not asked for them by another cost', () => {
    const asked: AxisSoftmax[] = [];
    const backend = withSoftmaxes(asked);
    const [, from, to] = grids[1];
    const halved: Cost = (x, y) => mul(0.5, abs(sub(x, y)));
    const { onGrids, y } = both(from, to, ['half of it', halved, manhattan], 1, backend);
    onGrids.softmin(y, 0.2);
    expect(asked).toHaveLength(0);
  });

  test('may refuse some of them: all pairs of lines take their place, and nothing is left behind', () => {
    const asked: AxisSoftmax[] = [];
    const backend = withSoftmaxes(asked, ({ inner }) => inner > 1);
    const [, from, to] = grids[2];
    const { onGrids, onPoints, y, space } = both(from, to, costs[0], 1, backend);
    const found = onGrids.softmin(y, 0.2);
    expect(asked).toHaveLength(1);
    expectClose(backend.numbers(found), backend.numbers(onPoints.softmin(y, 0.2)), 1e-12);
    space.releaseAll();
    expect(backend.held.size).toBe(0);
  });

  test('may fail otherwise, and the error comes out', () => {
    const backend = Object.assign(watchedCpu(), {
      logSumExpAlongAxis() {
        throw new RangeError('broken');
      },
    });
    const { onGrids, y } = both(grids[0][1], grids[0][2], costs[0], 1, backend);
    expect(() => onGrids.softmin(y, 0.2)).toThrow('broken');
  });
});

test('an update is made of a softmin, with the temperature', () => {
  const backend = watchedCpu();
  const [, from, to] = grids[1];
  const { onGrids, x, y } = both(from, to, costs[0], 1, backend);
  const update: Update = {
    formula: (found, epsilon) => add(mul(parameter('half'), found), mul(epsilon, row('previous'))),
    rows: { previous: x.potential },
    parameters: { half: 0.5 },
  };
  const softmin = backend.numbers(onGrids.softmin(y, 0.2));
  const previous = backend.numbers(x.potential);
  const expected = softmin.map((value, k) => value / 2 + 0.2 * previous[k]);
  expectClose(backend.numbers(onGrids.softmin(y, 0.2, update)), expected, 1e-14);
});

test('means under the plan are those over pairs of nodes, of vectors of any sign', () => {
  const backend = watchedCpu();
  const [, from, to] = grids[2];
  const { space, onGrids, onPoints, y } = both(from, to, costs[0], 1, backend);
  const { logSumExp, mean } = onGrids.means(y, 0.1, space.upload(nodes(to).flat(), [nodes(to).length, to.length]));
  // For |x - y|^2 / 2 the mean of gradients of the cost is the row's point less the mean of columns' points.
  const expected = onPoints.costGradient(y, 0.1);
  const points = nodes(from).flat();
  expectClose(
    backend.numbers(mean).map((value, k) => points[k] - value),
    backend.numbers(expected.mean),
    1e-12,
  );
  expectClose(backend.numbers(logSumExp), backend.numbers(expected.logSumExp), 1e-12);
});

test('other rows have the softmins that go with them', () => {
  const backend = watchedCpu();
  const [, from, to] = grids[1];
  const finer = [line(5, 0.25), line(7, 0.125)];
  const { onGrids, x, y } = both(from, to, costs[0], 1, backend);
  const { onPoints, onGrids: direct } = both(finer, to, costs[0], 1, backend);
  const expected = backend.numbers(direct.softmin(y, 0.1));
  expectClose(backend.numbers(onGrids.withRows(finer).softmin(y, 0.1)), expected, 1e-14);
  expectClose(backend.numbers(onPoints.softmin(y, 0.1)), expected, 1e-12);
  const back = onGrids.transpose().withRows(finer);
  expectClose(
    backend.numbers(back.softmin(x, 0.1)),
    backend.numbers(both(finer, from, costs[0], 1, backend).onPoints.softmin(x, 0.1)),
    1e-12,
  );
});

test('a softmin leaves nothing behind but its result, and coordinates that the next one takes', () => {
  const backend = watchedCpu();
  const [, from, to] = grids[2];
  const { onGrids, y, space } = both(from, to, costs[0], 1, without(backend));
  space.release(onGrids.softmin(y, 0.1));
  const before = backend.held.size;
  space.release(onGrids.softmin(y, 0.2));
  expect(backend.held.size).toBe(before);
  space.releaseAll();
  expect(backend.held.size).toBe(0);
});

test('a temperature that the device alone knows is refused', () => {
  const { onGrids, y, space } = both(grids[0][1], grids[0][2], costs[0]);
  const inverse = space.upload([1], [1, 1]);
  expect(() => onGrids.softmin(y, deviceTemperature(inverse))).toThrow('grids need temperatures that the host knows');
});
