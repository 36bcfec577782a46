import { type Backend, type Cost, cpu, formula, sinkhornDivergence, wasm } from 'sinkhorn';
import { afterAll, describe, expect, test } from 'vitest';

const { acos, add, atan2, component, cos, erf, floor, mul, sin, sqrt, square, sub, tanh, where } = formula;

const difference = (x: formula.Expression, y: formula.Expression, axis: number) =>
  sub(component(x, axis), component(y, axis));

/** The angle between two places, given by longitude and latitude in radians: the haversine formula. */
const haversine: Cost = (x, y) => {
  const both = mul(cos(component(x, 1)), cos(component(y, 1)));
  const half = [0, 1].map((axis) => square(sin(mul(0.5, difference(x, y, axis)))));
  const h = add(half[1], mul(both, half[0]));
  return mul(2, atan2(sqrt(h), sqrt(sub(1, h))));
};

/** The same by the spherical law of cosines, whose rounding leads beyond 1 where places coincide. */
const lawOfCosines: Cost = (x, y) => {
  const [a, b] = [component(x, 1), component(y, 1)];
  return acos(add(mul(sin(a), sin(b)), mul(mul(cos(a), cos(b)), cos(difference(x, y, 0)))));
};

/** Squared chords of a torus with circumferences of 1. */
const chords: Cost = (x, y) => {
  const [one, two] = [0, 1].map((axis) => sub(1, cos(mul(2 * Math.PI, difference(x, y, axis)))));
  return add(one, two);
};

/** Squared distance on the same torus, to the nearest copy. */
const nearestCopy: Cost = (x, y) => {
  const wrapped = [0, 1].map((axis) => {
    const d = difference(x, y, axis);
    return square(sub(d, floor(add(d, 0.5))));
  });
  return add(wrapped[0], wrapped[1]);
};

/** A cost that goes on as a constant from a distance on. */
const levelled: Cost = (x, y) => {
  const d = sqrt(add(square(difference(x, y, 0)), square(difference(x, y, 1))));
  return where(sub(d, 0.8), add(tanh(0.8), erf(mul(0.01, sub(d, 0.8)))), tanh(d));
};

const x = [0.1, 0.4, -0.7, 0.93, 1.3, -0.4, 0.35, -0.85];
const y = { points: [0.1, 0.4, 1.1, 0.6, -0.45, -0.6, 0.9, 0.15], dimension: 2 };

const float32 = wasm({ threads: 1 });
const float64 = wasm({ threads: 1, precision: 'float64' });
afterAll(async () => {
  for (const backend of await Promise.all([float32, float64])) backend.dispose();
});

const costs: Readonly<Record<string, Cost>> = {
  haversine,
  'law of cosines': lawOfCosines,
  chords,
  'nearest copy': nearestCopy,
  levelled,
};

const OPTIONS = { p: 1, blur: 0.2, diameter: 3 };

/** The value in float64, and its central differences in the coordinates of x. */
async function differences(cost: Cost): Promise<{ value: number; slopes: readonly number[] }> {
  const loss = sinkhornDivergence({ backend: cpu(), cost, ...OPTIONS, tolerance: 1e-11 });
  const valueAt = (points: readonly number[]) => loss.value({ points, dimension: 2 }, y);
  const h = 1e-5;
  const slopes: number[] = [];
  for (const [k, coordinate] of x.entries()) {
    const [above, below] = [await valueAt(x.with(k, coordinate + h)), await valueAt(x.with(k, coordinate - h))];
    slopes.push((above - below) / (2 * h));
  }
  return { value: await valueAt(x), slopes };
}
const known = new Map<string, ReturnType<typeof differences>>();

describe.each<[string, () => Backend | Promise<Backend>, number]>([
  ['cpu', cpu, 1e-5],
  ['wasm in float64', () => float64, 1e-5],
  ['wasm', () => float32, 2e-3],
])('on %s', (_name, make, precise) => {
  test.each(Object.entries(costs))('%s: gradients agree with central differences', async (name, cost) => {
    // Where places coincide an arc cosine has half of the digits, and so has a difference of two.
    const allowed = name === 'law of cosines' ? Math.max(precise, 1e-3) : precise;
    const truth = known.get(name) ?? differences(cost);
    known.set(name, truth);
    const { value, slopes } = await truth;
    const loss = sinkhornDivergence({ backend: await make(), cost, ...OPTIONS, tolerance: 1e-5 });
    const { value: found, x: gradient } = await loss.valueAndGradients({ points: x, dimension: 2 }, y);
    expect(Math.abs(found - value)).toBeLessThan(allowed);
    slopes.forEach((slope, k) => {
      expect(Math.abs(gradient.points[k] - slope)).toBeLessThan(allowed);
    });
  });
});

test('two great circles: the haversine formula is the law of cosines', async () => {
  const on = (cost: Cost) => sinkhornDivergence({ backend: cpu(), cost, p: 1, blur: 0.2, tolerance: 1e-10 });
  const [one, two] = await Promise.all(
    [haversine, lawOfCosines].map((cost) => on(cost).value({ points: x, dimension: 2 }, y)),
  );
  expect(Math.abs(one - two)).toBeLessThan(1e-7);
});

test('a periodic cost does not see whole periods', async () => {
  const shifted = { points: y.points.map((value, k) => value + (k % 3) - 1), dimension: 2 };
  for (const cost of [chords, nearestCopy]) {
    const loss = sinkhornDivergence({ backend: cpu(), cost, p: 1, blur: 0.2, tolerance: 1e-12 });
    expect(await loss.value(y, shifted)).toBeCloseTo(0, 10);
  }
});

test('a point alone is as far as the great circle says', async () => {
  const paris = [2.3522, 48.8566].map((degrees) => (degrees * Math.PI) / 180);
  const newYork = [-74.006, 40.7128].map((degrees) => (degrees * Math.PI) / 180);
  const kilometres: Cost = (from, to) => mul(6371, haversine(from, to));
  const value = await sinkhornDivergence({ backend: cpu(), cost: kilometres, p: 1, blur: 1 }).value([paris], [newYork]);
  expect(Math.abs(value - 5837)).toBeLessThan(2);
});
