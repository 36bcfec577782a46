import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import {
  type Backend,
  type Cotangents,
  formula,
  InvalidMeasureError,
  InvalidOptionError,
  type ProblemDirection,
  type SinkhornDivergenceOptions,
  type SinkhornSolution,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { differenced, directionOf, dot, moved, relative } from '../support/directions.js';
import { centred, problemOf, secondOrderCases } from './secondOrderCases.js';

const { add, component, mul, square, squaredDistance } = formula;

const backend = cpu();
const exact = { tolerance: 1e-13, maxIterations: 50_000, onInaccurate: 'ignore' } as const;

/** A device that has float32 alone, as GPUs do. */
const withoutFloat64 = (device: Backend): Backend =>
  new Proxy(device, { get: (target, key) => (key === 'inFloat64' ? undefined : Reflect.get(target, key, target)) });

let wasm64: Backend;
let wasm32: Backend;
beforeAll(async () => {
  wasm64 = await wasm({ threads: 1, precision: 'float64' });
  wasm32 = await wasm({ threads: 1, precision: 'float32' });
});
afterAll(() => {
  wasm64.dispose();
  wasm32.dispose();
});

const x = cloud(7, 2, 1);
const y = cloud(6, 2, 2, 0.3);
const heavy = cloud(7, 2, 1, 0, 1.7);
const light = cloud(6, 2, 2, 0.3, 0.8);

function withoutSome({ weights, ...rest }: TestCloud): TestCloud {
  const kept = weights.map((weight, k) => (k === 1 || k === 3 ? 0 : weight));
  const total = kept.reduce((sum, weight) => sum + weight);
  return { ...rest, weights: kept.map((weight) => weight / total) };
}

const numbers = (count: number, seed: number) => {
  const next = random(seed);
  return Float64Array.from({ length: count }, () => next() - 0.5);
};

describe('cotangents are those of the reference', () => {
  test.each(secondOrderCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const { options, ...clouds } = problemOf(one);
    for (const on of [backend, wasm64, wasm32]) {
      const loss = sinkhornDivergence({ ...exact, backend: on, tolerance: 1e-12, debias: false, ...options });
      const solution = await loss.solve(clouds.x, clouds.y);
      const check = (found: Cotangents, wanted: (typeof one)['vjpBarycentric' | 'vjpPotentials']) => {
        expect(relative(found.x.points, wanted.x.flat())).toBeLessThan(1e-9);
        expect(relative(found.y.points, wanted.y.flat())).toBeLessThan(1e-9);
        expect(relative(centred(found.x.weights, one), centred(wanted.a, one))).toBeLessThan(1e-8);
        expect(relative(centred(found.y.weights, one), centred(wanted.b, one))).toBeLessThan(1e-8);
        expect(found.blur[0] / wanted.blur).toBeCloseTo(1, 8);
        expect([found.reach.x[0], found.reach.y[0]]).toEqual(
          wanted.reach?.map((value) => expect.closeTo(value, 8)) ?? [0, 0],
        );
        expect(found.diagnostics.converged).toBe(true);
      };
      check(await solution.plan.barycentricMapVjp(one.vjpBarycentric.cotangent.flat()), one.vjpBarycentric);
      const { f, g } = one.vjpPotentials.cotangent;
      check(await solution.potentialsVjp({ f_ba: f, g_ab: g }), one.vjpPotentials);
    }
  });
});

interface Problem {
  readonly options: Partial<SinkhornDivergenceOptions>;
  readonly x: TestCloud;
  readonly y: TestCloud;
  readonly changes: readonly [number, number];
  readonly reach?: { readonly x?: number; readonly y?: number };
}

const askew = {
  cost: (from: Parameters<typeof component>[0], to: Parameters<typeof component>[0]) =>
    add(squaredDistance(from, to), mul(0.3, mul(component(from, 0), square(component(to, 1))))),
  p: 1,
  diameter: 2,
  debias: false,
};
const problems: Record<string, Problem> = {
  'balanced, p = 2': { options: {}, x, y, changes: [0.02, 0.02] },
  'balanced, p = 1': { options: { p: 1 }, x, y, changes: [0.02, 0.02] },
  'balanced, without debiasing': { options: { debias: false }, x, y, changes: [0.02, 0.02] },
  unbalanced: { options: { reach: 0.6 }, x: heavy, y: light, changes: [0.1, -0.05], reach: { x: 0.3, y: 0.2 } },
  'with two reaches, p = 1': {
    options: { reach: { x: 0.4, y: 0.9 }, p: 1 },
    x: heavy,
    y: light,
    changes: [0.1, -0.05],
    reach: { x: -0.3, y: 0.4 },
  },
  'unbalanced on one side': {
    options: { reach: { x: 0.4 }, debias: false },
    x: heavy,
    y: light,
    changes: [0.1, -0.05],
    reach: { x: 0.7 },
  },
  'of shares': { options: { normalize: true }, x: heavy, y: light, changes: [0.1, -0.05] },
  'with a cost that is not symmetric': { options: askew, x, y, changes: [0.02, 0.02] },
  'with points of weight 0': { options: {}, x: withoutSome(x), y: withoutSome(y), changes: [0.02, 0.02] },
  'with points of weight 0, unbalanced': {
    options: { reach: 0.5, p: 1 },
    x: withoutSome(x),
    y: withoutSome(y),
    changes: [0.1, -0.1],
    reach: { x: 0.2, y: 0.5 },
  },
};

const none = new Float64Array();

/** What of a solution can be differentiated, flat. */
const outputs = {
  'the barycentric map': async ({ plan }: SinkhornSolution) => [await plan.barycentricMap()],
  'the map back': async ({ plan }: SinkhornSolution) => [await plan.transpose().barycentricMap()],
  'products with values': async ({ plan }: SinkhornSolution) => [await plan.apply(numbers(18, 77))],
  'products back': async ({ plan }: SinkhornSolution) => [await plan.transpose().apply(numbers(7, 78))],
  potentials: async ({ potentials: { f_ba, g_ab, f_aa = none, g_bb = none } }: SinkhornSolution) => [
    f_ba,
    g_ab,
    f_aa,
    g_bb,
  ],
};

const jvps: Record<
  keyof typeof outputs,
  (one: SinkhornSolution, d: ProblemDirection, t: object) => Promise<ArrayLike<number>[]>
> = {
  'the barycentric map': async ({ plan }, d, t) => [(await plan.barycentricMapJvp(d, t)).values],
  'the map back': async ({ plan }, d, t) => [(await plan.transpose().barycentricMapJvp(d, t)).values],
  'products with values': async ({ plan }, d, t) => [(await plan.applyJvp(numbers(18, 77), d, t)).values],
  'products back': async ({ plan }, d, t) => [(await plan.transpose().applyJvp(numbers(7, 78), d, t)).values],
  potentials: async (solution, d, t) => {
    const { f_ba, g_ab, f_aa = [], g_bb = [] } = await solution.potentialsJvp(d, t);
    return [f_ba, g_ab, f_aa, g_bb];
  },
};

const vjps: Record<
  keyof typeof outputs,
  (one: SinkhornSolution, u: ArrayLike<number>[], t: object) => Promise<Cotangents>
> = {
  'the barycentric map': ({ plan }, [u], t) => plan.barycentricMapVjp(u, t),
  'the map back': ({ plan }, [u], t) => plan.transpose().barycentricMapVjp(u, t),
  'products with values': ({ plan }, [u], t) => plan.applyVjp(numbers(18, 77), u, t),
  'products back': ({ plan }, [u], t) => plan.transpose().applyVjp(numbers(7, 78), u, t),
  potentials: (solution, [f_ba, g_ab, f_aa, g_bb], t) =>
    solution.potentialsVjp({ f_ba, g_ab, ...(solution.potentials.f_aa && { f_aa, g_bb }) }, t),
};

const names = Object.keys(outputs) as (keyof typeof outputs)[];
const cases = Object.entries(problems).flatMap(([kind, problem]) =>
  names.map((name) => [name, kind, problem] as const),
);

/** A direction of everything, and its scalar product with what cotangents give. */
function directionOfAll({ x: from, y: to, changes, reach }: Problem) {
  const [dx, dy] = [directionOf(from, 5, changes[0]), directionOf(to, 6, changes[1])];
  const direction = { x: dx, y: dy, blur: 0.4, ...(reach && { reach }) };
  const along = (found: Cotangents) =>
    dot(found.x.points, dx.points) +
    dot(found.x.weights, dx.weights) +
    dot(found.y.points, dy.points) +
    dot(found.y.weights, dy.weights) +
    0.4 * found.blur[0] +
    (reach?.x ?? 0) * found.reach.x[0] +
    (reach?.y ?? 0) * found.reach.y[0];
  return { dx, dy, direction, along };
}

const blur = 0.25;

describe('derivatives', () => {
  test.each(cases)('of %s are what central differences give, %s', async (name, _, problem) => {
    const { dx, dy, direction, along } = directionOfAll(problem);
    const at = async (by: number) => {
      const reach = problem.options.reach;
      const both = typeof reach === 'number' ? { x: reach, y: reach } : reach;
      const shifted = both && {
        ...(both.x !== undefined && { x: both.x + by * (problem.reach?.x ?? 0) }),
        ...(both.y !== undefined && { y: both.y + by * (problem.reach?.y ?? 0) }),
      };
      const loss = sinkhornDivergence({
        ...exact,
        backend,
        ...problem.options,
        blur: blur + 0.4 * by,
        ...(shifted && { reach: shifted }),
      });
      return (await outputs[name](await loss.solve(moved(problem.x, dx, by), moved(problem.y, dy, by)))).map((values) =>
        Float64Array.from(values),
      );
    };
    const wanted = (await differenced(at)).flat();
    const solution = await sinkhornDivergence({ ...exact, backend, blur, ...problem.options }).solve(
      problem.x,
      problem.y,
    );
    const found = (await jvps[name](solution, direction, { tolerance: 1e-13 })).map((values) => Array.from(values));
    expect(relative(found.flat(), wanted)).toBeLessThan(1e-6);
    const cotangents = found.map((values, part) => numbers(values.length, 30 + part));
    const forwards = dot(
      cotangents.flatMap((values) => Array.from(values)),
      found.flat(),
    );
    const size = Math.sqrt(dot(found.flat(), found.flat()));
    const backwards = along(await vjps[name](solution, cotangents, { tolerance: 1e-13 }));
    expect(Math.abs(forwards - backwards) / size).toBeLessThan(1e-10);
  });

  test.each(['balanced, p = 2', 'unbalanced'])('agree forwards and backwards to 1e-4 in float32, %s', async (kind) => {
    const problem = problems[kind];
    const { direction, along } = directionOfAll(problem);
    const device = withoutFloat64(wasm32);
    const loss = sinkhornDivergence({ ...exact, backend: device, tolerance: 1e-6, blur, ...problem.options });
    const solution = await loss.solve(problem.x, problem.y);
    for (const name of names) {
      const found = (await jvps[name](solution, direction, { tolerance: 1e-6 })).map((values) => Array.from(values));
      const cotangents = found.map((values, part) => numbers(values.length, 30 + part));
      const forwards = dot(
        cotangents.flatMap((values) => Array.from(values)),
        found.flat(),
      );
      const backwards = along(await vjps[name](solution, cotangents, { tolerance: 1e-6 }));
      expect(Math.abs(forwards - backwards) / Math.sqrt(dot(found.flat(), found.flat()))).toBeLessThan(1e-4);
    }
  });

  test('are there where points of weight 0 lie far from all mass and beside each other', async () => {
    // Their densities overflow; in nothing but the slope in weights of 0 there is a part of them.
    const empty = [3, 3];
    const beside = (one: TestCloud): TestCloud => ({
      points: Float64Array.of(...one.points, ...empty),
      dimension: 2,
      weights: Float64Array.of(...one.weights, 0),
    });
    const [from, to] = [beside(x), beside(y)];
    const [dx, dy] = [directionOf(from, 5), directionOf(to, 6)];
    const direction = { x: dx, y: dy, blur: 0.4 };
    for (const on of [backend, wasm32]) {
      const solution = await sinkhornDivergence({ ...exact, tolerance: 1e-11, backend: on, blur: 0.05 }).solve(
        from,
        to,
      );
      for (const name of ['the barycentric map', 'the map back', 'potentials'] as const) {
        const found = (await jvps[name](solution, direction, { tolerance: 1e-12 })).map((values) => Array.from(values));
        const cotangents = found.map((values, part) => numbers(values.length, 30 + part));
        const forwards = dot(
          cotangents.flatMap((values) => Array.from(values)),
          found.flat(),
        );
        const back = await vjps[name](solution, cotangents, { tolerance: 1e-12 });
        // Along a direction that does not move the weights of 0 what they are worth does not count, were it infinite.
        const without = (values: Float64Array) => values.subarray(0, -1);
        const backwards =
          dot(back.x.points, dx.points) +
          dot(without(back.x.weights), without(dx.weights)) +
          dot(back.y.points, dy.points) +
          dot(without(back.y.weights), without(dy.weights)) +
          0.4 * back.blur[0];
        expect(Math.abs(forwards - backwards) / Math.sqrt(dot(found.flat(), found.flat()))).toBeLessThan(1e-9);
        // That of a potential there has no bound.
        if (name !== 'potentials') expect(back.x.weights[7]).not.toBeNaN();
      }
      const { x: ofX } = await solution.hessianVectorProduct({ x: dx, y: dy });
      expect(ofX?.points.every(Number.isFinite)).toBe(true);
    }
  });

  test('of products are linear in the values', async () => {
    const { plan } = await sinkhornDivergence({ ...exact, backend, blur }).solve(x, y);
    const [values, change, cotangent] = [numbers(12, 1), numbers(12, 2), numbers(14, 3)];
    const alone = await plan.applyJvp(values, { values: change });
    expect(relative(alone.values, await plan.apply(change))).toBeLessThan(1e-12);
    expect(alone.diagnostics.iterations).toBe(0);
    const { points } = directionOf(x, 3);
    const without = await plan.applyJvp(values, { x: { points } });
    const together = await plan.applyJvp(values, { x: { points }, values: change });
    expect(
      relative(
        together.values,
        Array.from(without.values, (value, k) => value + alone.values[k]),
      ),
    ).toBeLessThan(1e-9);
    const back = await plan.applyVjp(values, cotangent);
    expect(dot(back.values, change)).toBeCloseTo(dot(cotangent, alone.values), 12);
  });

  test('of several directions and cotangents, and of batches, are those of each', async () => {
    const loss = sinkhornDivergence({ ...exact, backend, blur });
    const other = [cloud(7, 2, 11), cloud(6, 2, 12, 0.5)] as const;
    const joinedOf = (...clouds: TestCloud[]) => ({
      data: clouds.flatMap(({ points }) => Array.from(points)),
      shape: [clouds.length, clouds[0].points.length / 2, 2],
      weights: clouds.flatMap(({ weights }) => Array.from(weights)),
    });
    const both = await loss.solve(joinedOf(x, other[0]), joinedOf(y, other[1]));
    const [first, second] = [await loss.solve(x, y), await loss.solve(...other)];
    const t = { tolerance: 1e-12 };
    const [u, v] = [numbers(28, 1), numbers(28, 2)];
    const together = await both.plan.barycentricMapVjp([...u, ...v], t);
    for (const [k, cotangent] of [u, v].entries()) {
      const parts = [
        await first.plan.barycentricMapVjp(cotangent.subarray(0, 14), t),
        await second.plan.barycentricMapVjp(cotangent.subarray(14), t),
      ];
      const points = parts.flatMap((part) => Array.from(part.y.points));
      expect(relative(together.y.points.subarray(24 * k, 24 * k + 24), points)).toBeLessThan(1e-9);
      expect(together.blur[k]).toBeCloseTo(parts[0].blur[0] + parts[1].blur[0], 9);
    }
    const moves = await both.potentialsJvp({ x: { points: [...u, ...v] }, blur: [1, 2] }, t);
    const alone = await second.potentialsJvp({ x: { points: v.subarray(14) }, blur: 2 }, t);
    expect(relative(moves.g_ab.subarray(18, 24), alone.g_ab)).toBeLessThan(1e-9);
    expect(relative(moves.f_aa?.subarray(21, 28) ?? [], alone.f_aa ?? [])).toBeLessThan(1e-9);
  });
});

describe('what is said', () => {
  const loss = sinkhornDivergence({ backend, blur });

  test('of numbers that mean nothing', async () => {
    const solution = await loss.solve(x, y);
    const { plan } = solution;
    await expect(plan.barycentricMapVjp([1, 2])).rejects.toThrow(
      new InvalidMeasureError('cotangent has 2 numbers: give 14, or as many for each of several directions'),
    );
    await expect(plan.applyVjp([1, 2], [1])).rejects.toThrow(InvalidMeasureError);
    const withNaN = numbers(6, 1);
    withNaN[4] = Number.NaN;
    const refused = new InvalidMeasureError('values[4] is NaN: give finite numbers');
    await expect(plan.apply(withNaN)).rejects.toThrow(refused);
    expect(() => plan.applySync(withNaN)).toThrow(refused);
    await expect(plan.applyVjp(withNaN, numbers(7, 1))).rejects.toThrow(refused);
    await expect(plan.applyJvp(withNaN, { blur: 1 })).rejects.toThrow(refused);
    await expect(plan.applyVjp(numbers(6, 1), null as never)).rejects.toThrow(/^cotangent has no numbers/);
    await expect(plan.applyJvp(numbers(6, 1), null as never)).rejects.toThrow(/^direction is null/);
    await expect(plan.barycentricMapVjp(new Array(14).fill(null))).rejects.toThrow('cotangent[0] is null');
    await expect(solution.potentialsVjp({ f_ba: new Float64Array(7).fill(Number.POSITIVE_INFINITY) })).rejects.toThrow(
      'cotangents.f_ba[0] is Infinity: give finite numbers',
    );
    await expect(solution.potentialsJvp({ reach: { z: 1 } } as object)).rejects.toThrow(
      new InvalidOptionError("direction.reach has 'z', which means nothing: it has x, y"),
    );
    await expect(solution.potentialsJvp({ reach: null } as object)).rejects.toThrow(/^direction.reach is null/);
    await expect(solution.potentialsJvp({ blur: 1 }, [1] as object)).rejects.toThrow(/has no option '0'/);
    await expect(solution.interpolate(null as never)).rejects.toThrow('t is null');
    await expect(solution.map(x, { debias: 1 as never })).rejects.toThrow('debias is 1: give true or false');
    await expect(plan.applyJvp(numbers(6, 1), {})).rejects.toThrow(InvalidMeasureError);
    await expect(plan.applyJvp(numbers(6, 1), { values: numbers(12, 1), blur: 1 })).rejects.toThrow(
      InvalidMeasureError,
    );
    await expect(solution.potentialsVjp({})).rejects.toThrow(InvalidOptionError);
    await expect(solution.potentialsVjp({ f_ba: numbers(14, 1), g_ab: numbers(6, 1) })).rejects.toThrow(
      new InvalidMeasureError('cotangents.f_ba has 2, g_ab has 1: give as many cotangents in each'),
    );
    await expect(solution.potentialsVjp({ f: [1] } as object)).rejects.toThrow(InvalidOptionError);
    await expect(solution.potentialsJvp({ reach: 1 })).rejects.toThrow(
      new InvalidOptionError(
        'direction.reach moves that of x, which has none: its marginal is met exactly; leave it out',
      ),
    );
    const biased = await sinkhornDivergence({ backend, blur, debias: false }).solve(x, y);
    await expect(biased.potentialsVjp({ f_aa: numbers(7, 1) })).rejects.toThrow(InvalidOptionError);
  });

  test('of cells', async () => {
    const { plan, ...solution } = await sinkhornDivergence({ backend, blur, strategy: 'multiscale' }).solve(x, y);
    await expect(plan.barycentricMapVjp(numbers(14, 1))).rejects.toThrow(UnsupportedError);
    await expect(solution.potentialsJvp({ blur: 1 })).rejects.toThrow(UnsupportedError);
  });
});
