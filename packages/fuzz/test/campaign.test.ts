import { cpu } from '@sinkhorn/backend-cpu';
import { gpujs } from '@sinkhorn/backend-gpujs';
import { wasm } from '@sinkhorn/backend-wasm';
import {
  cloudTrial,
  examine,
  families,
  isFault,
  type Problem,
  problem,
  type Result,
  statistics,
  type Trial,
  table,
  trialOf,
} from '@sinkhorn/fuzz';
import { describe, expect, it } from 'vitest';

/** A solver that tells the truth. */
async function truthful(one: Trial): Promise<Result> {
  const { values, points, weights, plan } = one.truth(0);
  return {
    values: values.map(({ value }) => value),
    points: points?.values,
    weights: weights?.values,
    plan: plan?.values,
    converged: true,
    accurate: true,
  };
}

const smallProblems = (seed: number, count: number) =>
  Array.from({ length: 10 * count }, (_, index) => problem(seed, index))
    .filter(({ a, b }) => a.length + b.length < 50)
    .slice(0, count);
const small = (seed: number, count: number) => smallProblems(seed, count).map((one) => cloudTrial(one));

describe('a campaign', () => {
  it('runs the library, and reports', async () => {
    const backend = cpu();
    const trials = small(3, 20);
    const cases = [];
    for (const one of trials) cases.push(await examine(one, (asked) => asked.solve({ backend }), 'float64'));
    backend.dispose();
    expect(cases).toHaveLength(20);
    expect(cases.filter(({ message }) => message !== undefined)).toEqual([]);
    expect(statistics(cases)).toContain('20 problems');
    expect(table(cases, 5).split('\n')).toHaveLength(6);
    // One made again from its id comes out the same.
    const again = await examine(trialOf(trials[4].id), truthful, 'float64');
    expect(again.truth).toEqual(cases[4].truth);
  });

  it.each(['1-446', '1-1809', '2-298', '2-1509'])('finds no fault where parts hardly exchange mass: %s', async (id) => {
    const backend = cpu();
    const found = await examine(trialOf(id), (asked) => asked.solve({ backend }), 'float64');
    backend.dispose();
    expect(found.verdict?.outcome).not.toBe('wrong');
    expect(found.result?.accurate).toBe(true);
  });

  it.each([
    ['labels-1-284', 'auto', 'gradients in labels that nobody gets are far larger than those in points'],
    ['labels-1-191', 'auto', 'all points are in one place, and labels cost more than all else'],
    ['own-1-2', 'alternating', 'clouds nearly alike: gradients are far smaller than the slopes they are made of'],
    ['own-1-212', 'alternating', 'a measure with itself, where the way back costs something else'],
    ['own-32-20', 'alternating', 'float32 does not hold the squares of potentials'],
    ['norms-1-2', 'auto', 'gradients come in float32'],
  ] as const)('finds no fault with what once was wrong: %s by %s, %s', async (id, method, _) => {
    const backend = await wasm();
    const found = await examine(trialOf(id), (asked) => asked.solve({ backend, method }), 'float32');
    backend.dispose();
    expect(isFault(found)).toBe(false);
  });

  it.each([
    ['9-16', 'points nearer to each other than float32 has digits for'],
    ['9-20', 'one of them has most of the mass'],
  ])('finds no fault with sweeps in float32 alone: %s, %s', async (id, _) => {
    const backend = await gpujs({ mode: 'cpu' });
    const found = await examine(trialOf(id), (asked) => asked.solve({ backend, method: 'alternating' }), 'float32');
    backend.dispose();
    expect(isFault(found)).toBe(false);
    // What float32 does not know it does not claim, and values are as good as ever.
    expect(found.result?.gradientError).toBeGreaterThan(1e-3);
    expect(found.result?.valueError).toBeLessThan(1e-3);
  });

  it.each(['newton', 'auto'] as const)(
    'finds no fault with a point so far that nothing reaches it: %s',
    async (method) => {
      const backend = cpu();
      const cloud = (step: number, shift: number, far: number) =>
        Float64Array.from({ length: 5 }, (_, k) => (k === 0 && far ? far : ((k * step) % 1) + shift));
      const weights = new Float64Array(5).fill(0.2);
      const far: Problem = {
        ...problem(3, 0),
        id: 'far',
        precision: 'float64',
        diameter: 100,
        isPoint: false,
        dimension: 1,
        x: cloud(0.37, 0, 0),
        y: cloud(0.61, 0.1, 100),
        a: weights,
        b: weights,
        p: 2,
        blur: 0.05,
        reach: { x: 1, y: 1 },
        debias: true,
      };
      const { result, verdict } = await examine(
        cloudTrial(far),
        (asked) => asked.solve({ backend, method }),
        'float64',
      );
      backend.dispose();
      expect(result).toMatchObject({ converged: true, accurate: true });
      expect(verdict?.outcomes).toMatchObject({ value: 'right', points: 'right', weights: 'right' });
    },
  );

  it('finds no fault with the truth', async () => {
    for (const one of small(5, 20)) expect(isFault(await examine(one, truthful, 'float64'))).toBe(false);
  });

  it.each(Object.keys(families))(
    'finds no fault with the truth, and all there are with what is none: %s',
    async (name) => {
      for (let index = 0; index < 4; index++) {
        const one = families[name](6, index);
        expect(trialOf(one.id).features).toEqual(one.features);
        const found = await examine(one, truthful, 'float64');
        expect(isFault(found)).toBe(false);
        const lying = async (asked: Trial) => {
          const { values, ...truth } = await truthful(asked);
          return { ...truth, values: Array.from(values, (value) => 1.01 * value + asked.scales.cost) };
        };
        expect((await examine(one, lying, 'float64')).verdict?.outcomes.value).toBe('wrong');
      }
    },
  );

  /** One whose answer is sure and well above the floor. */
  const plain = trialOf(
    smallProblems(5, 60).find((one) => one.kind === 'gaussian' && one.x.length > one.dimension && one.debias)?.id ?? '',
  );
  const changed = (change: (truth: Result) => Partial<Result>) => async (one: Trial) => {
    const truth = await truthful(one);
    return { ...truth, ...change(truth) };
  };
  const wrongs: [string, (truth: Result) => Partial<Result>][] = [
    ['value', ({ values }) => ({ values: [values[0] * 1.01] })],
    ['value that is none', () => ({ values: [Number.NaN] })],
    ['gradient', ({ points = [] }) => ({ points: Array.from(points, (slope) => slope * 1.01) })],
    ['gradient by weights', ({ weights = [] }) => ({ weights: Array.from(weights, (slope) => slope * 0.9) })],
    ['value beyond the error stated', ({ values }) => ({ values: [values[0] * 1.0005], valueError: 1e-4 })],
  ];

  it.each(wrongs)('catches a wrong %s', async (_, change) => {
    expect(isFault(await examine(plain, changed(change), 'float64'))).toBe(true);
    const admitted = await examine(
      plain,
      changed((truth) => ({ ...change(truth), accurate: false })),
      'float64',
    );
    expect(admitted.verdict?.outcome).toBe('refused');
    expect(isFault(admitted)).toBe(false);
  });

  it('lets pass what was stated', async () => {
    const honest = changed(({ values }) => ({ values: [values[0] * 1.0005], valueError: 4e-4 }));
    expect(isFault(await examine(plain, honest, 'float64'))).toBe(false);
    const small = changed(({ values }) => ({ values: [values[0] + 1e-9], floor: 1 }));
    expect(isFault(await examine(plain, small, 'float64'))).toBe(false);
  });

  it('takes one that throws for a fault', async () => {
    const one = await examine(plain, () => Promise.reject(new Error('too hard')), 'float64');
    expect(isFault(one)).toBe(true);
    expect(one.message).toBe('too hard');
  });
});
