import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { InvalidMeasureError, InvalidOptionError, UnsupportedError } from '@sinkhorn/core';
import { type PenaltyOption, sinkhornDivergence } from '@sinkhorn/losses';
import { type MatrixTransportOptions, matrixTransport } from '@sinkhorn/losses/matrix';
import { afterAll, describe, expect, it, test } from 'vitest';
import { cloud, type TestCloud } from '../support/clouds.js';

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());

const costs = (x: TestCloud, y: TestCloud, p: number) =>
  Array.from({ length: x.weights.length * y.weights.length }, (_, k) => {
    const [i, j] = [Math.floor(k / y.weights.length), k % y.weights.length];
    let square = 0;
    for (let c = 0; c < x.dimension; c++) {
      square += (x.points[i * x.dimension + c] - y.points[j * y.dimension + c]) ** 2;
    }
    return p === 1 ? Math.sqrt(square) : square / 2;
  });
const matrices = (x: TestCloud, y: TestCloud, p: number) => ({
  matrix: costs(x, y, p),
  shape: [x.weights.length, y.weights.length],
  x: costs(x, x, p),
  y: costs(y, y, p),
});
const apart = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(found.length).toBe(wanted.length);
  return Array.from(found, (value, k) => Math.abs(value - wanted[k])).reduce((a, b) => Math.max(a, b), 0);
};
const centred = (values: ArrayLike<number>) => {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return all.map((value) => value - mean);
};
/** Without `permute`, which a backend may lack. */
const { permute, ...plain } = cpu();

describe.each<[string, number, PenaltyOption | undefined, number, number]>([
  ['balanced', 2, undefined, 0.1, 1],
  ['balanced, p = 1, masses of 3', 1, undefined, 0.05, 3],
  ['balanced, a small blur', 2, undefined, 0.003, 1],
  ['Kullback and Leibler', 2, { kind: 'kl', reach: 0.5 }, 0.1, 1.3],
  ['Kullback and Leibler on one side', 2, { x: { kind: 'kl', reach: 0.5 } }, 0.1, 1],
  ['total variation', 1, { kind: 'tv', strength: 0.4 }, 0.1, 1.3],
])('%s', (name, p, penalty, blur, mass) => {
  const x = cloud(9, 2, 1, 0, mass);
  const y = cloud(7, 2, 2, 0.4, name.startsWith('balanced') ? mass : 0.8);
  if (name === 'balanced') y.weights[0] = x.weights[1] = 0;
  const total = y.weights.reduce((sum, weight) => sum + weight, 0);
  const goal = x.weights.reduce((sum, weight) => sum + weight, 0);
  if (name === 'balanced')
    y.weights.forEach((weight, k) => {
      y.weights[k] = (weight * goal) / total;
    });

  it.each([
    ['cpu', cpu(), false],
    ['cpu, debiased', cpu(), true],
    ['without permute', plain, true],
    ['wasm, debiased', device, true],
  ])('is the Sinkhorn divergence of clouds with these costs: %s', async (_, backend, debias) => {
    const cloudOptions = { backend: cpu(), p, blur, debias, tolerance: 1e-12, ...(penalty && { penalty }) };
    const wanted = await sinkhornDivergence(cloudOptions).solve(x, y);
    const gradients = await wanted.gradients('both');
    const transport = matrixTransport({ backend, cost: matrices(x, y, p), p, blur, debias, penalty });
    const found = await transport.solve(x.weights, y.weights);
    const { valueError, gradientError, accurate } = found.diagnostics;
    expect(accurate).toBe(true);
    expect(Math.abs(found.value / wanted.value - 1)).toBeLessThan(valueError + 1e-11);
    expect(apart(found.plan, await wanted.plan.dense())).toBeLessThan(gradientError * mass + 1e-11);
    const close = name.startsWith('balanced') ? centred : Array.from<number>;
    if (backend !== device) {
      expect(apart(close(found.gradients.x), close(gradients.x.weights))).toBeLessThan(1e-5);
      expect(apart(close(found.gradients.y), close(gradients.y.weights))).toBeLessThan(1e-5);
    }
  });

  it('has the derivatives of its value in the costs, and in weights', async () => {
    const h = 1e-5 * blur;
    const cost = matrices(x, y, p);
    const options = { backend: cpu(), p, blur, debias: true, penalty, tolerance: 1e-13 };
    const { gradients } = matrixTransport({ ...options, cost }).solveSync(x.weights, y.weights);
    const at = (moved: typeof cost) => matrixTransport({ ...options, cost: moved }).valueSync(x.weights, y.weights);
    for (const [k, slope] of gradients.matrix.entries()) {
      if (k % 11 > 1) continue;
      const by = (step: number) => at({ ...cost, matrix: cost.matrix.with(k, cost.matrix[k] + step) });
      expect(Math.abs((by(h) - by(-h)) / (2 * h) - slope)).toBeLessThan(1e-6);
    }
    for (const [side, found, size] of [
      ['x', gradients.matrixX, 9],
      ['y', gradients.matrixY, 7],
    ] as const) {
      const [i, j] = [1, 4];
      const by = (step: number) => {
        const own = cost[side].slice();
        own[i * size + j] += step;
        own[j * size + i] += step;
        return at({ ...cost, [side]: own });
      };
      const slope = (found?.[i * size + j] ?? Number.NaN) + (found?.[j * size + i] ?? Number.NaN);
      expect(Math.abs((by(h) - by(-h)) / (2 * h) - slope)).toBeLessThan(1e-6);
    }
  });
});

describe('a cost matrix', () => {
  const of = (cost: unknown, more: object = {}) =>
    matrixTransport({ backend: cpu(), cost, blur: 0.1, ...more } as MatrixTransportOptions);

  it('may have any finite costs: negative, of any size, of one point, as rows, in a batch of calls', async () => {
    const matrix = [
      [0.3, 0.1, 0.7],
      [0.2, 0.9, 0.4],
    ];
    const { value, plan, transportCost } = await of({ matrix }).solve();
    expect(transportCost).toBeCloseTo(
      plan.reduce((sum, mass, k) => sum + mass * matrix.flat()[k], 0),
      15,
    );
    for (const constant of [-5, 1e6]) {
      const raised = await of({ matrix: matrix.map((row) => row.map((cost) => cost + constant)) }).solve();
      expect(Math.abs(raised.value - constant - value)).toBeLessThan(1e-13 * Math.abs(constant) + 1e-12);
      expect(apart(raised.plan, plan)).toBeLessThan(1e-8);
    }
    expect(await of({ matrix: [[3]] }).value([2], [2])).toBeCloseTo(2 * 3 + 0.1 * (2 * Math.log(0.5) + 4 - 2), 10);
    const same = await of({ matrix: Float32Array.of(...matrix.flat()), shape: [2, 3] }).value();
    expect(same).toBeCloseTo(value, 6);
    const zeros = await of(
      {
        matrix: [[0, 0]],
        x: [[0]],
        y: [
          [0, 0],
          [0, 0],
        ],
      },
      { debias: true },
    ).value();
    expect(Math.abs(zeros)).toBeLessThan(1e-12);
  });

  it('starts from a solution that is close by', async () => {
    const [x, y] = [cloud(400, 3, 5), cloud(300, 3, 6)];
    const transport = of(matrices(x, y, 2), { backend: device, blur: 0.01 });
    const start = await transport.solve(x.weights, y.weights);
    expect(start.diagnostics.accurate).toBe(true);
    const again = await transport.solve(x.weights, y.weights, { start });
    expect(again.diagnostics.iterations).toBeLessThan(start.diagnostics.iterations / 2);
  });

  it('says so where it does not converge', async () => {
    const [x, y] = [cloud(400, 2, 5), cloud(300, 2, 6)];
    const transport = of(matrices(x, y, 2), { backend: device, blur: 1e-4, maxIterations: 3, onInaccurate: 'ignore' });
    const { diagnostics } = await transport.solve(x.weights, y.weights);
    expect(diagnostics.accurate).toBe(false);
    expect(diagnostics.valueError).toBeGreaterThan(1e-3);
  });

  it('tells what it takes of memory, and keeps to a budget', () => {
    const matrix = new Float64Array(1000);
    const { bytes } = of({ matrix, shape: [10, 100] }).solveSync().diagnostics;
    expect(bytes).toBe(1000 * (16 + 3 * 8));
    expect(() => of({ matrix, shape: [10, 100] }, { memory: bytes - 1 })).toThrow(UnsupportedError);
  });

  const square = [
    [0, 1],
    [1, 0],
  ];
  const wrong: [string, unknown, object, RegExp][] = [
    ['no matrix', { shape: [1, 1] }, {}, /cost\.matrix is no matrix/],
    ['no shape', { matrix: [1, 2] }, {}, /shape is \[undefined\]/],
    ['a shape of another size', { matrix: [1, 2, 3], shape: [2, 2] }, {}, /has 3 numbers: give 2 x 2/],
    ['rows of two lengths', { matrix: [[1, 2], [3]] }, {}, /matrix\[1\] has 1 numbers/],
    ['rows and another shape', { matrix: square, shape: [1, 4] }, {}, /leave shape out/],
    [
      'NaN',
      {
        matrix: [
          [0, 1],
          [Number.NaN, 0],
        ],
      },
      {},
      /from 1 to 0 is NaN/,
    ],
    ['a text', { matrix: [[0, '1']] }, {}, /from 0 to 1 is 1: give finite numbers/],
    ['infinity', { matrix: [Infinity], shape: [1, 1] }, {}, /from 0 to 0 is Infinity/],
    ['no self costs', { matrix: square, x: square }, { debias: true }, /debias needs the costs of y/],
    ['self costs of another size', { matrix: square, x: [[0]], y: square }, { debias: true }, /cost\.x/],
    [
      'self costs that differ by direction',
      {
        matrix: square,
        x: [
          [0, 1],
          [2, 0],
        ],
        y: square,
      },
      { debias: true },
      /not symmetric/,
    ],
    ['an option too many', { matrix: square, metric: 'l2' }, {}, /no option 'metric'/],
    ['blur 0', { matrix: square }, { blur: 0 }, /blur is 0/],
    ['reach', { matrix: square }, { reach: 1 }, /no option 'reach'/],
    ['a bad penalty', { matrix: square }, { penalty: { kind: 'tv' } }, /strength is undefined/],
  ];
  test.each(wrong)('with %s is refused', (_, cost, more, message) => {
    expect(() => of(cost, more)).toThrow(message);
    expect(() => of(cost, more)).toThrow(InvalidOptionError);
  });

  it('refuses weights that do not go with it', async () => {
    await expect(of({ matrix: square }).value([1])).rejects.toThrow(/x has 1 weights: give 2/);
    await expect(of({ matrix: square }).value([1, -1])).rejects.toThrow(InvalidMeasureError);
    await expect(of({ matrix: square }).value([1, 1], [1, 2])).rejects.toThrow(/mass 2.*mass 3/);
  });
});

describe('a fixed mass', () => {
  const x = cloud(9, 2, 1, 0, 1);
  const y = cloud(7, 2, 2, 0.4, 0.8);
  const of = (mass: number, backend = cpu(), more: Partial<MatrixTransportOptions> = {}) =>
    matrixTransport({
      backend,
      cost: matrices(x, y, 2),
      p: 2,
      blur: 0.15,
      penalty: { kind: 'partial', mass },
      ...more,
    });

  it.each([
    ['cpu', cpu()],
    ['wasm', device],
  ])('goes as between the points that costs are of: %s', async (_, backend) => {
    const penalty: PenaltyOption = { kind: 'partial', mass: 0.5 };
    const wanted = await sinkhornDivergence({ backend: cpu(), blur: 0.15, penalty, debias: false }).solve(x, y);
    const { value, plan, diagnostics } = await of(0.5, backend).solve(x.weights, y.weights);
    expect(Math.abs(value / wanted.value - 1)).toBeLessThan(diagnostics.valueError + wanted.diagnostics.valueError);
    expect(diagnostics).toMatchObject({ accurate: true, converged: true });
    expect(apart(plan, await wanted.plan.dense())).toBeLessThan(1e-8);
    expect(plan.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(0.5, 8);
    for (let i = 0; i < 9; i++) {
      expect(plan.subarray(7 * i, 7 * i + 7).reduce((sum, mass) => sum + mass, 0)).toBeLessThan(
        x.weights[i] * (1 + 1e-8),
      );
    }
  });

  it('starts from what is near, and goes whole where it is all there is', async () => {
    const loss = of(0.5);
    const start = await loss.solve(x.weights, y.weights);
    const again = await loss.solve(x.weights, y.weights, { start });
    expect(again.value).toBeCloseTo(start.value, 10);
    expect(again.diagnostics.iterations).toBeLessThan(start.diagnostics.iterations);
    const { plan } = await of(0.8).solve(x.weights, y.weights);
    for (let j = 0; j < 7; j++) {
      let taken = 0;
      for (let i = 0; i < 9; i++) taken += plan[7 * i + j];
      expect(taken).toBeCloseTo(y.weights[j], 6);
    }
  });

  it('is refused where it makes no sense', async () => {
    await expect(of(0.9).value(x.weights, y.weights)).rejects.toThrow(/penalty\.mass is 0\.9.*y has 0\.8/);
    await expect(of(0).value(x.weights, y.weights)).rejects.toThrow(/penalty\.mass is 0/);
    await expect(of(0.5, cpu(), { debias: true }).value(x.weights, y.weights)).rejects.toThrow(/debias: false/);
  });
});
