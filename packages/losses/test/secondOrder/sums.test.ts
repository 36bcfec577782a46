import { cpu } from '@sinkhorn/backend-cpu';
import {
  combine,
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  kernelMmd,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { cloud } from '../support/clouds.js';
import { differenced, directionOf, dot, gradientsAlong, relative } from '../support/directions.js';

const backend = cpu();
const exact = { backend, tolerance: 1e-12, maxIterations: 50_000, onInaccurate: 'ignore', blur: 0.4 } as const;
const x = cloud(7, 3, 1);
const y = cloud(6, 3, 2, 0.3);
const [dx, dy] = [directionOf(x, 3), directionOf(y, 4)];

const { add, div, squaredDistance } = formula;
const sum = combine([
  { loss: sinkhornDivergence(exact), weight: 2 },
  { loss: gaussianMmd({ backend, blur: 0.5 }), weight: -1 },
  { loss: kernelMmd({ backend, kernel: (u, v) => div(1, add(1, squaredDistance(u, v))) }) },
]);

test.each([
  ['combine', sum],
  ['perFeature', perFeature(sinkhornDivergence(exact), [2, [0, 1], 0])],
  ['perFeature of combine', perFeature(sum, [[2, 1]])],
])('products of %s with the Hessian are those of central differences', async (_, loss) => {
  const solution = await loss.solve(x, y);
  const product = await solution.hessianVectorProduct({ x: dx, y: dy }, { tolerance: 1e-12 });
  const expected = await differenced(gradientsAlong(loss, [x, dx], [y, dy]));
  const mean = (values: ArrayLike<number>) => dot(values, new Float64Array(values.length).fill(1 / values.length));
  // Gradients in weights hold up to a number.
  const centred = (values: ArrayLike<number>) => Float64Array.from(values, (value) => value - mean(values));
  expect(relative(product.x?.points ?? [], expected[0])).toBeLessThan(1e-7);
  expect(relative(centred(product.x?.weights ?? []), centred(expected[1]))).toBeLessThan(1e-7);
  expect(relative(product.y?.points ?? [], expected[2])).toBeLessThan(1e-7);
  expect(relative(centred(product.y?.weights ?? []), centred(expected[3]))).toBeLessThan(1e-7);
  const curvature =
    dot(product.x?.points ?? [], dx.points) +
    dot(product.x?.weights ?? [], dx.weights) +
    dot(product.y?.points ?? [], dy.points) +
    dot(product.y?.weights ?? [], dy.weights);
  expect(product.diagnostics.curvature[0]).toBeCloseTo(curvature, 10);
  expect(product.diagnostics).toMatchObject({ converged: true, determined: true });

  const own = await solution.hessianVectorProduct({ points: [...dx.points, ...dx.points.map((value) => -value)] });
  expect(own.points).toHaveLength(42);
  expect(own.points[21]).toBeCloseTo(-own.points[0], 12);
  expect(
    relative(solution.hessianVectorProductSync({ points: dx.points }).points, own.points.subarray(0, 21)),
  ).toBeLessThan(1e-6);
});

describe('parameters of sums', () => {
  const { distance, exp, mul, neg, power, square, sub, sum: total } = formula;
  const scaled = sinkhornDivergence({
    ...exact,
    p: 1.5,
    cost: (u, v, { scale, along }) => mul(scale, power(add(0.1, total(mul(exp(along), square(sub(u, v))))), 0.75)),
    parameters: { scale: 1.2, along: [0.2, -0.3, 0.1] },
  });
  const kernel = kernelMmd({
    backend,
    kernel: (u, v, { scale, width }) => mul(scale, exp(neg(mul(width, squaredDistance(u, v))))),
    parameters: { scale: 0.8, width: 1.5 },
  });
  const names = ['scale', 'along', 'width'];
  const flat = (named: Readonly<Record<string, Float64Array>> | undefined) =>
    names.flatMap((name) => Array.from(named?.[name] ?? []));
  const values = (by: number) => ({ scale: 1.1 + 0.3 * by, along: [0.1 - by, 0.2, -0.4 * by], width: 1 + 0.5 * by });
  const change = { scale: 0.3, along: [-1, 0, -0.4], width: 0.5 };
  const parameters = values(0);

  test('a name is one parameter in all terms: gradients and products are those of central differences', async () => {
    const loss = combine([
      { loss: scaled, weight: 2 },
      { loss: kernel, weight: -1 },
      { loss: gaussianMmd({ backend, blur: 0.5 }) },
    ]);
    const found = await loss.valueAndGradients(x, y, { parameters });
    const [[slope]] = await differenced(async (by) => [[Number(await loss.value(x, y, { parameters: values(by) }))]]);
    expect(dot(flat(found.parameters), flat(asArrays(change))) / slope).toBeCloseTo(1, 8);
    const solution = await loss.solve(x, y, { parameters });
    expect((await solution.gradients()).parameters).toEqual(found.parameters);
    const product = await solution.hessianVectorProduct({ x: dx, parameters: change }, { tolerance: 1e-12 });
    const expected = await differenced(async (by) => {
      const at = {
        ...x,
        points: x.points.map((v, k) => v + by * dx.points[k]),
        weights: x.weights.map((v, k) => v + by * dx.weights[k]),
      };
      const one = await loss.valueAndGradients(at, y, { parameters: values(by) });
      return [one.x.points, flat(one.parameters)];
    });
    expect(relative(product.x?.points ?? [], expected[0])).toBeLessThan(1e-7);
    expect(relative(flat(product.parameters), expected[1])).toBeLessThan(1e-7);
    // Of the kernel's width alone, the other terms have no part.
    const alone = await solution.hessianVectorProduct({ parameters: { width: 1 } }, { wrt: 'x' });
    const ofKernel = await (await kernel.solve(x, y, { parameters: { scale: 1.1, width: 1 } })).hessianVectorProduct(
      { parameters: { width: 1 } },
      { wrt: 'x' },
    );
    expect(relative(alone.x?.points ?? [], ofKernel.x?.points.map((v) => -v) ?? [])).toBeLessThan(1e-12);
    expect(alone.parameters?.width[0]).toBeCloseTo(-Number(ofKernel.parameters?.width[0]), 12);
  });

  test('each group of features reads the same ones', async () => {
    const loss = perFeature(
      sinkhornDivergence({
        ...exact,
        p: 1,
        cost: (u, v, { scale }) => mul(scale, distance(u, v)),
        parameters: { scale: 1 },
      }),
      [2, [0, 1]],
    );
    const at = (scale: number) => ({ parameters: { scale } });
    const { parameters: gradient } = await loss.valueAndGradients(x, y, at(1.3));
    const [[slope]] = await differenced(async (by) => [[Number(await loss.value(x, y, at(1.3 + by)))]]);
    expect(gradient?.scale[0]).toBeCloseTo(slope, 8);
    const { parameters: second } = await (await loss.solve(x, y, at(1.3))).hessianVectorProduct(
      { parameters: { scale: 1 } },
      { tolerance: 1e-12 },
    );
    const [[curvature]] = await differenced(async (by) => [
      (await loss.valueAndGradients(x, y, at(1.3 + by))).parameters?.scale ?? [],
    ]);
    expect(second?.scale[0]).toBeCloseTo(curvature, 7);
    const target = loss.target(y);
    expect(await target.value(x, at(1.3))).toBeCloseTo(Number(await loss.value(x, y, at(1.3))), 12);
  });

  test('are refused where no term has them, or terms mean different ones', async () => {
    const loss = combine([{ loss: scaled }, { loss: kernel }]);
    await expect(loss.value(x, y, { parameters: { wide: 1 } })).rejects.toThrow(/'wide'.*scale, along, width/);
    await expect(loss.value(x, y, { parameters: { width: Number.NaN } })).rejects.toThrow(/width has NaN at 0/);
    const other = kernelMmd({
      backend,
      kernel: (u, v, { along }) => exp(neg(mul(exp(along), squaredDistance(u, v)))),
      parameters: { along: 1 },
    });
    const twice = combine([{ loss: scaled }, { loss: other }]);
    await expect(twice.valueAndGradients(x, y)).rejects.toThrow(
      /parameters.along has 1 numbers in term 1 and 3 before/,
    );
    await expect(sum.value(x, y, { parameters: { scale: 1 } })).rejects.toThrow(/combine was made without/);
  });
});

const asArrays = (values: Readonly<Record<string, number | readonly number[]>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float64Array.from([value].flat())]));

test('what has no Hessian, and parameters that no loss has, are refused by name', async () => {
  const loss = combine([{ loss: energyDistance({ backend }) }, { loss: hausdorffDivergence(exact) }]);
  const solution = await loss.solve(x, y);
  await expect(solution.hessianVectorProduct({ points: dx.points })).rejects.toThrow(
    /hessianVectorProduct.*hausdorffDivergence has none/,
  );
  const known = await sum.solve(x, y);
  await expect(known.hessianVectorProduct({ parameters: { scale: 1 } })).rejects.toThrow(
    /'scale': the losses were made with none/,
  );
  await expect(
    perFeature(energyDistance({ backend }), [0])
      .solve(x, y)
      .then((one) => one.hessianVectorProduct({ points: [1] })),
  ).rejects.toThrow(/points has 1 numbers: give 21/);
});
