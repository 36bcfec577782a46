import { cpu } from '@sinkhorn/backend-cpu';
import { checkMeasure, densePlan, powerCost, runSync } from '@sinkhorn/core';
import {
  combine,
  energyDistance,
  formula,
  hausdorffDivergence,
  perFeature,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { cloud } from './support/clouds.js';

const backend = cpu();
const x = cloud(40, 2, 1);
const y = cloud(30, 2, 2, 0.4);

describe('diagnostics', () => {
  test('tell whether it converged, how, and where', async () => {
    const { diagnostics } = await sinkhornDivergence({ backend, blur: 0.1 }).solve(x, y);
    expect(diagnostics).toMatchObject({ converged: true, backend: 'cpu' });
    expect(diagnostics.marginalError).toBeLessThanOrEqual(1e-3);
    expect(diagnostics.epsilons.at(-1)).toBeCloseTo(0.01, 12);
    expect(diagnostics.iterations).toBeGreaterThan(diagnostics.epsilons.length);
    expect(diagnostics.reductions).toBeGreaterThan(diagnostics.iterations);
    expect(diagnostics.milliseconds).toBeGreaterThan(0);
  });

  test('say so when the iterations ran out', async () => {
    const loss = sinkhornDivergence({ backend, blur: 0.01, tolerance: 1e-9, maxIterations: 3 });
    const { diagnostics } = await loss.valueAndGradients(x, y);
    expect(diagnostics.converged).toBe(false);
    expect(diagnostics.marginalError).toBeGreaterThan(1e-9);
  });

  test('are honest about a tolerance finer than the rounding by which masses differ', async () => {
    const rounded = (sizes: readonly number[]) => {
      const total = sizes.reduce((sum, size) => sum + size);
      return Float32Array.from(sizes, (size) => size / total);
    };
    const few = { ...cloud(5, 2, 3), weights: rounded([7, 3, 8, 1, 6]) };
    const others = { ...cloud(6, 2, 4), weights: rounded([5, 1, 7, 2, 9, 4]) };
    const solve = (tolerance: number) =>
      sinkhornDivergence({ backend, blur: 0.05, tolerance, debias: false }).solve(few, others);
    const [loose, tight] = [await solve(1e-6), await solve(1e-12)];
    expect(tight.diagnostics.converged).toBe(false);
    expect(Number(tight.value) / Number(loose.value)).toBeCloseTo(1, 5);
    expect(Math.max(...tight.potentials.f_ba.map(Math.abs))).toBeLessThan(10);
  });

  test('of a sum of losses are the work of all terms, and the worst of their errors', async () => {
    const terms = [
      sinkhornDivergence({ backend, blur: 0.01, tolerance: 1e-9, maxIterations: 3 }),
      energyDistance({ backend }),
    ];
    const [unfinished, exact] = await Promise.all(terms.map(async (loss) => (await loss.solve(x, y)).diagnostics));
    const { diagnostics } = await combine(terms.map((loss) => ({ loss }))).solve(x, y);
    expect(exact.converged).toBe(true);
    expect(diagnostics.converged).toBe(false);
    expect(diagnostics.marginalError).toBe(unfinished.marginalError);
    expect(diagnostics.reductions).toBe(unfinished.reductions + exact.reductions);
  });

  test('stay at the solution where masses differ by as much as is allowed, which nothing converges to', async () => {
    const heavier = { ...cloud(5, 2, 3), weights: new Float64Array(5).fill((1 + 5e-6) / 5) };
    const loss = sinkhornDivergence({ backend, blur: 0.3, tolerance: 1e-12, debias: false, maxIterations: 1000 });
    const { diagnostics, potentials } = await loss.solve(heavier, cloud(6, 2, 4));
    expect(diagnostics.converged).toBe(false);
    expect(Math.max(...potentials.f_ba.map(Math.abs))).toBeLessThan(1);
  });

  test('tell how far the first step is from the solution, not how long it is', async () => {
    // f = 0 has the softmin -log((1 + exp(-1/2)) / 2) at both points, and a step goes half the way there.
    const pair = [[0], [1]];
    const { diagnostics } = await sinkhornDivergence({ backend, blur: 1, maxIterations: 1 }).solve(pair, pair);
    expect(diagnostics.marginalError).toBeCloseTo((1 - Math.exp(-1 / 2)) / 2, 12);
  });

  test.each([
    { blur: 0.05, tolerance: 1e-6, most: 80 },
    { blur: 0.1, tolerance: 1e-9, most: 45 },
    { blur: 0.3, tolerance: 1e-12, most: 20 },
  ])('count few iterations: at most $most for blur $blur and tolerance $tolerance', async ({ most, ...options }) => {
    // 52, 34 and 15 with acceleration; 1.6 times as many, and more, where its memory is wrong.
    const loss = sinkhornDivergence({ backend, debias: false, method: 'alternating', ...options });
    const { diagnostics } = await loss.solve(x, y);
    expect(diagnostics.converged).toBe(true);
    expect(diagnostics.iterations).toBeLessThanOrEqual(most);
  });

  test('say that the annealing alone has not converged', async () => {
    const { diagnostics } = await sinkhornDivergence({ backend, tolerance: null }).valueAndGradients(x, y);
    expect(diagnostics.converged).toBe(false);
    expect(diagnostics.marginalError).toBeGreaterThan(1e-3);
  });
});

describe('the plan', () => {
  const loss = sinkhornDivergence({ backend, blur: 0.1, tolerance: 1e-11 });

  test('has the marginals it was asked to have', async () => {
    const { plan } = await loss.solve(x, y);
    const { rows, columns } = await plan.marginals();
    rows.forEach((mass, index) => {
      expect(mass).toBeCloseTo(x.weights[index], 10);
    });
    columns.forEach((mass, index) => {
      expect(mass).toBeCloseTo(y.weights[index], 10);
    });
  });

  test('gives by apply, transpose and barycentricMap what its matrix gives', async () => {
    const { plan } = await loss.solve(x, y);
    const dense = await plan.dense();
    const values = Float64Array.from({ length: 60 }, (_, k) => Math.sin(k));
    const applied = await plan.apply(values);
    const back = await plan.transpose().apply(applied);
    const map = await plan.barycentricMap();
    const denseBack = new Float64Array(60);
    for (let i = 0; i < 40; i++) {
      const row = dense.subarray(i * 30, (i + 1) * 30);
      const mass = row.reduce((sum, entry) => sum + entry, 0);
      for (const c of [0, 1]) {
        const expected = row.reduce((sum, entry, j) => sum + entry * values[2 * j + c], 0);
        expect(applied[2 * i + c]).toBeCloseTo(expected, 12);
        const mean = row.reduce((sum, entry, j) => sum + entry * y.points[2 * j + c], 0) / mass;
        expect(map[2 * i + c]).toBeCloseTo(mean, 12);
        row.forEach((entry, j) => {
          denseBack[2 * j + c] += entry * applied[2 * i + c];
        });
      }
    }
    back.forEach((value, index) => {
      expect(value).toBeCloseTo(denseBack[index], 12);
    });
  });

  test('is optimal: primal and dual values agree', async () => {
    const transport = sinkhornDivergence({ backend, blur: 0.2, debias: false, tolerance: 1e-12 });
    const solution = await transport.solve(x, y);
    const dense = await solution.plan.dense();
    let primal = 0;
    dense.forEach((mass, index) => {
      const [i, j] = [Math.floor(index / 30), index % 30];
      const cost = ((x.points[2 * i] - y.points[2 * j]) ** 2 + (x.points[2 * i + 1] - y.points[2 * j + 1]) ** 2) / 2;
      primal += mass * cost + (mass > 0 ? 0.04 * mass * Math.log(mass / (x.weights[i] * y.weights[j])) : 0);
    });
    expect(primal).toBeCloseTo(solution.value, 10);
  });

  test('refuses to be a matrix that would not fit, and to take values that do not', async () => {
    const { plan } = await loss.solve(x, y);
    await expect(plan.apply([1, 2, 3])).rejects.toThrow(/values has 3 numbers.*30 points of y/);
    const many = checkMeasure('x', cloud(4097, 1, 3));
    const source = {
      backend,
      pair: { x: many, y: many },
      options: {
        cost: powerCost(2),
        p: 2,
        homogeneous: true,
        blur: 1,
        reach: { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY },
        scaling: 0.5,
        debias: true,
        tolerance: 1e-3,
        maxIterations: 1,
      },
      potentials: { f_ba: new Float64Array(4097), g_ab: new Float64Array(4097) },
    };
    const dense = () => runSync(densePlan(source, 'x'));
    expect(dense).toThrow(UnsupportedError);
    expect(dense).toThrow(/4097 x 4097 has more than 16777216 entries: use apply/);
  });
});

describe('potentials off the sample', () => {
  test('are at the points of a cloud what the solution has there', async () => {
    const solution = await sinkhornDivergence({ backend, blur: 0.1, reach: 1 }).solve(x, y);
    const atX = await solution.potentialsAt(x);
    const atY = await solution.potentialsAt(y, 'y');
    expect(atX.cross).toEqual(solution.potentials.f_ba);
    expect(atX.self).toEqual(solution.potentials.f_aa);
    expect(atY.cross).toEqual(solution.potentials.g_ab);
    expect(atY.self).toEqual(solution.potentials.g_bb);
  });

  test('have the gradient as their slope: a_i grad(f_ba - f_aa)(x_i)', async () => {
    const solution = await sinkhornDivergence({ backend, blur: 0.2, tolerance: 1e-12 }).solve(x, y, { wrt: 'x' });
    const { x: gradient } = await solution.gradients();
    const h = 1e-5;
    const at = async (shift: number) => {
      const { cross, self = [] } = await solution.potentialsAt([[x.points[6] + shift, x.points[7]]]);
      return cross[0] - self[0];
    };
    const slope = ((await at(h)) - (await at(-h))) / (2 * h);
    expect(gradient?.points[6]).toBeCloseTo(x.weights[3] * slope, 8);
  });
});

describe('warm starts', () => {
  const loss = sinkhornDivergence({ backend, blur: 0.05, tolerance: 1e-6 });
  const moved = { ...x, points: x.points.map((value, index) => value + 0.002 * Math.sin(index)) };

  test('arrive at the same solution with fewer reductions', async () => {
    const start = await loss.solve(x, y);
    const cold = await loss.solve(moved, y);
    const warm = await loss.solve(moved, y, { start });
    expect(warm.value).toBeCloseTo(cold.value, 8);
    expect(warm.diagnostics.converged).toBe(true);
    expect(warm.diagnostics.reductions).toBeLessThan(cold.diagnostics.reductions);
  });

  test('survive points that jumped far away', async () => {
    const start = await loss.solve(x, y);
    const far = { ...x, points: x.points.map((value) => 3 * value + 5) };
    const warm = await loss.solve(far, y, { start });
    expect(warm.diagnostics.converged).toBe(true);
    expect(warm.value / (await loss.value(far, y))).toBeCloseTo(1, 6);
  });

  test('work through combine and perFeature', async () => {
    const composed = combine([
      { loss: perFeature(loss, [0, 1]), weight: 2 },
      { loss: hausdorffDivergence({ backend }) },
      { loss: energyDistance({ backend }) },
    ]);
    const start = await composed.solve(x, y);
    const warm = await composed.solve(moved, y, { start });
    expect(warm.value).toBeCloseTo(await composed.value(moved, y), 6);
  });
});

describe('a target', () => {
  const losses = {
    sinkhorn: sinkhornDivergence({ backend, blur: 0.1, tolerance: 1e-8 }),
    unbalanced: sinkhornDivergence({ backend, blur: 0.1, tolerance: 1e-8, reach: { x: 1, y: 0.5 } }),
    transport: sinkhornDivergence({ backend, blur: 0.1, debias: false }),
    schedule: sinkhornDivergence({ backend, blur: 0.1, tolerance: null }),
    hausdorff: hausdorffDivergence({ backend, blur: 0.1, tolerance: 1e-8 }),
    energy: energyDistance({ backend }),
    composed: combine([{ loss: perFeature(energyDistance({ backend }), [0]) }, { loss: energyDistance({ backend }) }]),
  };

  test.each(Object.entries(losses))('gives what the loss gives: %s', async (_name, loss) => {
    const fixed = loss.target(y);
    const expected = await loss.valueAndGradients(x, y);
    for (const step of [await fixed.valueAndGradients(x), fixed.valueAndGradientsSync(x)]) {
      expect(step.value).toBeCloseTo(expected.value, 8);
      step.x?.points.forEach((value, index) => {
        expect(value).toBeCloseTo(expected.x?.points[index] ?? Number.NaN, 8);
      });
      expect(step.diagnostics.reductions).toBeLessThanOrEqual(expected.diagnostics.reductions);
    }
    expect(fixed.valueSync(x)).toBe(await fixed.value(x));
  });

  test('keeps to y as it was given', async () => {
    const mine = { ...y, points: y.points.slice() };
    const fixed = losses.energy.target(mine);
    const before = await fixed.value(x);
    mine.points.fill(100);
    expect(await fixed.value(x)).toBe(before);
  });
});

describe('a solution', () => {
  test('is that of the clouds as they were, whatever the caller does to its arrays', async () => {
    const mine = { ...x, points: x.points.slice() };
    const solution = await losses2.solve(mine, y);
    const expected = await losses2.solve(x, y, { wrt: 'both' });
    mine.points.fill(7);
    expect(await solution.gradients('both')).toEqual(await expected.gradients('both'));
  });

  test('gives the same with and without waiting', async () => {
    const waited = await losses2.solve(x, y);
    const direct = losses2.solveSync(x, y);
    expect(direct.value).toBe(waited.value);
    expect(direct.gradientsSync('both')).toEqual(await waited.gradients('both'));
  });
});

const losses2 = sinkhornDivergence({ backend, blur: 0.2 });

describe('symmetry', () => {
  const losses = {
    sinkhorn: sinkhornDivergence({ backend, blur: 0.05 }),
    unbalanced: sinkhornDivergence({ backend, blur: 0.05, reach: 0.5 }),
    cost: sinkhornDivergence({ backend, p: 1, blur: 0.1, cost: (u, v) => formula.sum(formula.abs(formula.sub(u, v))) }),
    hausdorff: hausdorffDivergence({ backend, blur: 0.05, tolerance: 1e-12 }),
  };

  test.each(Object.entries(losses))(
    '%s does not depend on the order of its arguments, far from convergence or near',
    async (_name, loss) => {
      const forward = await loss.solve(x, y);
      const backward = await loss.solve(y, x);
      expect(backward.value).toBe(forward.value);
      expect((await backward.gradients('y')).y).toEqual((await forward.gradients('x')).x);
    },
  );

  test.each(Object.entries(losses))(
    '%s is 0 between a cloud and itself, and so is its gradient',
    async (_name, loss) => {
      const step = await loss.valueAndGradients(x, { ...x, points: x.points.slice() });
      expect(step.value).toBe(0);
      step.x?.points.forEach((value) => {
        expect(Math.abs(value)).toBeLessThan(1e-12);
      });
    },
  );
});
