import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import {
  type Backend,
  type Cost,
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  InvalidMeasureError,
  InvalidOptionError,
  kernelMmd,
  type Loss,
  laplacianMmd,
  type SinkhornDivergenceOptions,
  type SinkhornSolution,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { differenced, directionOf, dot, gradientsAlong, relative } from '../support/directions.js';
import { centred, problemOf, secondOrderCases } from './secondOrderCases.js';

const { add, component, distance, div, mul, power, square, squaredDistance } = formula;

const backend = cpu();
const exact = { backend, tolerance: 1e-13, maxIterations: 50_000, onInaccurate: 'ignore' } as const;

/** A device that has float32 alone, as GPUs do. */
const withoutFloat64 = (device: Backend): Backend =>
  new Proxy(device, { get: (target, key) => (key === 'inFloat64' ? undefined : Reflect.get(target, key, target)) });

let single: Backend;
beforeAll(async () => {
  single = withoutFloat64(await wasm({ threads: 1, precision: 'float32' }));
});
afterAll(() => single.dispose());

const x = cloud(7, 2, 1);
const y = cloud(6, 2, 2, 0.3);
const heavy = cloud(7, 2, 1, 0, 1.7);
const light = cloud(6, 2, 2, 0.3, 0.8);

function withoutSome({ weights, ...rest }: TestCloud): TestCloud {
  const kept = weights.map((weight, k) => (k === 1 || k === 3 ? 0 : weight));
  const total = kept.reduce((sum, weight) => sum + weight);
  return { ...rest, weights: kept.map((weight) => weight / total) };
}

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

describe('what a product costs at blur 0.05, 300 points', () => {
  const sphere = (count: number, seed: number): TestCloud => {
    const next = random(seed);
    const points = Float64Array.from({ length: 3 * count }, () => next() - 0.5);
    return { points, dimension: 3, weights: new Float64Array(count).fill(1 / count) };
  };
  const onSphere = (one: TestCloud): TestCloud => ({
    ...one,
    points: one.points.map((value, k) => {
      const first = k - (k % 3);
      return (0.5 * value) / Math.hypot(...one.points.subarray(first, first + 3));
    }),
  });
  const [from, to] = [onSphere(sphere(300, 1)), sphere(300, 2)];
  const { points } = directionOf(from, 3);

  test('is at most 50 passes at a tolerance of 1e-3, and its error under 5e-3', async () => {
    const loss = sinkhornDivergence({ backend, blur: 0.05 });
    const exactly = await sinkhornDivergence({ ...exact, tolerance: 1e-12, blur: 0.05 }).solve(from, to);
    const wanted = await exactly.hessianVectorProduct({ points });
    const found = await (await loss.solve(from, to)).hessianVectorProduct({ points });
    expect(found.diagnostics.converged).toBe(true);
    expect(found.diagnostics.reductions).toBeLessThanOrEqual(50);
    expect(relative(found.points, wanted.points)).toBeLessThan(5e-3);
    const finer = await (
      await sinkhornDivergence({ backend, blur: 0.05, tolerance: 1e-6 }).solve(from, to)
    ).hessianVectorProduct({ points });
    expect(relative(finer.points, wanted.points)).toBeLessThan(1e-6);
  });

  test('is as exact where clouds lie apart: the distance is no part of the error', async () => {
    const [near, few] = [
      { ...from, points: from.points.subarray(0, 180), weights: from.weights.slice(0, 60).fill(1 / 60) },
      { ...to, points: to.points.subarray(0, 180), weights: to.weights.slice(0, 60).fill(1 / 60) },
    ];
    const along = points.subarray(0, 180);
    for (const shift of [0, 0.5, 3]) {
      const far = { ...few, points: few.points.map((value, k) => value + (k % 3 === 0 ? shift : 0)) };
      const exactly = await sinkhornDivergence({ ...exact, blur: 0.05 }).solve(near, far);
      const wanted = await exactly.hessianVectorProduct({ points: along }, { tolerance: 1e-12 });
      for (const tolerance of [1e-3, 1e-6]) {
        const solution = await sinkhornDivergence({ backend, blur: 0.05, tolerance }).solve(near, far);
        const found = await solution.hessianVectorProduct({ points: along });
        expect(found.diagnostics.converged).toBe(true);
        expect(relative(found.points, wanted.points)).toBeLessThan(3 * tolerance);
        // Of both sides at once, each has its conditions met.
        const both = await solution.hessianVectorProduct({ x: { points: along } }, { wrt: 'both' });
        const wantedOfBoth = await exactly.hessianVectorProduct(
          { x: { points: along } },
          { wrt: 'both', tolerance: 1e-12 },
        );
        for (const side of ['x', 'y'] as const) {
          expect(relative(both[side]?.points ?? [], wantedOfBoth[side]?.points ?? [])).toBeLessThan(5 * tolerance);
        }
      }
    }
  });

  test.each([
    [8, 3, 0.005],
    [30, 2, 0.005],
    [8, 1, 0.012],
  ])(
    'is within ten times the tolerance where the blur is far below distances: %s points, %s-D',
    async (count, dimension, blur) => {
      for (const seed of [1, 2, 3]) {
        const [one, other] = [cloud(count, dimension, seed), cloud(count + 3, dimension, 20 + seed, 0.2)];
        const along = directionOf(one, seed).points;
        const solution = await sinkhornDivergence({ backend, blur, onInaccurate: 'ignore' }).solve(one, other);
        const found = await solution.hessianVectorProduct({ points: along });
        const wanted = await solution.hessianVectorProduct(
          { points: along },
          { tolerance: 1e-12, maxIterations: 5000 },
        );
        expect(relative(found.points, wanted.points)).toBeLessThan(1e-2);
      }
    },
  );

  test('says where the steps ran out', async () => {
    const solution = await sinkhornDivergence({ backend, blur: 0.05 }).solve(from, to);
    const { diagnostics } = await solution.hessianVectorProduct({ points }, { maxIterations: 2 });
    expect(diagnostics.iterations).toBe(2);
    expect(diagnostics.converged).toBe(false);
    expect(diagnostics.residual).toBeGreaterThan(diagnostics.tolerance);
  });
});

describe('what is said', () => {
  const loss = sinkhornDivergence({ backend, blur: 0.2 });

  test('of points that coincide, for the cost |x - y|', async () => {
    const on = { ...y, points: Float64Array.of(...x.points.subarray(2, 4), ...y.points.subarray(2)) };
    const solution = await sinkhornDivergence({ backend, blur: 0.2, p: 1 }).solve(x, on);
    const { points, diagnostics } = await solution.hessianVectorProduct({ points: directionOf(x, 3).points });
    expect(points.every(Number.isFinite)).toBe(true);
    expect(diagnostics.coincident).toBe(1);
    const squared = await (await loss.solve(x, on)).hessianVectorProduct({ points: directionOf(x, 3).points });
    expect(squared.diagnostics.coincident).toBe(0);
    const energy = await energyDistance({ backend }).solve(x, on);
    expect((await energy.hessianVectorProduct({ points: directionOf(x, 3).points })).diagnostics.coincident).toBe(1);
  });

  test('of cells: their derivatives are not those at points', async () => {
    const solution = await sinkhornDivergence({ backend, blur: 0.2, strategy: 'multiscale' }).solve(x, y);
    await expect(solution.hessianVectorProduct(directionOf(x, 3))).rejects.toThrow(
      new UnsupportedError(
        "hessianVectorProduct is of points, and this was solved with strategy 'multiscale', on cells: set strategy: 'dense'",
      ),
    );
  });

  test('of roots and of other penalties: their derivatives are others', async () => {
    for (const option of [{ root: true }, { penalty: { kind: 'tv', strength: 0.5 } }] as const) {
      const solution = await sinkhornDivergence({ backend, blur: 0.2, onInaccurate: 'ignore', ...option }).solve(x, y);
      await expect(solution.hessianVectorProduct(directionOf(x, 3))).rejects.toThrow(UnsupportedError);
      await expect(solution.potentialsJvp({ blur: 1 })).rejects.toThrow(UnsupportedError);
    }
  });

  test('of directions that mean nothing', async () => {
    const solution = await loss.solve(x, y);
    const refused = async (direction: object, options?: object) => {
      const given = solution.hessianVectorProduct(direction, options as never);
      return given.then(
        () => new Error('was taken'),
        (error: Error) => error,
      );
    };
    expect(await refused({ points: [1, 2, 3] })).toEqual(
      new InvalidMeasureError('direction.x.points has 3 numbers: give 14, or as many for each of several directions'),
    );
    expect(await refused({ weights: [0, 0, 0, 1, 0, 0, Number.NaN] })).toEqual(
      new InvalidMeasureError('direction.x.weights[6] is NaN: give finite numbers'),
    );
    expect(await refused({ weights: [1, 0, 0, 0, 0, 0, 0] })).toEqual(
      new InvalidMeasureError(
        'direction changes the mass of x by 1 and that of y by 0: where transport is balanced give both the same change, such as 0 by subtracting the mean of weights',
      ),
    );
    expect(await refused({})).toBeInstanceOf(InvalidMeasureError);
    expect(await refused({ point: [1] })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ x: { points: new Float64Array(28) }, y: { points: new Float64Array(12) } })).toEqual(
      new InvalidMeasureError('direction.x.points has 2, y.points has 1: give as many directions in each'),
    );
    expect(await refused({ points: new Float64Array(14) }, { tolerance: 0 })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ points: new Float64Array(14) }, { maxIterations: 0.5 })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ points: new Float64Array(14) }, { accuracy: 1 })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ x: { points: new Float64Array(14) } }, { wrt: 'z' })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ points: new Float64Array(14) }, { wrt: 'y' })).toEqual(
      new InvalidOptionError(
        "wrt is 'y', and the direction is of x alone: give { x: { points } } for products of other sides",
      ),
    );
    const ofKernels = await gaussianMmd({ backend }).solve(x, y);
    await expect(ofKernels.hessianVectorProduct({ points: new Float64Array(14) }, { tolerance: -1 })).rejects.toThrow(
      /^tolerance is -1/,
    );
  });

  test('of losses without second derivatives: they have no such method', async () => {
    const solution = await hausdorffDivergence({ backend }).solve(x, y);
    expect('hessianVectorProduct' in solution).toBe(false);
  });

  test('at an abort: its reason', async () => {
    const solution = await loss.solve(x, y);
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(solution.hessianVectorProduct(directionOf(x, 3), { signal })).rejects.toThrow('no more');
  });
});

describe('parts that exchange next to no mass', () => {
  const numbersOf = (count: number) => Array.from({ length: count }, (_, k) => Math.sin(k));

  /** Two clusters of equal mass that lie apart, in either cloud: nothing has to go from one to the other. */
  const apart = (seed: number, gap: number): TestCloud => {
    const one = cloud(24, 2, seed);
    return {
      ...one,
      points: one.points.map((value, k) => 0.3 * value + (k >= 24 && k % 2 === 0 ? gap : 0)),
      weights: new Float64Array(24).fill(1 / 24),
    };
  };
  const move = directionOf(apart(1, 0), 3).points;
  const productAt = async (gap: number, tolerance: number) => {
    const loss = sinkhornDivergence({ backend, blur: 0.1, method: 'alternating', onInaccurate: 'ignore', tolerance });
    return (await loss.solve(apart(1, gap), apart(2, gap))).hessianVectorProduct({ points: move });
  };

  test('make weights wrong at a loose tolerance, and diagnostics say so; points are right', async () => {
    const [loose, tight] = [await productAt(0.7, 1e-3), await productAt(0.7, 1e-9)];
    expect(relative(loose.points, tight.points)).toBeLessThan(1e-2);
    expect(relative(loose.weights, tight.weights)).toBeGreaterThan(0.1);
    expect(loose.diagnostics).toMatchObject({ converged: true, determined: false });
    expect(loose.diagnostics.smallestEigenvalue).toBeLessThan(1e-4);
    expect(tight.diagnostics.determined).toBe(true);
  });

  test.each([0, 0.3, 0.5])(
    'are not there at a distance of %s: diagnostics say nothing, and weights are right',
    async (gap) => {
      const [loose, tight] = [await productAt(gap, 1e-3), await productAt(gap, 1e-9)];
      expect(loose.diagnostics.determined).toBe(true);
      expect(relative(loose.weights, tight.weights)).toBeLessThan(2e-2);
    },
  );

  test('are told where they are the points themselves', async () => {
    const points = Float64Array.of(0, 0, 1, 0.5);
    const two = { points, dimension: 2, weights: Float64Array.of(0.4, 0.6) };
    const solution = await sinkhornDivergence({ backend, blur: 0.037, p: 1, debias: false }).solve(two, two);
    const { diagnostics } = await solution.hessianVectorProduct({ points: [1, 0, 0, 1] });
    expect(diagnostics.determined).toBe(false);
  });

  test('have right products at the default tolerance where little goes between them', async () => {
    // The residual is small from the first steps on, and the solution is not there yet.
    const [from, to] = [cloud(10, 1, 4), cloud(2, 1, 9)];
    const direction = directionOf(from, 3);
    const loss = sinkhornDivergence({ backend, blur: 0.05, reach: 2 });
    const coarse = await (await loss.solve(from, to)).plan.transpose().applyVjp(numbersOf(10), [1, -1]);
    const fine = await (await loss.solve(from, to)).plan
      .transpose()
      .applyVjp(numbersOf(10), [1, -1], { tolerance: 1e-12 });
    expect(dot(coarse.x.points, direction.points)).toBeCloseTo(dot(fine.x.points, direction.points), 4);
    expect(coarse.diagnostics.smallestEigenvalue).toBeLessThan(0.005);
  });

  describe('are told where nothing of the direction shows them', () => {
    const told = async (from: TestCloud, to: TestCloud, options: Partial<SinkhornDivergenceOptions> = {}) => {
      const solution = await sinkhornDivergence({ backend, blur: 0.1, onInaccurate: 'ignore', ...options }).solve(
        from,
        to,
      );
      const { points } = directionOf(from, 3);
      const { diagnostics } = await solution.potentialsJvp({ x: { points } });
      return diagnostics;
    };
    const clouds = (
      points: readonly number[],
      dimension: number,
      by: number,
      masses: (k: number) => number = () => 1,
    ) => {
      const weights = Float64Array.from({ length: points.length / dimension }, (_, k) => masses(k));
      const total = weights.reduce((sum, weight) => sum + weight);
      const at = (shift: number) => Float64Array.from(points, (value) => value + shift);
      const shares = weights.map((weight) => weight / total);
      return [0, by].map((shift) => ({ points: at(shift), dimension, weights: shares })) as [TestCloud, TestCloud];
    };
    const two = clouds([0, 5], 1, 0.03);
    const circle = (count: number, radius: number) =>
      Array.from(
        { length: 2 * count },
        (_, k) => radius * (k % 2 ? Math.sin : Math.cos)((2 * Math.PI * (k >> 1)) / count),
      );
    const rings = clouds([...circle(8, 0.03), ...circle(60, 3)], 2, 0.01);
    const line = clouds(
      Array.from({ length: 24 }, (_, k) => 5 * (k >> 1) + 0.3 * (k % 2)),
      1,
      0.05,
      (k) => 10 ** -((k >> 1) % 4) * (1 + (k % 2)),
    );

    test.each([
      ['two points', two, {}],
      ['two points, without debiasing', two, { debias: false }],
      ['two points, by sweeps', two, { method: 'alternating' }],
      ['a ring around a ring', rings, {}],
      ['twelve parts of masses from 1 to 1e-3', line, {}],
      ['twelve parts, p = 1', line, { p: 1 }],
      ['twelve parts, a cost of your own', line, { cost: (u, v) => power(distance(u, v), 1.5), p: 1.5, diameter: 60 }],
    ] as [string, [TestCloud, TestCloud], Partial<SinkhornDivergenceOptions>][])(
      '%s',
      async (_, [from, to], options) => {
        expect((await told(from, to, options)).determined).toBe(false);
      },
    );

    test('in float32', async () => {
      for (const [from, to] of [two, rings, line]) {
        expect((await told(from, to, { backend: single, tolerance: 1e-4 })).determined).toBe(false);
      }
    });

    test('in one element of a batch', async () => {
      const joinedOf = (one: TestCloud, other: TestCloud) => ({
        data: Float64Array.of(...one.points, ...other.points),
        shape: [2, 2, 1],
      });
      const [from, to] = two;
      const near = { ...from, points: from.points.map((value) => 0.02 * value) };
      const loss = sinkhornDivergence({ backend, blur: 0.1 });
      const direction = { x: { points: [1, 0, 1, 0] } };
      const mixed = await loss.solve(joinedOf(near, from), joinedOf(near, to));
      expect((await mixed.potentialsJvp(direction)).diagnostics.determined).toBe(false);
      const tied = await loss.solve(joinedOf(near, near), joinedOf(near, near));
      expect((await tied.potentialsJvp(direction)).diagnostics.determined).toBe(true);
    });

    test('where the steps ran out before they saw enough', async () => {
      const solution = await sinkhornDivergence({ backend, blur: 0.05 }).solve(cloud(60, 2, 1), cloud(60, 2, 2));
      const { diagnostics } = await solution.potentialsJvp({ blur: 1 }, { maxIterations: 2 });
      expect(diagnostics).toMatchObject({ smallestEigenvalue: 0, determined: false });
    });

    test('and not where a reach ties each to its place, nor in a single part', async () => {
      for (const [from, to] of [two, rings, line]) {
        expect((await told(from, to, { reach: 0.5 })).determined).toBe(true);
      }
      for (let seed = 1; seed <= 10; seed++) {
        const [from, to] = [cloud(5 * seed, 2, seed), cloud(3 * seed, 2, 50 + seed)];
        expect((await told(from, to, { blur: 0.15 })).determined, `seed ${seed}`).toBe(true);
      }
      const one = clouds([0, 0], 2, 1);
      expect((await told(...one)).determined).toBe(true);
    });
  });

  test('are told at any distance', async () => {
    for (const gap of [1, 2, 5]) expect((await productAt(gap, 1e-3)).diagnostics.determined).toBe(false);
  });
});
