import { drawsFrom } from '@sinkhorn/core/random';
import { expect, test } from 'vitest';
import { sinkhornDivergence, transportOnLine, wasm } from '../src/index.js';

/** Points in the unit cube. */
function cube(count: number, seed: number): Float64Array {
  const draw = drawsFrom(seed);
  return Float64Array.from({ length: 3 * count }, () => draw() / 2 ** 32);
}

// Sweeps go on to Newton's method here, from potentials with which two points share what one far point takes.
test('a start that leads Newton’s method astray is left', async () => {
  const backend = await wasm({ precision: 'float64' });
  const x = { points: cube(900, 6), dimension: 3 };
  const y = { points: cube(900, 106), dimension: 3 };
  x.points.set([1e4, -1e4, 3e4]);
  const solve = async (method: 'auto' | 'alternating') => {
    const loss = sinkhornDivergence({ backend, blur: 1, debias: false, strategy: 'dense', method });
    const solution = await loss.solve(x, y);
    return { ...solution.diagnostics, gradient: (await solution.gradients('y')).y.points };
  };
  const [auto, sweeps] = [await solve('auto'), await solve('alternating')];
  backend.dispose();
  expect(auto).toMatchObject({ converged: true, accurate: true });
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const off = norm(Array.from(auto.gradient, (value, k) => value - sweeps.gradient[k]));
  expect(off / norm(Array.from(sweeps.gradient))).toBeLessThan(1e-3);
});

// Few sweeps settle all but the one point whose mass is split between what is near and what is far.
test('the gradient where one far point shares a near one’s mass is off by no more than is said', async () => {
  const backend = await wasm({ precision: 'float64' });
  const x = { points: cube(400, 5), dimension: 3 };
  const y = { points: cube(400, 105), dimension: 3 };
  x.points.set([100 / 3, -100 / 3, 100]);
  const solve = async (method: 'newton' | 'alternating') => {
    const loss = sinkhornDivergence({ backend, blur: 1, debias: false, strategy: 'dense', method });
    const { y: gradient, diagnostics } = await loss.valueAndGradients(x, y, { wrt: 'both' });
    return { ...diagnostics, gradient: gradient.points };
  };
  const [newton, sweeps] = [await solve('newton'), await solve('alternating')];
  backend.dispose();
  expect(sweeps).toMatchObject({ converged: true, accurate: true });
  const norm = (values: readonly number[]) => Math.hypot(...values);
  const off = norm(Array.from(sweeps.gradient, (value, k) => value - newton.gradient[k]));
  // Both end at roundings, and Newton's method has its own.
  const said = (sweeps.gradientError ?? 0) + (newton.gradientError ?? 0);
  expect(off / norm(Array.from(newton.gradient))).toBeLessThan(2 * said);
});

// Both clouds have one, and the two have to find each other.
test('Newton’s method brings far points of both clouds together', async () => {
  const backend = await wasm({ precision: 'float64' });
  const x = { points: cube(500, 8), dimension: 3 };
  const y = { points: cube(500, 108), dimension: 3 };
  x.points.set([1e5 / 3, -1e5 / 3, 1e5]);
  y.points.set([-1e5, 5e4, 1e5 / 7]);
  const loss = sinkhornDivergence({ backend, blur: 0.3, debias: false, strategy: 'dense', method: 'newton' });
  const { diagnostics } = await loss.valueAndGradients(x, y);
  backend.dispose();
  expect(diagnostics).toMatchObject({ converged: true, accurate: true });
});

/** Points around 0 of which one is far away, as where a table has 999999 for what is missing. */
function withFarPoint(count: number, far: number, shift: number): number[] {
  const around = Array.from({ length: count - 1 }, (_, i) => shift + 3 * Math.sin(1 + 7.31 * i * i));
  return [far, ...around];
}

// The mass of the far points differs, so that some has to go all the way, which nearly all of the value is: the exact one is an oracle.
test.each<[string, number, number, number, number]>([
  ['few points, and all pairs that a blur of 1 sees', 40, 30, 1e6, 1],
  ['counts that hardly differ', 60, 61, 1e5, 1],
  ['so many points that no list of pairs serves', 1100, 1000, 400, 0.6],
])(
  'a far point in both clouds: %s',
  async (_name, n, m, far, blur) => {
    const backend = await wasm({ threads: 1 });
    const [x, y] = [withFarPoint(n, far, 0), withFarPoint(m, far, 0.2)].map((points) => ({
      points: Float64Array.from(points),
      dimension: 1,
    }));
    const { value, diagnostics } = await sinkhornDivergence({ backend, blur, onInaccurate: 'ignore' }).solve(x, y);
    const exact = await transportOnLine({ p: 2 }).value(x, y);
    expect(diagnostics.method).toBe('newton');
    expect(Math.abs(value / exact - 1)).toBeLessThan(1e-3);
    expect(diagnostics.valueError).toBeLessThan(1e-3);
    backend.dispose();
  },
  60_000,
);
