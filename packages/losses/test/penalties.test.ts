import { readFileSync } from 'node:fs';
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { formula, InvalidMeasureError, InvalidOptionError, UnsupportedError } from '@sinkhorn/core';
import { type Backend, combine, type Penalty, type PenaltyOption, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, describe, expect, it, test } from 'vitest';
import { changed, cloud } from './support/clouds.js';

interface ReferencePenalty {
  kind: 'kl' | 'tv' | 'range' | 'berg' | 'hellinger' | 'quadratic' | 'balanced';
  rho: number;
  lo: number;
  hi: number;
}
interface PenaltyCase {
  id: string;
  p: 1 | 2;
  blur: number;
  penalty_x: ReferencePenalty;
  penalty_y: ReferencePenalty;
  x: number[][];
  a: number[];
  y: number[][];
  b: number[];
  converged: {
    OT_ab: number;
    S: number;
    S_grad_a: number[];
    S_grad_b: number[];
    S_grad_x: number[][];
    S_grad_y: number[][];
    marginals_x: number[];
    marginals_y: number[];
    lower_bound: number;
    mass_ab: number;
  };
}
const file = new URL('./reference/penalties.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: PenaltyCase[] };
const penalized = cases.filter(({ penalty_x: penalty }) => penalty);

function penaltyOf({ kind, rho, lo, hi }: ReferencePenalty): Penalty {
  if (kind === 'balanced') return kind;
  return kind === 'range' ? { kind, low: lo, high: hi } : { kind, strength: rho };
}
const optionsOf = ({ p, blur, penalty_x, penalty_y }: PenaltyCase) => ({
  p,
  blur,
  penalty: { x: penaltyOf(penalty_x), y: penaltyOf(penalty_y) },
});
const measure = (points: number[][], weights: number[]) => ({
  points: points.flat(),
  dimension: points[0].length,
  weights,
});
const sidesOf = ({ x, a, y, b }: PenaltyCase) => [measure(x, a), measure(y, b)] as const;

const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
const apart = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(found.length).toBe(wanted.length);
  return norm(Array.from(found, (value, k) => value - wanted[k]));
};
/** Where a mass is held the reference has gradients without their mean. */
function centred(values: ArrayLike<number>, weights: number[], kind: string): number[] {
  const all = Array.from(values);
  if (kind !== 'balanced') return all;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = weights.reduce((sum, weight, k) => sum + weight * all[k], 0) / total;
  return all.map((value) => value - mean);
}

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());
/** A device without float64. */
const { inFloat64, ...float32 } = device;
const coarse: Backend = float32;

describe.each(penalized)('$id', (problem) => {
  const { a, b, penalty_x, penalty_y, converged: wanted } = problem;
  const [x, y] = sidesOf(problem);
  const options = optionsOf(problem);

  it('has the value, gradients and marginals of the reference, and not less than its lower bound', async () => {
    const loss = sinkhornDivergence({ backend: cpu(), ...options, tolerance: 1e-12 });
    const solution = await loss.solve(x, y, { wrt: 'both' });
    const gradients = await solution.gradients('both');
    expect(Math.abs(solution.value - wanted.S)).toBeLessThan(1e-13);
    expect(solution.value).toBeGreaterThanOrEqual(wanted.lower_bound);
    expect(apart(gradients.x.points, wanted.S_grad_x.flat())).toBeLessThan(1e-12);
    expect(apart(gradients.y.points, wanted.S_grad_y.flat())).toBeLessThan(1e-12);
    expect(apart(centred(gradients.x.weights, a, penalty_x.kind), wanted.S_grad_a)).toBeLessThan(1e-11);
    expect(apart(centred(gradients.y.weights, b, penalty_y.kind), wanted.S_grad_b)).toBeLessThan(1e-11);
    const { rows, columns } = await solution.plan.marginals();
    expect(apart(rows, wanted.marginals_x)).toBeLessThan(1e-11);
    expect(apart(columns, wanted.marginals_y)).toBeLessThan(1e-11);
    expect(solution.diagnostics.accurate).toBe(true);
  });

  it('has the value of transport alone', async () => {
    const loss = sinkhornDivergence({ backend: cpu(), ...options, debias: false });
    const { value, diagnostics } = await loss.solve(x, y);
    expect(Math.abs(value / wanted.OT_ab - 1)).toBeLessThan(diagnostics.valueError + 1e-14);
    expect(diagnostics.accurate).toBe(true);
  });

  it.each([
    ['float32 and float64 on wasm', device],
    ['cpu', cpu()],
    ['float32 alone', coarse],
  ])('says by default how far it is off: %s', async (_, backend) => {
    const loss = sinkhornDivergence({ backend, ...options });
    const { value, x: gradient, diagnostics } = await loss.valueAndGradients(x, y);
    const { valueError, gradientError = 0, accurate } = diagnostics;
    expect(accurate).toBe(true);
    expect(Math.abs(value / wanted.S - 1)).toBeLessThan(valueError + 1e-14);
    const points = wanted.S_grad_x.flat();
    expect(apart(gradient.points, points) / norm(points)).toBeLessThan(gradientError + 1e-13);
  });
});

interface PartialCase extends Pick<PenaltyCase, 'id' | 'p' | 'blur' | 'x' | 'a' | 'y' | 'b'> {
  mass: number;
  converged: { OT: number; cost: number; threshold: number; marginals_x: number[]; marginals_y: number[] };
}
const partial = cases.filter((one) => 'mass' in one) as unknown as PartialCase[];

describe.each(partial)('$id', ({ p, blur, mass, x: points, a, y: against, b, converged: wanted }) => {
  const [x, y] = [measure(points, a), measure(against, b)];
  const penalty: PenaltyOption = { kind: 'partial', mass };

  it.each([
    ['cpu', cpu()],
    ['wasm', device],
  ])('has the value and the marginals of the reference: %s', async (_, backend) => {
    const solution = await sinkhornDivergence({ backend, p, blur, penalty, debias: false }).solve(x, y);
    const { valueError, accurate } = solution.diagnostics;
    expect(accurate).toBe(true);
    expect(Math.abs(solution.value / wanted.OT - 1)).toBeLessThan(valueError + 1e-13);
    const { rows, columns } = await solution.plan.marginals();
    expect(apart(rows, wanted.marginals_x)).toBeLessThan(1e-8);
    expect(apart(columns, wanted.marginals_y)).toBeLessThan(1e-8);
    const at = await solution.potentialsAt(x);
    expect(apart(at.cross, solution.potentials.f_ba)).toBeLessThan(1e-8);
  });
});

test('where updates are slow and float32 too coarse for them float64 takes over in time', async () => {
  const [x, y] = [cloud(22, 1, 71), cloud(22, 1, 72, 3)];
  const loss = sinkhornDivergence({
    backend: device,
    blur: 0.01,
    debias: false,
    penalty: { kind: 'kl', strength: 4.5 },
  });
  const { value, diagnostics } = await loss.valueAndGradients(x, y);
  expect(diagnostics.accurate).toBe(true);
  expect(diagnostics.valueError).toBeLessThan(1e-6);
  expect(value).toBeGreaterThan(0);
});

describe('partial transport', () => {
  const x = cloud(6, 2, 51, 0, 0.8);
  const y = cloud(5, 2, 52, 0.3, 1.1);
  const of = (mass: number, more: object = {}) =>
    sinkhornDivergence({ backend: device, blur: 0.15, debias: false, penalty: { kind: 'partial', mass }, ...more });

  it('goes between clouds so far apart that without a price no mass is a number', async () => {
    const far = { points: [0, 0, 0.1, 0.3, 0.2, 0], dimension: 2 };
    const { value, diagnostics } = await of(0.5, { blur: 0.01 }).valueAndGradients(far, {
      points: [3, 0, 3.1, 0.4, 3.3, 0.1],
      dimension: 2,
    });
    // A third from (.2, 0) to (3, 0), and a sixth from (.1, .3) to (3.1, .4).
    const exact = 2.8 ** 2 / 2 / 3 + (3 ** 2 + 0.1 ** 2) / 2 / 6;
    expect(diagnostics).toMatchObject({ accurate: true, converged: true });
    expect(value).toBeGreaterThan(exact);
    expect(value).toBeLessThan(exact + 2e-4);
  });

  it.each([0.3, 0.8])('of %f has the derivatives of its value in points', async (mass) => {
    const loss = of(mass, { tolerance: 1e-12 });
    const { x: gradient } = await loss.valueAndGradients(x, y);
    const h = 1e-4;
    for (let k = 0; k < 12; k += 3) {
      const at = (by: number) => loss.value(changed(x, 'points', k, by), y);
      expect(Math.abs(((await at(h)) - (await at(-h))) / (2 * h) - gradient.points[k])).toBeLessThan(1e-6);
    }
  });

  it('of all of the smaller measure holds that side', async () => {
    const { plan } = await of(0.8).solve(x, y);
    const { rows } = await plan.marginals();
    expect(apart(rows, x.weights)).toBeLessThan(1e-6);
  });

  it('is refused where it makes no sense', async () => {
    const refused = async (loss: ReturnType<typeof of>, message: RegExp, one: object = x) =>
      expect(loss.value(one as typeof x, y)).rejects.toThrow(message);
    await refused(of(0.9), /mass is 0\.9.*x has 0\.8/);
    await refused(of(0), /penalty\.mass is 0/);
    await refused(of(Number.NaN), /penalty\.mass is NaN/);
    await refused(of(0.1, { debias: true }), /debias: false/);
    await refused(of(0.1, { penalty: { x: { kind: 'partial', mass: 1 } } }), /both sides/);
    await refused(of(0.1, { penalty: { kind: 'partial', mass: 0.1, strength: 1 } }), /no option 'strength'/);
  });
});

const kinds: [string, PenaltyOption, boolean][] = [
  ['kl', { kind: 'kl', strength: 0.3 }, true],
  ['tv', { kind: 'tv', strength: 0.07 }, true],
  ['berg', { kind: 'berg', strength: 0.3 }, true],
  ['hellinger', { kind: 'hellinger', strength: 0.3 }, true],
  ['quadratic', { kind: 'quadratic', strength: 0.3 }, true],
  ['range', { kind: 'range', low: 0.6, high: 1.5 }, true],
  ['tv of x alone', { x: { kind: 'tv', strength: 0.1 } }, true],
  [
    'berg and quadratic without debiasing',
    { x: { kind: 'berg', reach: 0.4 }, y: { kind: 'quadratic', strength: 0.2 } },
    false,
  ],
  ['range without debiasing', { x: { kind: 'range', low: 0, high: 1 }, y: { kind: 'kl', strength: 0.4 } }, false],
];

describe.each(kinds)('%s', (_, penalty, debias) => {
  const loss = sinkhornDivergence({ backend: device, blur: 0.2, penalty, debias, tolerance: 1e-13 });
  const x = cloud(5, 2, 1, 0, 0.9);
  const y = cloud(4, 2, 2, 0.3, 1.2);
  y.weights[1] = 0;
  // Two points in one place.
  x.points.set(x.points.subarray(0, 2), 2);

  it('has the derivatives of its value', async () => {
    const h = 1e-4;
    const found = await loss.valueAndGradients(x, y, { wrt: 'both' });
    const sides = [
      { side: 'x', at: (c: typeof x) => loss.value(c, y), cloud: x, gradient: found.x },
      { side: 'y', at: (c: typeof x) => loss.value(x, c), cloud: y, gradient: found.y },
    ] as const;
    for (const { side, at, cloud: moved, gradient } of sides) {
      for (const field of ['points', 'weights'] as const) {
        for (let k = 0; k < moved[field].length; k++) {
          // A weight of 0 has one side alone.
          if (field === 'weights' && moved.weights[k] === 0) continue;
          const slope = ((await at(changed(moved, field, k, h))) - (await at(changed(moved, field, k, -h)))) / (2 * h);
          expect(Math.abs(slope - gradient[field][k]), `${side}.${field}[${k}]`).toBeLessThan(1e-6);
        }
      }
    }
  });

  it('is 0 or more, and exactly 0 against itself', async () => {
    if (!debias) return;
    for (let seed = 3; seed < 9; seed++) {
      const [one, two] = [cloud(6, 3, seed), cloud(5, 3, seed + 10, 0.01 * seed)];
      expect(await loss.value(one, two)).toBeGreaterThan(0);
    }
    const { value, x: gradient } = await loss.valueAndGradients(x, { ...x });
    if (JSON.stringify(penalty).startsWith('{"x"')) return;
    expect(value).toBe(0);
    expect(Math.max(...gradient.points.map(Math.abs), ...gradient.weights.map(Math.abs))).toBe(0);
  });

  it('has its potentials anywhere, and its own at its own points', async () => {
    const { potentials, potentialsAt } = await loss.solve(x, y);
    const at = await potentialsAt(x);
    expect(apart(at.cross, potentials.f_ba)).toBeLessThan(1e-11);
    expect(apart((await potentialsAt(y, 'y')).cross, potentials.g_ab)).toBeLessThan(1e-11);
    if (debias) expect(apart(at.self ?? [], potentials.f_aa ?? [])).toBeLessThan(1e-11);
  });
});

describe('a penalty', () => {
  const x = cloud(6, 2, 21, 0, 0.8);
  const y = cloud(7, 2, 22, 0.5, 1.1);
  const of = (penalty: unknown, more: object = {}) =>
    sinkhornDivergence({ backend: device, blur: 0.1, penalty: penalty as PenaltyOption, ...more });

  it("of kind 'kl' with a reach is the option reach", async () => {
    for (const p of [1, 2]) {
      const wanted = await sinkhornDivergence({ backend: cpu(), p, blur: 0.1, reach: 0.4 }).valueAndGradients(x, y);
      const found = await of({ kind: 'kl', reach: 0.4 }, { p, tolerance: 1e-12 }).valueAndGradients(x, y);
      expect(Math.abs(found.value / wanted.value - 1)).toBeLessThan(1e-10);
      expect(apart(found.x.points, wanted.x.points)).toBeLessThan(1e-9);
      expect(apart(found.x.weights, wanted.x.weights)).toBeLessThan(1e-9);
    }
  });

  it("of kind 'balanced' is no penalty", async () => {
    const even = cloud(7, 2, 22, 0.5, 0.8);
    const wanted = await sinkhornDivergence({ backend: cpu(), blur: 0.1 }).value(x, even);
    expect(Math.abs((await of('balanced').value(x, even)) / wanted - 1)).toBeLessThan(1e-9);
  });

  it('of total variation leaves what costs more than both strengths where it is', async () => {
    const far = [[0], [10]];
    const near = [[0.3], [50]];
    const { value, plan } = await of({ kind: 'tv', strength: 1 }, { p: 1, blur: 1e-3, debias: false }).solve(far, near);
    expect(value).toBeCloseTo(0.5 * 0.3 + 0.5 * 2, 2);
    expect((await plan.marginals()).rows[1]).toBeLessThan(1e-12);
  });

  it('works in batches, with a cost of one’s own, with shares, in sums, against a target and from a warm start', async () => {
    const penalty: PenaltyOption = { kind: 'hellinger', strength: 0.2 };
    const loss = of(penalty, { tolerance: 1e-12 });
    const [u, v] = [cloud(6, 2, 31), cloud(7, 2, 32)];
    const batch = (one: typeof u, two: typeof u) => ({
      data: [...one.points, ...two.points],
      shape: [2, one.weights.length, 2],
      weights: [...one.weights, ...two.weights],
    });
    const values = (await loss.value(batch(x, u), batch(y, v))) as unknown as Float64Array;
    expect(values[0]).toBeCloseTo(await loss.value(x, y), 11);
    expect(values[1]).toBeCloseTo(await loss.value(u, v), 11);

    const cost: typeof formula.distance = (one, two) => formula.mul(0.5, formula.squaredDistance(one, two)) as never;
    expect(await of(penalty, { cost, tolerance: 1e-12 }).value(x, y)).toBeCloseTo(values[0], 11);
    const shares = await of(penalty, { normalize: true, tolerance: 1e-12 }).value(u, {
      ...v,
      weights: v.weights.map((w) => 3 * w),
    });
    expect(shares).toBeCloseTo(values[1], 11);
    expect(await combine([{ loss, weight: 2 }]).value(x, y)).toBeCloseTo(2 * values[0], 11);
    expect(await loss.target(y).value(x)).toBeCloseTo(values[0], 11);
    const start = await loss.solve(x, y);
    const again = await loss.solve(changed(x, 'points', 0, 1e-3), y, { start });
    expect(again.diagnostics.iterations).toBeLessThan(start.diagnostics.iterations);
  });

  it('says so where it does not converge', async () => {
    const loss = of({ kind: 'tv', strength: 3 }, { blur: 0.01, maxIterations: 2 });
    const { value, diagnostics } = await loss.solve(x, y);
    const truth = await of({ kind: 'tv', strength: 3 }, { blur: 0.01, maxIterations: 20_000, tolerance: 1e-12 }).value(
      x,
      y,
    );
    expect(diagnostics.accurate).toBe(false);
    expect(Math.abs(value / truth - 1)).toBeLessThan(diagnostics.valueError);
  });

  const wrong: [string, unknown, object, RegExp, new (...args: never[]) => Error][] = [
    ['null', null, {}, /penalty is null.*kind/, InvalidOptionError],
    ['a text', 'tv', {}, /penalty is tv/, InvalidOptionError],
    ['an unknown kind', { kind: 'l2', strength: 1 }, {}, /penalty\.kind is 'l2'.*'kl'.*'range'/, InvalidOptionError],
    ['empty', {}, {}, /neither a kind nor a side.*\{ kind, strength \}/, InvalidOptionError],
    ['no strength', { kind: 'tv' }, {}, /strength is undefined/, InvalidOptionError],
    ['a strength of 0', { y: { kind: 'tv', strength: 0 } }, {}, /penalty\.y\.strength is 0/, InvalidOptionError],
    ['a reach below 0', { kind: 'tv', reach: -1 }, {}, /penalty\.reach is -1/, InvalidOptionError],
    ['strength and reach', { kind: 'kl', strength: 1, reach: 1 }, {}, /strength and a reach/, InvalidOptionError],
    ['an option too many', { kind: 'tv', strength: 1, rho: 2 }, {}, /no option 'rho'/, InvalidOptionError],
    ['a side that is none', { z: 'balanced' }, {}, /no option 'z'.*x, y/, InvalidOptionError],
    ['a range upside down', { kind: 'range', low: 2, high: 1 }, {}, /from 2 to 1/, InvalidOptionError],
    ['reach beside it', { kind: 'tv', strength: 1 }, { reach: 1 }, /reach and penalty/, InvalidOptionError],
    ['no tolerance', { kind: 'tv', strength: 1 }, { tolerance: null }, /tolerance is null/, InvalidOptionError],
    ["Newton's method", { kind: 'tv', strength: 1 }, { method: 'newton' }, /'newton'/, UnsupportedError],
    ['cells', { kind: 'tv', strength: 1 }, { strategy: 'multiscale' }, /there is a penalty/, UnsupportedError],
    ['a range without a plan', { kind: 'range', low: 0.99, high: 1.01 }, {}, /widen a range/, InvalidMeasureError],
    ['masses that differ where both are held', 'balanced', {}, /mass 0\.8.*penalty/, InvalidMeasureError],
  ];
  test.each(wrong)('that is %s is refused', async (_, penalty, more, message, type) => {
    const found = of(penalty, more).value(x, y);
    await expect(found).rejects.toThrow(message);
    await expect(found).rejects.toBeInstanceOf(type);
  });
});
