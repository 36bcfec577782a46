import { cpu } from '@sinkhorn/backend-cpu';
import type { Task } from '@sinkhorn/core';
import {
  combine,
  energyDistance as energyLoss,
  formula,
  gaussianMmd as gaussianLoss,
  hausdorffDivergence as hausdorffLoss,
  InvalidMeasureError,
  InvalidOptionError,
  kernelMmd,
  type ParametricFormula,
  perFeature,
  sinkhornDivergence as sinkhornLoss,
  UnsupportedError,
} from '@sinkhorn/losses';
import { makeLoss, plainSolution, type Solved, visitedAll } from '@sinkhorn/losses/extend';
import { barycentricMap, hausdorffDivergence, op, planApply, potentials, sinkhornDivergence } from '@sinkhorn/tfjs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { CONVERGED, opsWith, spread } from './support/gradientTests.js';

const backend = cpu();
const x = tf.tensor2d(spread(12, 0), [6, 2]);
const y = tf.tensor2d(spread(10, 0.4), [5, 2]);
const change = tf.tensor2d(
  spread(12, 0.7).map((value) => value - 0.5),
  [6, 2],
);
const shares = tf.tensor1d([0.3, 0.1, 0.15, 0.15, 0.2, 0.1]);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const measure = (points: tf.Tensor, weights?: tf.Tensor) => ({
  data: points.dataSync<'float32'>(),
  shape: points.shape,
  ...(weights && { weights: weights.dataSync<'float32'>() }),
});

function expectNear(found: tf.Tensor, wanted: ArrayLike<number>, digits = 4): void {
  const values = found.dataSync();
  const size = Math.max(...Array.from(wanted, Math.abs));
  expect(values).toHaveLength(wanted.length);
  expect(size).toBeGreaterThan(1e-3);
  for (let k = 0; k < wanted.length; k++) expect(values[k] / size).toBeCloseTo(wanted[k] / size, digits);
}

/** The gradient of <gradient, change>: second derivatives times the change. */
const twice = (value: (cloud: tf.Tensor) => tf.Tensor, at: tf.Tensor, by: tf.Tensor) =>
  tf.grad((cloud) => tf.sum(tf.mul(tf.grad((inner) => tf.sum(value(inner)))(cloud), by)))(at);

describe('gradients of gradients', () => {
  const ops = opsWith(CONVERGED).filter(({ title }) => title !== 'hausdorffDivergence');
  test.each(ops)('of $title are those of differences of gradients', ({ run }) => {
    const value = (cloud: tf.Tensor) => run(cloud, y, { backend });
    const gradient = tf.grad((cloud) => value(cloud) as tf.Scalar);
    const found = twice(value, x, change);
    const h = 0.02;
    const [after, before] = [h, -h].map((by) => gradient(tf.add(x, tf.mul(by, change))).dataSync());
    expectNear(
      found,
      Array.from(after, (slope, k) => (slope - before[k]) / (2 * h)),
      1,
    );
  });

  test('are the products of a solution with its Hessian, in points and in weights, for a batch too', async () => {
    const options = { backend, blur: 0.3, tolerance: 1e-6 };
    const solution = await sinkhornLoss(options).solve(measure(x, shares), measure(y));
    const { x: wanted } = await solution.hessianVectorProduct({ x: { points: change.dataSync() } });
    const both = (points: tf.Tensor, weights: tf.Tensor) =>
      sinkhornDivergence(points, y, { ...options, weights: { x: weights }, wrt: 'x' });
    const [inPoints, inWeights] = tf.grads((points: tf.Tensor, weights: tf.Tensor) =>
      tf.sum(tf.mul(tf.grads(both)([points, weights])[0], change)),
    )([x, shares]);
    expectNear(inPoints, wanted?.points ?? []);
    const centred = Array.from(wanted?.weights ?? []);
    expectNear(inWeights, centred);
    const batch = tf.stack([x, x]);
    const found = twice(
      (cloud) => sinkhornDivergence(cloud, tf.stack([y, y]), options),
      batch,
      tf.stack([change, change]),
    );
    const { points } = await (await sinkhornLoss(options).solve(measure(x), measure(y))).hessianVectorProduct({
      points: change.dataSync(),
    });
    expectNear(found, [...points, ...points]);
  });

  test('go through what weights were computed from', () => {
    const options = { backend, blur: 0.3, tolerance: 1e-6 };
    // Not through exp or softmax, whose own second derivatives in tfjs are not right: they keep results as constants.
    const sharesOf = (counts: tf.Tensor) => tf.div(counts, tf.sum(counts));
    const value = (counts: tf.Tensor) => sinkhornDivergence(x, y, { ...options, weights: { x: sharesOf(counts) } });
    const counts = tf.tensor1d([1, 2, 1.5, 3, 2.5, 1]);
    const by = tf.tensor1d([0.5, -0.2, 0.3, 0.1, -0.4, 0.2]);
    const found = twice(value, counts, by);
    const h = 0.02;
    const [after, before] = [h, -h].map((step) =>
      tf
        .grad(value)(tf.add(counts, tf.mul(step, by)))
        .dataSync(),
    );
    expectNear(
      found,
      Array.from(after, (slope, k) => (slope - before[k]) / (2 * h)),
      1,
    );
  });

  test('are refused where there are none, and once more', () => {
    const refused = /cannot be differentiated as often/;
    const hausdorff = (cloud: tf.Tensor) => hausdorffDivergence(cloud, y, { backend, blur: 0.3 });
    expect(() => twice(hausdorff, x, change)).toThrow(refused);
    const ofSum = op(combine([{ loss: hausdorffLoss({ backend, blur: 0.3 }) }]));
    expect(() => twice((cloud) => ofSum(cloud, y), x, change)).toThrow(UnsupportedError);
    const value = (cloud: tf.Tensor) => sinkhornDivergence(cloud, y, { backend, blur: 0.3 });
    expect(() => tf.grad((cloud) => tf.sum(tf.square(twice(value, cloud, change))))(x)).toThrow(refused);
  });

  test('leave nothing behind in memory', () => {
    const value = (cloud: tf.Tensor) => sinkhornDivergence(cloud, y, { backend, blur: 0.3 });
    const step = () => twice(value, x, change).dispose();
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('op', () => {
  test('makes ops of sums of losses, and of losses a feature', async () => {
    const gaussian = gaussianLoss({ backend, blur: 1 });
    const losses = [
      combine([{ loss: energyLoss({ backend }) }, { loss: gaussian, weight: 2 }]),
      perFeature(energyLoss({ backend }), [1, [0, 1]]),
    ];
    for (const loss of losses) {
      const wanted = await loss.valueAndGradients(measure(x), measure(y), { wrt: 'both' });
      const { value, grads } = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => op(loss)(a, b))([x, y]);
      expectNear(value, [Number(wanted.value)]);
      expectNear(grads[0], wanted.x.points);
      expectNear(grads[1], wanted.y.points);
    }
  });

  const options = { backend, blur: 0.3, tolerance: 1e-7 };
  const { add, div, mul, squaredDistance } = formula;
  const cauchy = kernelMmd({ backend, kernel: (u, v) => div(1, add(1, squaredDistance(u, v))) });
  const massDifference = makeLoss(
    {
      name: 'massDifference',
      *prepare() {},
      *solve({ x: { masses, points, weights }, y: other }): Task<Solved> {
        const differences = masses.map((mass, element) => mass - other.masses[element]);
        const gradientOf = (sign: number) => ({
          points: new Float64Array(points.length),
          weights: weights.map(() => sign * differences[0]),
        });
        const gradients = {
          x: gradientOf(1),
          y: { points: new Float64Array(10), weights: new Float64Array(5).fill(-differences[0]) },
        };
        const work = { iterations: 0, reductions: 0, epsilons: [], marginalError: 0, converged: true, backend: 'none' };
        return {
          values: differences.map((difference) => difference ** 2 / 2),
          gradients,
          diagnostics: { ...work, ...visitedAll('no pair counts', 1e-15) },
          // biome-ignore lint/correctness/useYield: a task that has nothing to wait for
          *gradientsOf() {
            return gradients;
          },
        };
      },
    },
    plainSolution,
  );
  test.each([
    ['combine', combine([{ loss: sinkhornLoss(options) }, { loss: cauchy, weight: 2 }])],
    ['perFeature', perFeature(sinkhornLoss(options), [1, [0, 1]])],
    ['kernelMmd', cauchy],
    [
      'a loss with parameters',
      sinkhornLoss({
        ...options,
        cost: (u, v, { scale }) => mul(scale, squaredDistance(u, v)),
        parameters: { scale: 0.7 },
      }),
    ],
  ])('of %s has gradients, and gradients of gradients', async (_, loss) => {
    const run = op(loss);
    const { x: wanted } = await loss.valueAndGradients(measure(x), measure(y));
    expectNear(tf.grad((cloud: tf.Tensor) => run(cloud, y))(x), wanted.points);
    const solution = await loss.solve(measure(x), measure(y));
    const { points } = await solution.hessianVectorProduct({ points: change.dataSync() }, { tolerance: 1e-7 });
    expectNear(
      twice((cloud) => run(cloud, y), x, change),
      points,
      3,
    );
  });

  test("of a loss of one's own has gradients; second derivatives are refused where its solutions have none", () => {
    const run = op(massDifference);
    const value = (weights: tf.Tensor) => run(x, y, { weights: { x: weights } });
    const weights = tf.tensor1d([1, 1, 1, 1, 1, 1]);
    expectNear(tf.grad(value)(weights), [5, 5, 5, 5, 5, 5]);
    expect(() => twice(value, weights, weights)).toThrow(UnsupportedError);
  });

  test('tells its diagnostics, and refuses what is no loss or no option', () => {
    const seen: boolean[] = [];
    const run = op(sinkhornLoss({ backend, blur: 0.3 }));
    run(x, y, { onDiagnostics: ({ converged }) => seen.push(converged) }).dispose();
    expect(seen).toEqual([true]);
    expect(() => op({} as never)).toThrow(InvalidOptionError);
    const loss = energyLoss({ backend });
    expect(() => op(loss, null as never)).toThrow(/^options of op are null/);
    expect(() => op(loss, { on: 1 } as object)).toThrow(/^on is no option of op: it has backend, onInaccurate/);
    expect(() => op(loss, { onInaccurate: 'shout' as never })).toThrow(/^onInaccurate is 'shout': give one of warn/);
    expect(() => op(loss, { backend: cpu as never })).toThrow(/^op needs a backend: call the factory/);
    expect(() => run(x, y, { blur: 1 } as object)).toThrow(InvalidOptionError);
    expect(() => run(x, y, null as never)).toThrow(
      /^options of the op of a loss are null: give an object with weights/,
    );
    expect(() => op(loss, Symbol('no') as never)).toThrow(/^options of op are Symbol\(no\)/);
  });
});

describe('gradients of which nothing is known', () => {
  // Two parts that are forty blurs apart: of how they move against each other nothing is known.
  const apart = tf.tensor2d([
    [0, 0],
    [0.1, 0.3],
    [9, 0],
    [9.1, 0.2],
  ]);
  const near = tf.tensor2d([
    [0.05, 0.1],
    [0.2, 0.2],
    [9.05, 0.1],
    [9.2, 0.25],
  ]);
  const signs = tf.tensor1d([1, 1, -1, -1]);
  const along = (onInaccurate?: 'throw' | 'ignore') => (points: tf.Tensor) =>
    tf.sum(tf.mul(potentials(points, near, { backend, blur: 0.2, onInaccurate }).f_ba, signs)) as tf.Scalar;

  test('are warned of once, thrown or left, as values are', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const told = () => warn.mock.calls.filter(([text]) => String(text).startsWith('the gradient through potentials'));
    tf.grad(along('ignore'))(apart);
    expect(told()).toHaveLength(0);
    tf.grad(along())(apart);
    tf.grad(along())(apart);
    expect(told()).toHaveLength(1);
    expect(() => tf.grad(along('throw'))(apart)).toThrow(/^the gradient through potentials: /);
    warn.mockRestore();
  });

  test('of gradients too', () => {
    const run = op(sinkhornLoss({ backend, blur: 0.2 }), { onInaccurate: 'throw' });
    const weights = tf.tensor1d([0.2, 0.3, 0.2, 0.3]);
    const value = (shares: tf.Tensor) => run(apart, near, { weights: { x: shares } });
    const twiceSo = () => tf.grad((shares) => tf.sum(tf.mul(tf.grad(value)(shares), signs)))(weights);
    expect(twiceSo).toThrow(/^the gradient through sinkhornDivergence: /);
  });
});

describe('parameters as tensors', () => {
  const { add, dot, exp, mul, neg, square, squaredDistance, sub, sum } = formula;
  const options = { backend, blur: 0.4, tolerance: 1e-7 };
  const start = {
    scale: 0.7,
    along: [1, 0.8],
    rows: [
      [0.3, 0.1],
      [-0.2, 0.4],
    ],
  };
  const cost: ParametricFormula = (u, v, { scale, along, rows: [first, second] }) => {
    const way = sub(u, v);
    const turned = add(square(dot(first, way)), square(dot(second, way)));
    return add(mul(scale, sum(square(mul(along, way)))), turned);
  };
  const loss = sinkhornLoss({ ...options, cost, parameters: start });
  const kernel = kernelMmd({
    backend,
    kernel: (u, v, { scale }) => exp(neg(mul(scale, squaredDistance(u, v)))),
    parameters: { scale: 1 },
  });
  const [scale, along, rows] = [tf.scalar(0.9), tf.tensor1d([0.9, 1.2]), tf.tensor2d([0.2, 0.3, 0.1, -0.3], [2, 2])];
  const numbers = { scale: 0.9, along: along.arraySync() as number[], rows: rows.arraySync() as number[][] };
  const inputs = [x, scale, along, rows];
  type Value = (...given: tf.Tensor[]) => tf.Tensor;
  const withAll =
    (run: ReturnType<typeof op>): Value =>
    (points, ofScale, ofAlong, ofRows) =>
      run(points, y, { wrt: 'x', parameters: { scale: ofScale, along: ofAlong, rows: ofRows } });

  test.each([
    ['a loss', loss],
    ['combine', combine([{ loss, weight: 2 }, { loss: kernel, weight: -0.5 }, { loss: energyLoss({ backend }) }])],
    ['perFeature', perFeature(loss, [[1, 0]])],
  ])('have gradients, and gradients of gradients, in %s', async (_, of) => {
    const value = withAll(op(of));
    const solution = await of.solve(measure(x), measure(y), { parameters: numbers });
    const { x: ofX, parameters: wanted } = await solution.gradients();
    const found = tf.grads(value as never)(inputs);
    expect(found.map(({ shape }) => shape)).toEqual(inputs.map(({ shape }) => shape));
    expectNear(found[0], ofX.points);
    for (const [k, name] of ['scale', 'along', 'rows'].entries()) expectNear(found[k + 1], wanted?.[name] ?? []);

    // Of <gradient in the matrix, by>, in everything.
    const by = tf.tensor2d([0.5, -1, 0.25, 1], [2, 2]);
    const again = tf.grads((...given: tf.Tensor[]) => tf.sum(tf.mul(tf.grads(value as never)(given)[3], by)))(inputs);
    const product = await solution.hessianVectorProduct(
      { parameters: { rows: by.dataSync() } },
      { wrt: 'x', tolerance: 1e-7 },
    );
    expectNear(again[0], product.x?.points ?? [], 3);
    for (const [k, name] of ['scale', 'along', 'rows'].entries()) {
      expectNear(again[k + 1], product.parameters?.[name] ?? [], 3);
    }
    // And of <gradient in the points, change>, in the parameters.
    const [ofScale] = tf.grads((one: tf.Tensor) =>
      tf.sum(tf.mul(tf.grads(value as never)([x, one, along, rows])[0], change)),
    )([scale]);
    const mixed = await solution.hessianVectorProduct({ points: change.dataSync() }, { tolerance: 1e-7 });
    expectNear(ofScale, mixed.parameters?.scale ?? [], 3);
  });

  test('are shared by the elements of a batch: their gradients add up', () => {
    const other = tf.add(x, tf.mul(change, 0.3));
    const by = tf.tensor1d([0.4, -1]);
    const single = (points: tf.Tensor) => (of: tf.Tensor) =>
      tf.sum(op(loss)(points, y, { parameters: { ...start, along: of } }));
    const together = (of: tf.Tensor) =>
      tf.sum(
        tf.mul(
          op(loss)<tf.Tensor>(tf.stack([x, other]), tf.stack([y, y]), { parameters: { ...start, along: of } }),
          tf.tensor1d([1, 3]),
        ),
      );
    const plus = (first: tf.Tensor, second: tf.Tensor) => tf.add(first, tf.mul(second, 3)).dataSync();
    expectNear(tf.grad(together)(along), plus(tf.grad(single(x))(along), tf.grad(single(other))(along)));
    expectNear(twice(together, along, by), plus(twice(single(x), along, by), twice(single(other), along, by)), 3);
  });

  test('are options of divergences and maps as well', async () => {
    const value = (of: tf.Tensor) => sinkhornDivergence(x, y, { ...options, cost, parameters: { ...start, rows: of } });
    const at = { parameters: { rows: numbers.rows } };
    expectNear(tf.grad(value)(rows), (await loss.valueAndGradients(measure(x), measure(y), at)).parameters?.rows ?? []);
    const plain = sinkhornLoss({ ...options, debias: false, cost, parameters: start });
    const solution = await plain.solve(measure(x), measure(y), at);
    const given = (of: tf.Tensor) => ({ ...options, cost, parameters: { ...start, rows: of } });
    const total = (of: tf.Tensor) => tf.sum(tf.mul(barycentricMap(x, y, given(of)), change));
    expectNear(
      tf.grad(total)(rows),
      (await solution.plan.barycentricMapVjp(change.dataSync())).parameters?.rows ?? [],
      3,
    );
    const values = tf.tensor1d([1, -1, 2, 0.5, 0]);
    const one = tf.tensor1d([1, 0, -1, 0.5, 2, 1]);
    expectNear(
      tf.grad((of: tf.Tensor) => tf.sum(tf.mul(planApply(x, y, values, given(of)), one)))(rows),
      (await solution.plan.applyVjp(values.dataSync(), one.dataSync())).parameters?.rows ?? [],
      3,
    );
    expectNear(
      tf.grad((of: tf.Tensor) => tf.sum(tf.mul(potentials(x, y, { ...given(of), debias: false }).f_ba, one)))(rows),
      (await solution.potentialsVjp({ f_ba: one.dataSync() })).parameters?.rows ?? [],
      3,
    );
    const batched = tf.grad((of: tf.Tensor) =>
      tf.sum(
        tf.mul(barycentricMap(tf.stack([x, x]), tf.stack([y, y]), given(of)), tf.stack([change, tf.mul(change, 2)])),
      ),
    )(rows);
    expectNear(batched, tf.mul(tf.grad(total)(rows), 3).dataSync(), 3);
  });

  test('are refused where they are none', () => {
    const run = op(loss);
    expect(() => run(x, y, { parameters: { scale: tf.ones([1, 1, 1]) } })).toThrow(/parameters.scale has the shape/);
    expect(() => run(x, y, { parameters: { scale: tf.tensor1d([1, 2]) } })).toThrow(
      /parameters.scale is of shape \[2\]/,
    );
    expect(() => run(x, y, { parameters: { wide: tf.scalar(1) } })).toThrow(/'wide'/);
    expect(() => run(x, y, { parameters: { scale: tf.scalar(Number.NaN) } })).toThrow(/parameters.scale has NaN/);
    expect(() => run(x, y, { parameters: { scale: tf.scalar(1, 'int32') } })).toThrow(/parameters.scale has the type/);
    expect(() => op(energyLoss({ backend }))(x, y, { parameters: { scale: tf.scalar(1) } })).toThrow(
      InvalidOptionError,
    );
  });

  test('leave nothing behind in memory', () => {
    const value = (of: tf.Tensor) => op(loss)(x, y, { parameters: { along: of } });
    const step = () => twice(value, along, tf.tensor1d([1, 1])).dispose();
    tf.tidy(step);
    const before = tf.memory().numTensors;
    tf.tidy(step);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('maps', () => {
  const options = { backend, blur: 0.3, tolerance: 1e-6 };
  const solve = () => sinkhornLoss({ ...options, debias: false }).solve(measure(x, shares), measure(y));
  const weighted = { ...options, weights: { x: shares } };

  test('the barycentric map has the gradients of the plan', async () => {
    const { plan } = await solve();
    expectNear(barycentricMap(x, y, weighted), await plan.barycentricMap());
    const found = await plan.barycentricMapVjp(change.dataSync());
    const [inX, inWeights, inY] = tf.grads((a: tf.Tensor, weights: tf.Tensor, b: tf.Tensor) =>
      tf.sum(tf.mul(barycentricMap(a, b, { ...options, weights: { x: weights } }), change)),
    )([x, shares, y]);
    expectNear(inX, found.x.points);
    expectNear(inWeights, found.x.weights);
    expectNear(inY, found.y.points);
  });

  test('the plan times values has them too, in the values as well', async () => {
    const { plan } = await solve();
    const values = tf.tensor2d(spread(15, 0.2), [5, 3]);
    const by = tf.tensor2d(spread(18, 0.9), [6, 3]);
    const applied = planApply(x, y, values, weighted);
    expect(applied.shape).toEqual([6, 3]);
    expectNear(applied, await plan.apply(values.dataSync()));
    const found = await plan.applyVjp(values.dataSync(), by.dataSync());
    const [inX, inWeights, inY, inValues] = tf.grads((a: tf.Tensor, weights: tf.Tensor, b: tf.Tensor, of: tf.Tensor) =>
      tf.sum(tf.mul(planApply(a, b, of, { ...options, weights: { x: weights } }), by)),
    )([x, shares, y, values]);
    expectNear(inX, found.x.points);
    expectNear(inWeights, found.x.weights);
    expectNear(inY, found.y.points);
    expectNear(inValues, found.values);
    expect(planApply(x, y, tf.ones([5]), options).shape).toEqual([6]);
    expect(() => planApply(x, y, tf.ones([4]), options)).toThrow(InvalidMeasureError);
  });

  test('potentials are ops each', async () => {
    const [one, two] = [tf.tensor1d(spread(6, 0.1)), tf.tensor1d(spread(5, 0.8))];
    const othersShares = tf.tensor1d([0.1, 0.3, 0.2, 0.25, 0.15]);
    const ofAll = await sinkhornLoss(options).solve(measure(x, shares), measure(y, othersShares));
    const cotangents = { f_ba: one.dataSync(), f_aa: one.dataSync(), g_ab: two.dataSync() };
    const found = tf.grads((a: tf.Tensor, b: tf.Tensor, ofA: tf.Tensor, ofB: tf.Tensor) => {
      const { f_ba, f_aa, g_ab, g_bb } = potentials(a, b, { ...options, weights: { x: ofA, y: ofB } });
      expect(g_bb?.shape).toEqual([5]);
      return tf.add(tf.sum(tf.mul(tf.add(f_ba, f_aa as tf.Tensor), one)), tf.sum(tf.mul(g_ab, two)));
    })([x, y, shares, othersShares]);
    const wanted = await ofAll.potentialsVjp(cotangents);
    for (const [k, values] of [wanted.x.points, wanted.y.points, wanted.x.weights, wanted.y.weights].entries()) {
      expectNear(found[k], values);
    }
    expect(potentials(x, y, { ...weighted, debias: false }).f_aa).toBeUndefined();
  });

  test('leave nothing behind in memory', () => {
    const step = () => {
      tf.dispose(tf.grad((a: tf.Tensor) => tf.sum(barycentricMap(a, y, weighted)))(x));
      tf.dispose(barycentricMap(x, y, weighted));
    };
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('say what is wrong in names of the op', () => {
    const thrown = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const withNaN = tf.tensor1d([1, 2, Number.NaN, 4, 5]);
    expect(thrown(() => planApply(x, y, withNaN, options))).toEqual(
      new InvalidMeasureError('values[2] is NaN: give finite numbers'),
    );
    expect(thrown(() => planApply(x, null as never, withNaN, options))).toEqual(
      new InvalidMeasureError('y is no tensor: give tf.tensor2d, or tf.tensor3d for a batch'),
    );
    const ops = {
      barycentricMap: (a: tf.Tensor, more: object) => barycentricMap(a, y, { ...options, ...more }),
      planApply: (a: tf.Tensor, more: object) => planApply(a, y, tf.ones([5]), { ...options, ...more }),
      potentials: (a: tf.Tensor, more: object) => potentials(a, y, { ...options, ...more }).f_ba,
    };
    for (const [name, run] of Object.entries(ops)) {
      const slope = (factor: number, more: object) => () =>
        tf.grad((a: tf.Tensor) => tf.sum(tf.mul(run(a, more), factor)))(x);
      expect(thrown(slope(Number.NaN, {}))).toEqual(
        new InvalidMeasureError(
          `${name}: the gradient that comes to it has NaN at 0: look for it in what is computed from the op`,
        ),
      );
      for (const more of [{ root: true }, { penalty: { kind: 'tv', strength: 0.5 } }]) {
        expect(thrown(slope(1, more))).toEqual(
          new UnsupportedError(`${name} has no derivatives with the options penalty and root: leave them out`),
        );
      }
      expect(thrown(slope(1, { strategy: 'multiscale' }))).toEqual(
        new UnsupportedError(
          `${name}: solutions of strategy 'multiscale' are of cells, and have no derivatives at points: leave it out`,
        ),
      );
    }
    expect(() => barycentricMap(x, y, { ...options, debias: true } as object as typeof options)).toThrow(
      /^barycentricMap has no option 'debias'/,
    );
    const value = (a: tf.Tensor) => sinkhornDivergence(a, y, options);
    expect(() => twice(value, x, tf.fill(x.shape, Number.NaN))).toThrow(/^sinkhornDivergence: the gradient that comes/);
  });

  test('have first derivatives', () => {
    expect(() => twice((a) => barycentricMap(a, y, options), x, change)).toThrow(/cannot be differentiated as often/);
  });
});
