import { wasm } from '@sinkhorn/backend-wasm';
import {
  type Backend,
  type Cost,
  energyDistance,
  formula,
  gaussianMmd,
  kernelMmd,
  type Loss,
  laplacianMmd,
  type SinkhornDivergenceOptions,
  type SinkhornSolution,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, type TestCloud } from '../support/clouds.js';
import { differenced, directionOf, dot, gradientsAlong, relative } from '../support/directions.js';
import { backend, exact, float32Alone, heavy, light, withoutSome, x, y } from './problems.js';
import { centred, problemOf, secondOrderCases } from './secondOrderCases.js';

const { add, component, distance, div, mul, power, square, squaredDistance } = formula;

let single: Backend;
beforeAll(async () => {
  single = await float32Alone();
});
afterAll(() => single.dispose());

describe('products with the Hessian', () => {
  test.each(secondOrderCases.map((one) => [one.name, one] as const))(
    'are those of the reference: %s',
    async (_, one) => {
      const { options, ...clouds } = problemOf(one);
      const { points, weights } = one.hvp.direction;
      const wasm64 = await wasm({ threads: 1, precision: 'float64' });
      const wasm32 = await wasm({ threads: 1, precision: 'float32' });
      for (const on of [backend, wasm64, wasm32]) {
        const loss = sinkhornDivergence({ ...exact, backend: on, tolerance: 1e-12, ...options });
        const solution = await loss.solve(clouds.x, clouds.y);
        const product = await solution.hessianVectorProduct({ points: points.flat(), weights });
        expect(product.diagnostics).toMatchObject({ converged: true, coincident: 0 });
        expect(relative(product.points, one.hvp.points.flat())).toBeLessThan(1e-9);
        expect(relative(centred(product.weights, one), centred(one.hvp.weights, one))).toBeLessThan(1e-9);
      }
      wasm64.dispose();
      wasm32.dispose();
    },
  );

  const own: Cost = (from, to) => power(distance(from, to), 1.5);
  const askew: Cost = (from, to) =>
    add(squaredDistance(from, to), mul(0.3, mul(component(from, 0), square(component(to, 1)))));
  const sinkhorn = (options: Partial<SinkhornDivergenceOptions>) =>
    sinkhornDivergence({ ...exact, blur: 0.2, ...options });
  const problems: Record<string, readonly [Loss, TestCloud, TestCloud, number, number]> = {
    'the divergence, p = 2': [sinkhorn({}), x, y, 0.02, 0.02],
    'the divergence, p = 1': [sinkhorn({ p: 1 }), x, y, 0.02, 0.02],
    'the divergence, unbalanced': [sinkhorn({ reach: 0.5 }), heavy, light, 0.1, -0.05],
    'the divergence, unbalanced on one side': [sinkhorn({ reach: { x: 0.5 } }), heavy, light, 0.1, -0.05],
    'the divergence of shares': [sinkhorn({ normalize: true }), heavy, light, 0.1, -0.05],
    'the divergence by sweeps': [sinkhorn({ method: 'alternating' }), x, y, 0.02, 0.02],
    transport: [sinkhorn({ debias: false }), x, y, 0.02, 0.02],
    'transport of masses that are not 1': [sinkhorn({ debias: false }), heavy, cloud(6, 2, 2, 0.3, 1.7), 0.1, 0.1],
    'unbalanced transport': [sinkhorn({ debias: false, p: 1, reach: 0.6 }), heavy, light, 0.1, -0.05],
    'transport that is unbalanced on one side': [sinkhorn({ debias: false, reach: { y: 0.5 } }), heavy, light, 0.1, 0],
    'unbalanced transport of shares': [sinkhorn({ debias: false, normalize: true, reach: 1 }), heavy, light, 0.1, 0],
    'a cost of your own': [sinkhorn({ cost: own, p: 1.5, diameter: 2 }), x, y, 0.02, 0.02],
    'a cost that is not symmetric': [sinkhorn({ cost: askew, p: 1, diameter: 2, debias: false }), x, y, 0.02, 0.02],
    'points of weight 0': [sinkhorn({}), withoutSome(x), withoutSome(y), 0.02, 0.02],
    'points of weight 0, unbalanced': [sinkhorn({ p: 1, reach: 0.4 }), withoutSome(x), withoutSome(y), 0.1, -0.1],
    'the Gaussian kernel': [gaussianMmd({ backend, blur: 0.4 }), heavy, light, 0.1, 0],
    'the Laplacian kernel': [laplacianMmd({ backend, blur: 0.4 }), heavy, light, 0.1, 0],
    'the energy distance': [energyDistance({ backend }), x, y, 0.02, 0.02],
    'the energy distance of shares': [energyDistance({ backend, normalize: true }), heavy, light, 0.1, 0],
    'a kernel of your own': [
      kernelMmd({ backend, kernel: (from, to) => div(1, add(1, squaredDistance(from, to))) }),
      heavy,
      light,
      0.1,
      0,
    ],
  };
  test.each(Object.entries(problems))('are the change of gradients along a direction: %s', async (_, problem) => {
    const [loss, from, to, ofX, ofY] = problem;
    const [dx, dy] = [directionOf(from, 5, ofX), directionOf(to, 6, ofY)];
    const wanted = await differenced(gradientsAlong(loss, [from, dx], [to, dy]));
    const solution = (await loss.solve(from, to)) as SinkhornSolution;
    const product = await solution.hessianVectorProduct({ x: dx, y: dy }, { tolerance: 1e-12 });
    const found = [product.x?.points, product.x?.weights, product.y?.points, product.y?.weights];
    for (const [part, values] of found.entries()) {
      expect(relative(values ?? [], wanted[part])).toBeLessThan(1e-7);
    }
    expect(product.diagnostics).toMatchObject({ converged: true, coincident: 0 });
    // <direction, Hessian direction>, and the mixed blocks are each other's transposes.
    const [px, py] = [product.x, product.y];
    if (!px || !py) throw new Error('both sides were asked for');
    const curvature =
      dot(dx.points, px.points) + dot(dx.weights, px.weights) + dot(dy.points, py.points) + dot(dy.weights, py.weights);
    expect(product.diagnostics.curvature[0]).toBeCloseTo(curvature, 12);
    expect(product.diagnostics.negativeCurvature).toBe(curvature < 0);
    const across = await solution.hessianVectorProduct({ x: { points: dx.points } }, { wrt: 'y', tolerance: 1e-13 });
    const back = await solution.hessianVectorProduct({ y: { points: dy.points } }, { wrt: 'x', tolerance: 1e-13 });
    expect(dot(across.y?.points ?? [], dy.points)).toBeCloseTo(dot(back.x?.points ?? [], dx.points), 11);
  });

  test('of several directions at once are those of each', async () => {
    const solution = await sinkhornDivergence({ ...exact, blur: 0.2 }).solve(x, y);
    const directions = [directionOf(x, 3), directionOf(x, 4), directionOf(x, 5)];
    const together = await solution.hessianVectorProduct({
      points: directions.flatMap(({ points }) => Array.from(points)),
      weights: directions.flatMap(({ weights }) => Array.from(weights)),
    });
    expect(together.diagnostics.curvature).toHaveLength(3);
    for (const [k, direction] of directions.entries()) {
      const alone = await solution.hessianVectorProduct(direction);
      expect(relative(together.points.subarray(14 * k, 14 * k + 14), alone.points)).toBeLessThan(1e-11);
      expect(relative(together.weights.subarray(7 * k, 7 * k + 7), alone.weights)).toBeLessThan(1e-11);
    }
  });

  test('of a batch are those of its elements', async () => {
    const loss = sinkhornDivergence({ ...exact, blur: 0.2, reach: 0.8 });
    const pairs = [
      [x, y],
      [cloud(7, 2, 11), cloud(6, 2, 12, 0.5)],
    ] as const;
    const batch = (side: 0 | 1) => ({
      data: pairs.flatMap((pair) => Array.from(pair[side].points)),
      shape: [2, side === 0 ? 7 : 6, 2],
      weights: pairs.flatMap((pair) => Array.from(pair[side].weights)),
    });
    const directions = [directionOf(x, 3), directionOf(x, 4)];
    const solution = await loss.solve(batch(0), batch(1));
    const together = await solution.hessianVectorProduct({
      points: directions.flatMap(({ points }) => Array.from(points)),
      weights: directions.flatMap(({ weights }) => Array.from(weights)),
    });
    for (const [k, [from, to]] of pairs.entries()) {
      const alone = await (await loss.solve(from, to)).hessianVectorProduct(directions[k]);
      expect(relative(together.points.subarray(14 * k, 14 * k + 14), alone.points)).toBeLessThan(1e-10);
      expect(relative(together.weights.subarray(7 * k, 7 * k + 7), alone.weights)).toBeLessThan(1e-10);
      expect(together.diagnostics.curvature[k]).toBeCloseTo(alone.diagnostics.curvature[0], 10);
    }
  });

  test('into weights of 0 are finite, and the change of gradients as they grow', async () => {
    const [from, to] = [withoutSome(x), withoutSome(y)];
    const into = { points: new Float64Array(14), weights: from.weights.map((weight) => (weight > 0 ? -weight : 0.5)) };
    const ofY = { points: new Float64Array(12), weights: to.weights.map((weight) => (weight > 0 ? -weight : 0.5)) };
    const loss = sinkhornDivergence({ ...exact, blur: 0.8 });
    const at = gradientsAlong(loss, [from, into], [to, ofY]);
    const h = 1e-5;
    // One-sided, of third order: weights stay 0 or more.
    const [zero, one, two, three] = [await at(0), await at(h), await at(2 * h), await at(3 * h)];
    const product = await (await loss.solve(from, to)).hessianVectorProduct(
      { x: { weights: into.weights }, y: { weights: ofY.weights } },
      { tolerance: 1e-12 },
    );
    const found = [product.x?.points, product.x?.weights, product.y?.points, product.y?.weights];
    for (const [part, values] of found.entries()) {
      const slope = Array.from(zero[part], (value, k) => {
        return (-11 * value + 18 * one[part][k] - 9 * two[part][k] + 2 * three[part][k]) / (6 * h);
      });
      expect(relative(values ?? [], slope)).toBeLessThan(1e-6);
    }
  });

  test('along a common translation, p = 2, are a_i times it', async () => {
    const solution = await sinkhornDivergence({ ...exact, blur: 0.1 }).solve(x, y);
    const { points } = await solution.hessianVectorProduct({ points: x.points.map((_, k) => (k % 2 ? 3 : -1)) });
    expect(
      relative(
        points,
        Array.from(points, (_, k) => (k % 2 ? 3 : -1) * x.weights[k >> 1]),
      ),
    ).toBeLessThan(1e-10);
  });

  test('of parts that exchange no mass are those of each part', async () => {
    const far = (one: TestCloud, by: number) => ({ ...one, points: one.points.map((value) => value + by) });
    const join = (one: TestCloud, two: TestCloud): TestCloud => ({
      points: Float64Array.of(...one.points, ...two.points),
      dimension: 2,
      weights: Float64Array.of(...one.weights, ...two.weights).map((weight) => weight / 2),
    });
    const loss = sinkhornDivergence({ ...exact, blur: 0.2, debias: false });
    const solution = await loss.solve(join(x, far(x, 100)), join(y, far(y, 100)));
    const { points } = directionOf(x, 3);
    const product = await solution.hessianVectorProduct({ points: [...points, ...points] }, { tolerance: 1e-11 });
    const alone = await (await loss.solve(x, y)).hessianVectorProduct({ points }, { tolerance: 1e-11 });
    expect(product.diagnostics.converged).toBe(true);
    const half = alone.points.map((value) => value / 2);
    expect(relative(product.points, [...half, ...half])).toBeLessThan(1e-8);
  });

  test('are on the host in float64 where a device is too coarse for the plan', async () => {
    const loss = (on: Backend) => sinkhornDivergence({ ...exact, backend: on, tolerance: 1e-10, p: 1, blur: 0.05 });
    const shifted = (one: TestCloud) => ({
      ...one,
      points: one.points.map((value, k) => value + 500 * (k >= 8 ? 1 : 0)),
    });
    const [from, to] = [shifted(withoutSome(x)), shifted(y)];
    const direction = directionOf(from, 4);
    const onHost = await (await loss(single).solve(from, to)).hessianVectorProduct(direction);
    const onCpu = await (await loss(backend).solve(from, to)).hessianVectorProduct(direction);
    expect(relative(onHost.points, onCpu.points)).toBeLessThan(1e-8);
  });

  test('are within 1e-4 in float32, where that is enough for the plan', async () => {
    for (const reach of [{}, { reach: 0.6 }]) {
      const solve = (on: Backend) =>
        sinkhornDivergence({ ...exact, backend: on, tolerance: 1e-6, blur: 0.2, ...reach }).solve(x, y);
      const direction = directionOf(x, 4);
      const coarse = await (await solve(single)).hessianVectorProduct(direction);
      const fine = await (await solve(backend)).hessianVectorProduct(direction);
      expect(relative(coarse.points, fine.points)).toBeLessThan(1e-4);
      expect(relative(coarse.weights, fine.weights)).toBeLessThan(1e-4);
    }
  });
});
