import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { InvalidMeasureError, InvalidOptionError, type Measure } from '@sinkhorn/core';
import { afterAll, describe, expect, it } from 'vitest';
import { exactTransport } from '../src/exact/index.js';
import { gaussianTransport } from '../src/gaussian/index.js';
import {
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
} from '../src/index.js';
import { transportOnLine } from '../src/line/index.js';
import { slicedWasserstein } from '../src/sliced/index.js';

const reference = cpu();
const float32 = await wasm({ threads: 1 });
afterAll(() => float32.dispose?.());

/** A loss for coordinates of a size, and the power of it that values grow with. */
type Case = [string, (unit: number) => Pick<Loss, 'value'>, number];
const ofBackend = (name: string, backend: typeof reference): Case[] => [
  [`sinkhornDivergence on ${name}`, (unit) => sinkhornDivergence({ backend, blur: unit / 10 }), 2],
  [`sinkhornDivergence of p 1 on ${name}`, (unit) => sinkhornDivergence({ backend, p: 1, blur: unit / 10 }), 1],
  [`hausdorffDivergence on ${name}`, (unit) => hausdorffDivergence({ backend, p: 1, blur: unit / 10 }), 1],
  [`energyDistance on ${name}`, () => energyDistance({ backend }), 1],
  [`gaussianMmd on ${name}`, (unit) => gaussianMmd({ backend, blur: unit }), 0],
  [`laplacianMmd on ${name}`, (unit) => laplacianMmd({ backend, blur: unit }), 0],
];
const cases: Case[] = [
  ...ofBackend('cpu', reference),
  ...ofBackend('wasm', float32),
  ['transportOnLine', () => transportOnLine(), 2],
  ['exactTransport', () => exactTransport(), 2],
  ['slicedWasserstein', () => slicedWasserstein({ directions: 3, seed: 1 }), 2],
];
const clouds = (unit: number): [Measure, Measure] => [
  [[0], [1], [3]].map(([value]) => [value * unit]),
  [[2], [2.5], [7]].map(([value]) => [value * unit]),
];

describe.each(cases)('%s', (_name, lossFor, degree) => {
  it.each([1e-70, 1e70])('is right for coordinates of about %j', async (unit) => {
    const truth = await lossFor(1).value(...clouds(1));
    const value = await lossFor(unit).value(...clouds(unit));
    expect(Number(value) / unit ** degree / Number(truth)).toBeCloseTo(1, 3);
  });

  it.each([1e-200, 1e-80, 1e80, 1e200])('refuses coordinates of about %j, with a remedy', async (unit) => {
    const refused = lossFor(1).value(...clouds(unit));
    await expect(refused).rejects.toThrow(InvalidMeasureError);
    await expect(refused).rejects.toThrow(/^x.*rescale the coordinates to about 1/);
  });
});

it('names the coordinate that is too large, and takes tiny ones beside others', async () => {
  const loss = energyDistance({ backend: reference });
  const large = { points: [0, 0, 1, -1e90], dimension: 2 };
  await expect(loss.value([[0, 0]], large)).rejects.toThrow('y: coordinate 1 of point 1 is -1e+90: rescale');
  expect(await loss.value([[1e-200]], [[1]])).toBe(1);
  expect(await loss.value([[5, 1e-200]], [[5, 1e-200]])).toBe(0);
  await expect(loss.value([[5, 1e-200]], [[5, 3e-200]])).rejects.toThrow('x and y lie within 2e-200: rescale');
});

it('refuses grids whose nodes are too far, or too near', async () => {
  const on = (spacing: number) => ({ grid: [1, 2, 3], shape: [3], spacing });
  const loss = energyDistance({ backend: reference, normalize: true });
  await expect(loss.value(on(1e90), on(1e90))).rejects.toThrow(/^x has a node at 2e\+90: rescale/);
  await expect(loss.value(on(1e-90), { ...on(1e-90), grid: [3, 2, 1] })).rejects.toThrow(/lie within 2e-90: rescale/);
});

it.each([
  ['a blur', () => gaussianMmd({ backend: reference, blur: 1e-200 }), 'blur'],
  ['a blur', () => laplacianMmd({ backend: reference, blur: 1e200 }), 'blur'],
  ['a reach', () => sinkhornDivergence({ backend: reference, reach: 1e200 }), 'reach'],
])('refuses %s whose powers leave the range of float64', (_what, make, name) => {
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(new RegExp(`${name}\\^p out of range: rescale`));
});

it('a value that is none is an error: float32 cannot hold the squares of such lengths', async () => {
  const cost = formula.squaredDistance;
  const loss = sinkhornDivergence({ backend: float32, cost, blur: 1e29, method: 'alternating' });
  await expect(loss.value(...clouds(1e30))).rejects.toThrow('no finite value: rescale');
});

it('sweeps with a cost of your own tell that a blur far beyond it leaves no digits', async () => {
  const cost = formula.squaredDistance;
  const loss = sinkhornDivergence({ backend: reference, cost, blur: 1e10, method: 'alternating' });
  expect((await loss.solve(...clouds(1))).diagnostics.accurate).toBe(false);
});

it.each([1e-70, 1e-30, 1, 1e30, 1e70])('transport between Gaussians of widths of about %j', (unit) => {
  const of = (mean: number, width: number) => ({
    mean: [0, mean * unit],
    covariance: [
      [2 * width * unit ** 2, 0.3 * unit ** 2],
      [0.3 * unit ** 2, width * unit ** 2],
    ],
  });
  // By hand: with A, B the covariances of 2 x 2, tr (A^1/2 B A^1/2)^1/2 = sqrt(tr(A B) + 2 sqrt(det A det B)).
  const trace = 2 * 4 + 0.3 * 0.3 * 2 + 1 * 2;
  const root = Math.sqrt(trace + 2 * Math.sqrt((2 - 0.09) * (8 - 0.09)));
  const truth = (1 + 3 + 6 - 2 * root) / 2;
  expect(gaussianTransport(of(0, 1), of(1, 2)).value / unit ** 2).toBeCloseTo(truth, 12);
});

it('refuses Gaussians too wide, or too narrow for products of their covariances', () => {
  const wide = { mean: [0], covariance: [[1e160]] };
  expect(() => gaussianTransport(wide, wide)).toThrow('x.covariance[0][0] is 1e+160: rescale');
  const narrow = { mean: [0], covariance: [[1e-160]] };
  expect(() => gaussianTransport(narrow, { ...narrow, mean: [1] })).toThrow(/too little for products: rescale/);
});

describe('points that are all in one place, at a blur of thousands, where masses may differ', () => {
  const place = (count: number, heavy: number) => ({
    points: Float32Array.from({ length: count }, () => 0.62),
    dimension: 1,
    weights: Array.from({ length: count }, (_, k) => (k === heavy ? 1 : 1e-6)),
  });
  const options = { backend: reference, p: 1, blur: 4700, reach: 2.7, debias: false, onInaccurate: 'ignore' } as const;

  it.each(['auto', 'alternating'] as const)('have errors that are numbers, by %s', async (method) => {
    const { diagnostics } = await sinkhornDivergence({ ...options, method }).solve(place(370, 0), place(360, 7));
    expect(diagnostics.valueError).not.toBeNaN();
  });

  it('go to the other method where sweeps are not accurate', async () => {
    const { value, diagnostics } = await sinkhornDivergence(options).solve(place(370, 0), place(370, 7));
    expect(diagnostics.method).toBe('newton');
    expect(diagnostics.valueError).toBeLessThan(0.01);
    // min over t of eps KL(t | m^2) + 2 rho KL(t | m): the product of the measures has another mass than each.
    const [m, eps, rho] = [1 + 369e-6, options.blur, options.reach];
    const t = m * m ** (eps / (eps + 2 * rho));
    const divergence = (mass: number) => t * Math.log(t / mass) - t + mass;
    const wanted = eps * divergence(m * m) + 2 * rho * divergence(m);
    expect(Math.abs(value / wanted - 1)).toBeLessThan(2 * diagnostics.valueError + 1e-6);
  });
});
