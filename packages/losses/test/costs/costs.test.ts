import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Cost, InvalidFormulaError, InvalidOptionError } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { cosine, greatCircle, huber, manhattan } from '@sinkhorn/losses/costs';
import { afterAll, describe, expect, it, test } from 'vitest';

const device = await wasm({ threads: 1 });
const { inFloat64, ...float32 } = device;
afterAll(() => device.dispose());

const between = (cost: Cost, x: number[], y: number[], backend = cpu() as typeof device | ReturnType<typeof cpu>) =>
  sinkhornDivergence({ backend, cost, p: 1, blur: 1e-3, diameter: 10, debias: false }).valueAndGradients([x], [y], {
    wrt: 'both',
  });

const known: [string, Cost, number[], number[], number][] = [
  ['cosine of a right angle', cosine, [2, 0, 0], [0, 0, 5], 1],
  ['cosine of 60 degrees', cosine, [1, 0], [1, Math.sqrt(3)], 0.5],
  ['cosine of opposite directions', cosine, [1, 2], [-3, -6], 2],
  ['cosine of one direction', cosine, [1, 2], [2, 4], 0],
  ['cosine of directions that are close', cosine, [1, 0], [1, 1e-6], 5e-13],
  ['manhattan', manhattan, [1, -2, 3], [0, 2, 3], 5],
  ['huber, near', huber(2), [0, 0], [0.6, 0.8], 0.5],
  ['huber, at the threshold', huber(5), [0, 0], [3, 4], 12.5],
  ['huber, far', huber(2), [0, 0], [3, 4], 2 * (5 - 1)],
  ['a quarter of the Earth', greatCircle(), [0, 0], [90, 13], (6371.0088 * Math.PI) / 2],
  ['half a turn, to the antipodes', greatCircle({ radius: 1 }), [30, 40], [-30, 220], Math.PI],
  ['around the date line', greatCircle({ radius: 1 }), [0, 179], [0, -179], (2 * Math.PI) / 180],
  ['a metre', greatCircle({ radius: 6371008.8 }), [50, 7], [50 + 180 / Math.PI / 6371008.8, 7], 1],
];
test.each(known)('%s', async (_, cost, x, y, value) => {
  const there = await between(cost, x, y);
  const back = await between(cost, y, x);
  expect(Math.abs(there.value - value)).toBeLessThan(1e-7 * Math.max(1e-6, value));
  expect(back.value).toBe(there.value);
  const near = await between(cost, x, y, device);
  expect(Math.abs(near.value - value)).toBeLessThan(1e-4 * Math.max(1e-3, value));
});

const slopes: [string, Cost, number[], number[]][] = [
  ['cosine', cosine, [1, 2, -1], [0.3, -2, 2]],
  ['manhattan', manhattan, [1, 2, 5], [0.3, -2, 2]],
  ['huber', huber(1), [1, 2, 5], [0.3, -2, 2]],
  ['huber within its threshold', huber(9), [1, 2, 5], [0.3, -2, 2]],
  ['great circle', greatCircle({ radius: 3 }), [51, 7], [-20, 160]],
];
describe.each(slopes)('%s', (_, cost, x, y) => {
  it('has the derivatives of the cost', async () => {
    const { x: gradient, y: other } = await between(cost, x, y);
    const h = 1e-5;
    for (let k = 0; k < x.length; k++) {
      const of = async (by: number) => (await between(cost, x.with(k, x[k] + by), y)).value;
      const ofOther = async (by: number) => (await between(cost, x, y.with(k, y[k] + by))).value;
      expect(Math.abs(((await of(h)) - (await of(-h))) / (2 * h) - gradient.points[k])).toBeLessThan(1e-6);
      expect(Math.abs(((await ofOther(h)) - (await ofOther(-h))) / (2 * h) - other.points[k])).toBeLessThan(1e-6);
    }
  });

  it('has gradient 0 where points coincide, and is debiased', async () => {
    const { value, x: gradient } = await between(cost, x, x);
    expect(value).toBeLessThan(1e-12);
    expect(Math.max(...gradient.points.map(Math.abs))).toBeLessThan(1e-12);
    const loss = sinkhornDivergence({ backend: device, cost, p: 1, blur: 0.1, diameter: 10 });
    expect(await loss.value([x, y], [y, x])).toBeLessThan(1e-6);
    expect(await loss.value([x], [y])).toBeGreaterThan(0);
  });
});

test('a point at 0 has no direction, and no NaN', async () => {
  const { value, x: gradient } = await between(cosine, [0, 0], [3, 4]);
  expect(value).toBeCloseTo(0.5, 14);
  expect(Array.from(gradient.points).every(Number.isFinite)).toBe(true);
});

test('what is out of range is refused', async () => {
  expect(() => huber(0)).toThrow(/threshold is 0/);
  expect(() => huber(Number.NaN)).toThrow(InvalidOptionError);
  expect(() => huber(true as unknown as number)).toThrow(InvalidOptionError);
  expect(() => greatCircle({ radius: -1 })).toThrow(/radius is -1/);
  expect(() => greatCircle(6371 as unknown as object)).toThrow(/greatCircle got 6371: give its radius as \{ radius \}/);
  expect(() => greatCircle(null as unknown as object)).toThrow(InvalidOptionError);
  expect(() => greatCircle({ radus: 1 } as object)).toThrow(/no option 'radus'/);
  await expect(between(greatCircle(), [1, 2, 3], [1, 2, 3])).rejects.toThrow(InvalidFormulaError);
});

test.each([360, -360, 720, 3600])(
  'points %d degrees of longitude apart are one: no distance, and no gradient',
  async (turns) => {
    const { value, x, y } = await between(greatCircle(), [31, -180], [31, -180 + turns]);
    expect(value).toBe(0);
    expect([...x.points, ...y.points].every((slope) => slope === 0)).toBe(true);
  },
);

test.each<[string, number[], number[]]>([
  ['the north pole, of two longitudes', [90, 10], [90, 77]],
  ['the south pole, of two longitudes', [-90, 10], [-90, -110]],
  ['one place, of two turns', [31, 359], [31, -1]],
  ['one place, three turns away', [31, 1], [31, 1081]],
])('%s: no distance, and no gradient in float32 either', async (_, here, there) => {
  const loss = sinkhornDivergence({
    backend: float32,
    cost: greatCircle(),
    p: 1,
    blur: 1,
    diameter: 1e4,
    method: 'alternating',
  });
  const { value, x, y } = await loss.valueAndGradients([here], [there], { wrt: 'both' });
  expect(value).toBe(0);
  expect([...x.points, ...y.points].every((slope) => slope === 0)).toBe(true);
});

test('distances keep their digits next to antipodes', async () => {
  const [away, latitude] = [1e-7, 33];
  const { value, x } = await between(greatCircle({ radius: 1 }), [latitude, 20], [away - latitude, 200]);
  const radians = Math.PI / 180;
  expect(Math.abs(value - (Math.PI - away * radians))).toBeLessThan(1e-14);
  expect(Math.abs(x.points[0] / radians + 1)).toBeLessThan(1e-6);
});

test('places some metres apart have lost digits in float32, which is told', async () => {
  const places = (shift: number) =>
    Array.from({ length: 8 }, (_, k) => [50 + 1e-4 * Math.sin(9 * k + shift), 7 + 1e-4 * Math.cos(5 * k)]);
  const options = {
    cost: greatCircle({ radius: 6371e3 }),
    p: 1,
    blur: 3,
    method: 'alternating',
    onInaccurate: 'ignore',
  } as const;
  const [exact, rounded] = await Promise.all(
    [cpu(), float32].map((backend) =>
      sinkhornDivergence({ ...options, backend, diameter: 50 }).solve(places(0), places(1)),
    ),
  );
  const { accurate, valueError = Number.NaN } = rounded.diagnostics;
  expect(accurate).toBe(false);
  const off = Math.abs(Number(rounded.value) - Number(exact.value));
  expect(off).toBeGreaterThan(1e-3 * Number(exact.value));
  expect(off).toBeLessThan(2 * valueError * Number(exact.value));
});

test.each<[string, number, number, object]>([
  ['one place', 1, 1, { method: 'alternating' }],
  ['five places and three antipodes', 5, 3, { method: 'alternating' }],
  ['the same under a penalty', 5, 3, { penalty: { kind: 'tv', strength: 2 } }],
  ['the same for nearly all of the mass', 1, 1, { penalty: { kind: 'partial', mass: 0.98 } }],
])('%s: antipodes that float32 misses have slopes of any direction, which is told', async (_, count, against, more) => {
  // More digits than float32 has, and no more than float64 has of what is half a turn away.
  const degrees = (value: number) => Math.round(value * 2 ** 30) / 2 ** 30;
  const places = Array.from({ length: count }, (_, k) => [
    degrees(80 * Math.sin(3 * k + 1)),
    degrees(170 * Math.cos(5 * k + 1)),
  ]);
  const antipodes = places.slice(0, against).map(([latitude, longitude]) => [-latitude, longitude + 180]);
  const options = { cost: greatCircle({ radius: 1 }), p: 1, blur: 0.5, diameter: 3.2, debias: false } as const;
  const solved = (backend: typeof float32 | ReturnType<typeof cpu>) =>
    sinkhornDivergence({ ...options, ...more, backend, onInaccurate: 'ignore' }).valueAndGradients(places, antipodes);
  const [exact, rounded] = [await solved(cpu()), await solved(float32)];
  const { accurate, gradientError = Number.NaN } = rounded.diagnostics;
  const off = Math.hypot(...rounded.x.points.map((slope, k) => slope - exact.x.points[k]));
  expect(off).toBeGreaterThan(1e-3 * Math.hypot(...rounded.x.points));
  expect(off).toBeLessThan(2 * gradientError * Math.hypot(...rounded.x.points));
  expect(accurate).toBe(false);
});

test('places that float32 holds as they are have nothing of that', async () => {
  const places = [
    [50, 7],
    [-20.5, 160],
  ];
  const loss = sinkhornDivergence({
    backend: float32,
    cost: greatCircle({ radius: 1 }),
    p: 1,
    blur: 0.5,
    diameter: 3.2,
    method: 'alternating',
  });
  const { diagnostics } = await loss.valueAndGradients(places, [[-50, -173]]);
  expect(diagnostics.accurate).toBe(true);
});
