import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, type PenaltyOption, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, describe, expect, test } from 'vitest';

// Penalties where masses are far from 1, against solutions in closed form.

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());
const backends: Record<string, Backend> = { cpu: cpu(), wasm: device };

const lossOf = (backend: Backend, blur: number, penalty: PenaltyOption) =>
  sinkhornDivergence({ backend, p: 1, blur, penalty, debias: false, onInaccurate: 'ignore' });

describe.each(Object.entries(backends))('on %s', (_, backend) => {
  test.each([1e-6, 1, 1e6])(
    'two points of mass %d exchange what their penalties leave, as exactly as they say',
    async (mass) => {
      const [rho, blur, distance] = [0.7, 0.5, 1.3];
      const loss = lossOf(backend, blur, { kind: 'kl', strength: rho });
      const side = (at: number) => ({ points: [at], dimension: 1, weights: [mass] });
      const solution = await loss.solve(side(0), side(distance));
      const { x } = await solution.gradients();
      // The derivative of P C + eps (P log(P / m^2) - P) + 2 rho (P log(P / m) - P) is 0.
      const moved = Math.exp((-distance / blur + (2 + (2 * rho) / blur) * Math.log(mass)) / (1 + (2 * rho) / blur));
      const { accurate, gradientError = Number.NaN } = solution.diagnostics;
      expect(accurate).toBe(true);
      const off = Math.abs(-x.points[0] / moved - 1);
      expect(off).toBeLessThanOrEqual(2 * gradientError);
    },
  );

  test.each<[string, PenaltyOption]>([
    ['the least of both ranges', { kind: 'range', low: 0.8, high: 1.3 }],
    ['all there is, under total variation', { kind: 'tv', strength: 9 }],
  ])('where %s goes, gradients in weights say how far one-sided derivatives are from them', async (_, penalty) => {
    const loss = lossOf(backend, 0.2, penalty);
    const y = { points: [3, 4.5, 5.2], dimension: 1, weights: [0.4, 0.35, 0.25] };
    const at = (more: number) => ({ points: [0, 1.1], dimension: 1, weights: [0.6 + more, 0.4] });
    const solution = await loss.solve(at(0), y);
    const { x } = await solution.gradients();
    const { accurate, weightsError = Number.NaN } = solution.diagnostics;
    expect(accurate).toBe(true);
    const off = weightsError * Math.hypot(...x.weights);
    const h = 0.2;
    const [less, value, more] = [await loss.value(at(-h), y), solution.value, await loss.value(at(h), y)].map(Number);
    const slopes = [(value - less) / h, (more - value) / h];
    expect(Math.abs(slopes[0] - slopes[1])).toBeGreaterThan(0.1);
    for (const slope of slopes) expect(Math.abs(slope - x.weights[0])).toBeLessThan(off + 0.05);
    // Where masses differ nothing is left open.
    const other = await loss.solve(at(h), y);
    await other.gradients();
    expect(other.diagnostics.weightsError).toBeLessThan(1e-3);
  });

  test('mass that parts far apart hardly exchange leaves the level of their gradients in weights open, and this is told', async () => {
    // Three of x are at their least, and so are those of y that they are alone with.
    const loss = lossOf(backend, 1e-3, {
      x: { kind: 'range', low: 1, high: 1.3 },
      y: { kind: 'range', low: 0.2, high: 2 },
    });
    const x = { points: [0, 0.3, 5, 5.2], dimension: 1, weights: [2, 3, 1, 2] };
    const y = { points: [0.1, 0.35, 5.15, 5.3], dimension: 1, weights: [5, 20, 10, 5] };
    const solution = await loss.solve(x, y);
    await solution.gradients();
    expect(solution.diagnostics.accurate).toBe(true);
    expect(solution.diagnostics.weightsError).toBeGreaterThan(0.1);
  });

  test('where all mass of a millionth goes, with weights over ten orders, the plan is what there is to go', async () => {
    const weights = [2e-10, 3e-15, 1e-16, 9e-14, 9.9e-7];
    const points = [0.6, 0.9, 0.3, 0.1, 0.7];
    const mass = weights.reduce((sum, weight) => sum + weight, 0);
    const blur = 0.3;
    const loss = lossOf(backend, blur, { kind: 'partial', mass });
    const y = { points: [1.5], dimension: 1, weights: [2e-6] };
    const { value, diagnostics } = await loss.solve({ points, dimension: 1, weights }, y);
    const cost = weights.reduce((sum, weight, i) => sum + weight * (1.5 - points[i]), 0);
    // KL(P | a x b) where P = a.
    const entropy = mass * Math.log(1 / 2e-6) - mass + mass * 2e-6;
    expect(diagnostics.converged).toBe(true);
    expect(Math.abs((value as number) / (cost + blur * entropy) - 1)).toBeLessThan(1e-6);
  });

  // Ascents of the dual by its blocks, the price among them, in numpy: primal and dual within 1e-6.
  test.each([
    [1, 417.7414099879574],
    [2, 2403.718183041882],
  ])('where nearly all mass goes, and some of it far, the value is as far off as it says: %i', async (seed, exact) => {
    let state = seed + 1;
    const draw = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const draws = (count: number, from = 0) => Array.from({ length: count }, () => from + draw());
    const [x, y] = [draws(12), draws(16)];
    x[0] += 50;
    x[1] += 50;
    const [a, b] = [draws(6, 0.1), draws(8, 0.5)];
    const mass = 0.999 * a.reduce((sum, weight) => sum + weight, 0);
    const loss = sinkhornDivergence({
      ...{ backend, blur: 0.015, debias: false, maxIterations: 20, onInaccurate: 'ignore' },
      penalty: { kind: 'partial', mass },
    });
    const { value, diagnostics } = await loss.solve(
      { points: x, dimension: 2, weights: a },
      { points: y, dimension: 2, weights: b },
    );
    const off = Math.abs((value as number) - exact);
    // A price is no higher than what costs allow for, whatever sweeps come to.
    expect(off).toBeLessThan(exact / 10);
    expect(off).toBeLessThan(
      2 * diagnostics.valueError * Math.max(Math.abs(value as number), exact * 1e-6) + 1e-12 * exact,
    );
  });

  test('free shares within a range do not send potentials away', async () => {
    const points = [0, 0.2, 0.4, 0.6];
    const x = { points, dimension: 1, weights: [2.5e-7, 2.5e-7, 2.5e-7, 2.5e-7] };
    const y = { points: points.map((at) => at + 0.05), dimension: 1, weights: [9e-7, 1e-7, 1e-12, 3e-13] };
    const loss = lossOf(backend, 0.05, { kind: 'range', low: 0.4, high: 1.5 });
    const { value, diagnostics, plan } = await loss.solve(x, y);
    const dense = await plan.dense();
    let primal = 0;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        const moved = dense[4 * i + j];
        const product = x.weights[i] * y.weights[j];
        const cost = Math.abs(points[i] - y.points[j]);
        if (moved > 0) primal += moved * cost + 0.05 * (moved * Math.log(moved / product) - moved + product);
        else primal += 0.05 * product;
      }
    }
    expect(diagnostics.accurate).toBe(true);
    // Primal and dual agree at the solution alone.
    expect(Math.abs((value as number) / primal - 1)).toBeLessThan(1e-3);
    const rows = [0, 1, 2, 3].map(
      (i) => dense.subarray(4 * i, 4 * i + 4).reduce((sum, each) => sum + each, 0) / 2.5e-7,
    );
    for (const share of rows) {
      expect(share).toBeGreaterThan(0.4 * (1 - 1e-3));
      expect(share).toBeLessThan(1.5 * (1 + 1e-3));
    }
  });
});
