import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import type { Expression } from '@sinkhorn/core';
import {
  type Backend,
  combine,
  energyDistance,
  formula,
  hausdorffDivergence,
  InvalidMeasureError,
  InvalidOptionError,
  kernelMmd,
  type ParameterValues,
  type ParametricFormula,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { planPerplexity, transportCost } from '@sinkhorn/losses/plan';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adjointErrors } from '../../../../tests/support/adjointErrors.js';
import { cloud } from '../support/clouds.js';
import { dot, relative } from '../support/directions.js';
import { float32Alone } from './problems.js';

const { add, distance, dot: product, exp, mul, neg, power, square, squaredDistance, sub, sum } = formula;

const exact = { tolerance: 1e-12, maxIterations: 50_000, onInaccurate: 'ignore', blur: 0.4 } as const;
const x = cloud(7, 2, 1);
const y = cloud(6, 2, 2, 0.3);
const heavy = cloud(7, 2, 1, 0, 1.7);

/** A number, a vector and a matrix in one cost, which is not a square of anything. */
const cost: ParametricFormula = (u, v, { scale, along, mixed }) => {
  const way = sub(u, v);
  const rows: Expression[] = mixed.map((row: Expression) => square(product(row, way)));
  const all = rows.reduce((total, one) => add(total, one));
  return add(mul(scale, power(add(0.01, all), 0.75)), sum(mul(exp(along), square(way))));
};
const parameters = {
  scale: 1.3,
  along: [0.2, -0.4],
  mixed: [
    [1, 0.3],
    [-0.2, 0.8],
    [0.1, 0.1],
  ],
};
const names = ['scale', 'along', 'mixed'] as const;

/** The parameters with one of their numbers moved, counted in their order. */
function movedBy(step: readonly number[]): typeof parameters {
  const [scale, a, b, ...rest] = step;
  return {
    scale: parameters.scale + scale,
    along: [parameters.along[0] + a, parameters.along[1] + b],
    mixed: parameters.mixed.map((row, r) => row.map((value, c) => value + rest[2 * r + c])),
  };
}
const flat = (named: Readonly<Record<string, Float64Array>> | undefined) =>
  names.flatMap((name) => Array.from(named?.[name] ?? []));
const named = ([scale, a, b, ...mixed]: readonly number[]) => ({ scale, along: [a, b], mixed });

const direction = [0.3, -0.5, 0.2, 0.4, -0.1, 0.25, 0.6, -0.3, 0.15];
const moveX = Array.from({ length: 14 }, (_, k) => Math.sin(k + 1));
/** Central differences of fourth order, along the direction of all parameters. */
const alongDirection = async (of: (parameters: ParameterValues, share: number) => Promise<ArrayLike<number>>) => {
  const step = 1e-3;
  const at = async (share: number) =>
    Float64Array.from(await of(movedBy(direction.map((value) => share * step * value)), share * step));
  const [a, b, c, d] = [await at(-2), await at(-1), await at(1), await at(2)];
  return a.map((_, i) => (a[i] - 8 * b[i] + 8 * c[i] - d[i]) / (12 * step));
};

const variants: [string, Partial<SinkhornDivergenceOptions>, typeof x][] = [
  ['debiased', {}, x],
  ['not debiased', { debias: false }, x],
  ['unbalanced', { reach: { x: 1, y: 2 } }, heavy],
  ['unbalanced and not debiased', { debias: false, reach: 1.5 }, heavy],
  ['of shares', { normalize: true }, heavy],
  ['by sweeps', { method: 'alternating' }, x],
];

describe.each(variants)('parameters of a cost, %s', (_, options, from) => {
  const loss = sinkhornDivergence({ backend: cpu(), ...exact, cost, parameters, p: 1.5, ...options });

  test('have the gradients of central differences', async () => {
    const { parameters: gradient, x: gradientX } = await loss.valueAndGradients(from, y);
    expect(gradientX.points.length).toBe(14);
    const [slope] = await alongDirection(async (parameters) => [Number(await loss.value(from, y, { parameters }))]);
    expect(dot(flat(gradient), direction) / slope).toBeCloseTo(1, 8);
  });

  test('have the second derivatives of central differences, mixed ones too', async () => {
    const solution = await loss.solve(from, y);
    const { x: ofX, parameters: ofParameters } = await solution.hessianVectorProduct(
      { x: { points: moveX }, parameters: named(direction) },
      { tolerance: 1e-12 },
    );
    const moved = (share: number) => ({ ...from, points: from.points.map((value, k) => value + share * moveX[k]) });
    const expectedX = await alongDirection(
      async (parameters, share) => (await loss.valueAndGradients(moved(share), y, { parameters })).x.points,
    );
    const expected = await alongDirection(async (parameters, share) =>
      flat((await loss.valueAndGradients(moved(share), y, { parameters })).parameters),
    );
    expect(relative(ofX?.points ?? [], expectedX)).toBeLessThan(1e-7);
    expect(relative(Float64Array.from(flat(ofParameters)), expected)).toBeLessThan(1e-7);
  });

  test('move potentials and maps as central differences say, and backwards it is the same', async () => {
    const solution = await loss.solve(from, y);
    const along = { parameters: named(direction) };
    const tight = { tolerance: 1e-12 };
    const potentials = await solution.potentialsJvp(along, tight);
    const map = await solution.plan.barycentricMapJvp(along, tight);
    const values = Array.from({ length: 12 }, (_, k) => Math.cos(k));
    const applied = await solution.plan.applyJvp(values, along, tight);
    const solved = async (parameters: ParameterValues) => loss.solve(from, y, { parameters });
    const of = {
      f: await alongDirection(async (at) => (await solved(at)).potentials.f_ba),
      map: await alongDirection(async (at) => (await solved(at)).plan.barycentricMap()),
      applied: await alongDirection(async (at) => (await solved(at)).plan.apply(values)),
    };
    expect(relative(potentials.f_ba, of.f)).toBeLessThan(1e-7);
    expect(relative(map.values, of.map)).toBeLessThan(1e-7);
    expect(relative(applied.values, of.applied)).toBeLessThan(1e-7);

    const cotangent = Float64Array.from({ length: 14 }, (_, k) => Math.sin(3 * k));
    const backF = await solution.potentialsVjp({ f_ba: cotangent.subarray(0, 7) }, tight);
    const backMap = await solution.plan.barycentricMapVjp(cotangent, tight);
    const backApplied = await solution.plan.applyVjp(values, cotangent, tight);
    expect(backMap.x.points.length).toBe(14);
    expect(dot(flat(backF.parameters), direction)).toBeCloseTo(dot(cotangent.subarray(0, 7), potentials.f_ba), 9);
    expect(dot(flat(backMap.parameters), direction)).toBeCloseTo(dot(cotangent, map.values), 9);
    expect(dot(flat(backApplied.parameters), direction)).toBeCloseTo(dot(cotangent, applied.values), 9);
  });
});

test.each([
  ['a Hausdorff divergence', hausdorffDivergence({ backend: cpu(), ...exact, cost, parameters, p: 1.5 })],
  ['a kernel norm', kernelMmd({ backend: cpu(), parameters, kernel: (u, v, given) => exp(neg(cost(u, v, given))) })],
])('parameters of %s have the gradients of central differences', async (_, loss) => {
  const { parameters: gradient } = await loss.valueAndGradients(x, y);
  const [slope] = await alongDirection(async (parameters) => [Number(await loss.value(x, y, { parameters }))]);
  expect(dot(flat(gradient), direction) / slope).toBeCloseTo(1, 8);
});

test('products with the Hessian of a kernel norm are there in parameters', async () => {
  const loss = kernelMmd({ backend: cpu(), parameters, kernel: (u, v, given) => exp(neg(cost(u, v, given))) });
  const { parameters: product, diagnostics } = await (await loss.solve(x, y)).hessianVectorProduct({
    parameters: named(direction),
  });
  const expected = await alongDirection(async (parameters) =>
    flat((await loss.valueAndGradients(x, y, { parameters })).parameters),
  );
  expect(relative(Float64Array.from(flat(product)), expected)).toBeLessThan(1e-8);
  expect(diagnostics.curvature[0]).toBeCloseTo(dot(direction, expected), 9);
});

test('one of a kind: a number, several directions, a batch, a target, points elsewhere, a start', async () => {
  const options = { backend: cpu(), ...exact, p: 1 } as const;
  const loss = sinkhornDivergence({
    ...options,
    cost: (u, v, { scale }) => mul(scale, distance(u, v)),
    parameters: { scale: 2 },
  });
  const plain = (scale: number) => sinkhornDivergence({ ...options, cost: (u, v) => mul(scale, distance(u, v)) });
  const solution = await loss.solve(x, y, { parameters: { scale: 3 } });
  const same = await plain(3).solve(x, y);
  expect(Number(solution.value)).toBeCloseTo(Number(same.value), 12);
  expect(await solution.plan.barycentricMap()).toHaveLength(14);
  expect(relative(await solution.plan.barycentricMap(), await same.plan.barycentricMap())).toBeLessThan(1e-10);
  expect(
    relative(await solution.plan.transpose().barycentricMap(), await same.plan.transpose().barycentricMap()),
  ).toBeLessThan(1e-10);
  const elsewhere = [[0.1, 0.2]];
  expect((await solution.potentialsAt(elsewhere)).cross[0]).toBeCloseTo(
    (await same.potentialsAt(elsewhere)).cross[0],
    10,
  );
  const target = loss.target(y);
  expect(await target.value(x)).toBeCloseTo(Number(await plain(2).value(x, y)), 12);
  expect(await target.value(x, { parameters: { scale: 3 } })).toBeCloseTo(Number(same.value), 12);
  const again = await loss.solve(x, y, { start: solution, parameters: { scale: 3.01 } });
  expect(Number(again.value)).toBeCloseTo(Number(await plain(3.01).value(x, y)), 11);

  const two = await solution.hessianVectorProduct({
    points: [...moveX, ...moveX.map((value) => 2 * value)],
    parameters: { scale: [0, 0] },
  });
  expect(two.points).toHaveLength(28);
  expect(two.parameters?.scale[1]).toBeCloseTo(2 * Number(two.parameters?.scale[0]), 9);

  const batch = { data: Float32Array.from([...x.points, ...x.points]), shape: [2, 7, 2] };
  const other = { data: Float32Array.from([...y.points, ...y.points.map((value) => value + 1)]), shape: [2, 6, 2] };
  const { value, x: ofX, parameters: ofBatch } = await loss.valueAndGradients(batch, other);
  expect(value).toHaveLength(2);
  expect(ofX.points).toBeInstanceOf(Float32Array);
  expect(ofBatch?.scale).toHaveLength(2);
  const single = await loss.valueAndGradients(
    { points: batch.data.subarray(14), dimension: 2 },
    { points: other.data.subarray(12), dimension: 2 },
  );
  expect(ofBatch?.scale[1]).toBeCloseTo(Number(single.parameters?.scale[0]), 10);
  const summed = combine([{ loss }, { loss: energyDistance({ backend: cpu() }) }]);
  expect(Number(await summed.value(x, y))).toBeGreaterThan(Number(await loss.value(x, y)));
});

describe('on a backend that compiles', () => {
  let devices: Backend[];
  beforeAll(async () => {
    devices = [await wasm({ threads: 1, precision: 'float64' }), await wasm({ threads: 1, precision: 'float32' })];
  });
  afterAll(() => {
    for (const device of devices) device.dispose();
  });

  test('derivatives forwards and backwards are the same to 1e-10 in float64 and to 1e-4 in float32, in everything', async () => {
    const single = await float32Alone();
    for (const [device, limit, tolerance] of [
      [cpu(), 1e-10, 1e-12],
      [devices[0], 1e-10, 1e-12],
      [devices[1], 1e-4, 1e-6],
      [single, 1e-4, 1e-6],
    ] as const) {
      for (const [name, errors] of Object.entries(await adjointErrors(device, tolerance))) {
        for (const error of errors) expect(error, name).toBeLessThan(limit);
      }
    }
    single.dispose();
  });

  test('parameters give what they do in float64, and other values compile nothing', async () => {
    const options = { ...exact, cost, parameters, p: 1.5, method: 'alternating', tolerance: 1e-6 } as const;
    const reference = await sinkhornDivergence({ ...options, backend: cpu() }).valueAndGradients(x, y);
    for (const [k, device] of devices.entries()) {
      const loss = sinkhornDivergence({ ...options, backend: device });
      const found = await loss.valueAndGradients(x, y);
      expect(relative(flat(found.parameters), flat(reference.parameters))).toBeLessThan([1e-9, 1e-3][k]);
      let modules = 0;
      const { Module } = WebAssembly;
      WebAssembly.Module = new Proxy(Module, {
        construct(target, given, self) {
          modules += 1;
          return Reflect.construct(target, given, self);
        },
      });
      try {
        await loss.valueAndGradients(x, y, { parameters: movedBy(direction) });
        expect(modules).toBe(0);
        await sinkhornDivergence({ ...options, backend: device, cost: squaredDistance, parameters: undefined }).value(
          x,
          y,
        );
        expect(modules).toBeGreaterThan(0);
      } finally {
        WebAssembly.Module = Module;
      }
    }
  });
});

test('what a solution says elsewhere, and of its plan, is that of points that were scaled', async () => {
  const options = { backend: cpu(), blur: 0.4, debias: false } as const;
  const scales = [1.5, 0.6];
  const squares: ParametricFormula = (u, v, { scale }) => mul(0.5, sum(square(mul(scale, sub(u, v)))));
  const scaled = (points: ArrayLike<number>, by: (scale: number) => number = (scale) => scale) =>
    Float64Array.from(points, (value, k) => value * by(scales[k % 2]));
  const back = (points: ArrayLike<number>) => scaled(points, (scale) => 1 / scale);
  const solution = await sinkhornDivergence({ ...options, cost: squares, parameters: { scale: [1, 1] } }).solve(x, y, {
    parameters: { scale: scales },
  });
  const reference = await sinkhornDivergence(options).solve(
    { ...x, points: scaled(x.points) },
    { ...y, points: scaled(y.points) },
  );
  const at = { points: Float64Array.of(0.1, 0.2, -0.3, 0.9), dimension: 2 };
  const there = { ...at, points: scaled(at.points) };
  expect(relative(await solution.map(at), back(await reference.map(there)))).toBeLessThan(1e-9);
  expect(relative(solution.mapSync(at, { side: 'y' }), back(reference.mapSync(there, { side: 'y' })))).toBeLessThan(
    1e-9,
  );
  const between = await solution.interpolate(0.3);
  expect(between.dimension).toBe(2);
  expect(relative(between.points, back((await reference.interpolate(0.3)).points))).toBeLessThan(1e-9);
  expect(relative(solution.potentialsAtSync(at).cross, reference.potentialsAtSync(there).cross)).toBeLessThan(1e-9);
  expect(await transportCost(solution)).toBeCloseTo(Number(await transportCost(reference)), 9);
  expect(await planPerplexity(solution)).toBeCloseTo(Number(await planPerplexity(reference)), 9);
  await expect(solution.map([[1]])).rejects.toThrow(/points have 1 coordinates, and x has 2/);
});

test('what is wrong with parameters is said', async () => {
  const loss = sinkhornDivergence({ backend: cpu(), cost, parameters });
  await expect(loss.value(x, y, { parameters: { scales: 2 } })).rejects.toThrow(/'scales'.*scale, along, mixed/);
  await expect(loss.value(x, y, { parameters: { along: [1, 2, 3] } })).rejects.toThrow(
    /along is of shape \[3\].*\[2\]/,
  );
  await expect(loss.value(x, y, { parameters: { along: [1, Number.NaN] } })).rejects.toThrow(/along has NaN at 1/);
  await expect(sinkhornDivergence({ backend: cpu(), cost, parameters: {} }).value(x, y)).rejects.toThrow(
    InvalidOptionError,
  );
  await expect(
    sinkhornDivergence({ backend: cpu(), cost, parameters: { ...parameters, mixed: [[1, 2], [3]] } }).value(x, y),
  ).rejects.toThrow(/mixed\[1\] has 1 numbers/);
  await expect(
    sinkhornDivergence({ backend: cpu(), cost, parameters: { scale: 1, mixed: [[1, 2]] } }).value(x, y),
  ).rejects.toThrow(/cost reads the parameter 'along', and parameters has scale, mixed/);
  expect(() => sinkhornDivergence({ backend: cpu(), parameters })).toThrow(/parameters need a cost that reads them/);
  expect(() => sinkhornDivergence({ backend: cpu(), cost, parameters, blur: -1 })).toThrow(/blur is -1/);
  await expect(energyDistance({ backend: cpu() }).value(x, y, { parameters: { scale: 1 } })).rejects.toThrow(
    /energyDistance was made without/,
  );
  for (const none of [3, null, [1], {}]) {
    await expect(loss.value(x, y, { parameters: none as never })).rejects.toThrow(/parameters is no object of numbers/);
  }
  await expect(loss.value(x, y, { parameters: { scale: '2' as never } })).rejects.toThrow(
    /scale is '2': give a number/,
  );
  await expect(
    sinkhornDivergence({ backend: cpu(), cost, parameters: { ...parameters, along: [1, 2, 3] } }).value(x, y),
  ).rejects.toThrow(/cost, for points of 2 coordinates: .*parameters.along is of shape \[3\]/);
  await expect(loss.value(x, y, { parameters: { mixed: [] } })).rejects.toThrow(/mixed is an empty list: give/);
  await expect(loss.value(x, y, { parameters: { along: [[[1]]] as never } })).rejects.toThrow(
    /along\[0\] has a list at 0/,
  );
  for (const parameters of [undefined, null]) {
    for (const made of [
      sinkhornDivergence({ backend: cpu(), cost, parameters: parameters as never }),
      hausdorffDivergence({ backend: cpu(), cost, parameters: parameters as never }),
      kernelMmd({ backend: cpu(), kernel: cost, parameters: parameters as never }),
      combine([{ loss: sinkhornDivergence({ backend: cpu(), cost, parameters: parameters as never }) }]),
    ] as const) {
      await expect(made.value(x, y)).rejects.toThrow(
        parameters === null
          ? new InvalidOptionError('parameters is no object of numbers: give names and values, such as { scale: 2 }')
          : /^(cost|kernel) reads parameters, its third argument, and there are none \(.*'scale'.*\): give parameters/,
      );
    }
  }
  const solution = await loss.solve(x, y);
  const sum = await combine([{ loss }, { loss: energyDistance({ backend: cpu() }) }]).solve(x, y);
  for (const { hessianVectorProduct } of [solution, sum]) {
    for (const none of [null, 3, [1]]) {
      await expect(hessianVectorProduct(none as never)).rejects.toThrow(/^direction is/);
      await expect(hessianVectorProduct({ parameters: none as never })).rejects.toThrow(/^direction.parameters is/);
    }
  }
  await expect(sum.hessianVectorProduct({ parameters: {} })).rejects.toThrow(/^direction is empty/);
  await expect(sum.hessianVectorProduct({ points: [null] as never })).rejects.toThrow(InvalidMeasureError);
  await expect(solution.hessianVectorProduct({ x: { points: moveX } }, { wrt: 'z' as never })).rejects.toThrow(
    /^wrt is 'z': it is one of x, y, both/,
  );
  await expect(solution.hessianVectorProduct({ points: moveX }, { wrt: 'both' })).rejects.toThrow(/of x alone/);
  await expect(solution.hessianVectorProduct({ points: moveX }, 3 as never)).rejects.toThrow(/^options is 3/);
  await expect(solution.plan.barycentricMapVjp(null as never)).rejects.toThrow(/^cotangent is no list/);
  await expect(solution.plan.barycentricMapVjp([...moveX.slice(1), Number.NaN])).rejects.toThrow(
    'cotangent[13] is NaN',
  );
  await expect(solution.hessianVectorProduct({ parameters: { along: [1, Number.NaN] } })).rejects.toThrow(
    /direction.parameters.along\[1\] is NaN/,
  );
  await expect(solution.hessianVectorProduct({ parameters: { scales: 1 } })).rejects.toThrow(/scales: there are scale/);
  await expect(solution.potentialsJvp({ parameters: { along: [1] } })).rejects.toThrow(InvalidMeasureError);
  await expect(
    solution.potentialsJvp({ x: { points: [...moveX, ...moveX] }, parameters: { scale: 1 } }),
  ).rejects.toThrow(/parameters.scale has 1, x.points has 2/);
  const plain = await sinkhornDivergence({ backend: cpu() }).solve(x, y);
  await expect(plain.hessianVectorProduct({ points: moveX, parameters: { scale: 1 } })).rejects.toThrow(/parameters/);
});
