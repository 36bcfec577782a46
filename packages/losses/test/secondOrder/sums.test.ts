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
  UnsupportedError,
} from '@sinkhorn/losses';
import { expect, test } from 'vitest';
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

test('what has no Hessian, and parameters, are refused by name', async () => {
  const loss = combine([{ loss: energyDistance({ backend }) }, { loss: hausdorffDivergence(exact) }]);
  const solution = await loss.solve(x, y);
  await expect(solution.hessianVectorProduct({ points: dx.points })).rejects.toThrow(
    /hessianVectorProduct.*hausdorffDivergence has none/,
  );
  const known = await sum.solve(x, y);
  await expect(known.hessianVectorProduct({ parameters: { scale: 1 } })).rejects.toThrow(UnsupportedError);
  await expect(
    perFeature(energyDistance({ backend }), [0])
      .solve(x, y)
      .then((one) => one.hessianVectorProduct({ points: [1] })),
  ).rejects.toThrow(/points has 1 numbers: give 21/);
});
