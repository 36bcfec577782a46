import { cpu } from '@sinkhorn/backend-cpu';
import {
  combine,
  energyDistance,
  InaccurateError,
  type OnInaccurate,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { visitedAll, whenInaccurate } from '@sinkhorn/losses/extend';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const backend = cpu();
const scattered = (step: number) => Array.from({ length: 30 }, (_, k) => [(k * step) % 1, (k * k * step) % 1]);
const x = scattered(0.618);
const y = scattered(0.733);
/** A schedule alone leaves more than a thousandth here. */
const rough = (onInaccurate?: OnInaccurate) =>
  sinkhornDivergence({ backend, tolerance: null, blur: 0.05, onInaccurate });

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a value that is not accurate', () => {
  test.each([
    [0.0123, '1.2 % or more'],
    [0.5, '50 % or more'],
    [190.4, '190 times its size or more'],
    [Number.POSITIVE_INFINITY, 'any amount;'],
  ])('is off by %d in these words: %s', (valueError, words) => {
    const work = { iterations: 1, reductions: 2, epsilons: [], marginalError: 1, converged: false, backend: 'cpu' };
    whenInaccurate({ name: 'a loss' })({ ...work, ...visitedAll('as a test', 1e-6), accurate: false, valueError });
    expect(warnings[0]).toContain(`off by ${words}`);
  });

  test('is warned of once a loss, in words that say how far off it may be', async () => {
    const loss = rough();
    await loss.value(x, y);
    loss.valueSync(x, y);
    await loss.value(y, x);
    expect(warnings).toHaveLength(1);
    const { valueError } = (await loss.solve(x, y)).diagnostics;
    expect(warnings[0]).toContain(
      `sinkhornDivergence: this value may be off by ${Number(valueError.toPrecision(2))} times its size or more`,
    );
    await rough().value(x, y);
    expect(warnings).toHaveLength(2);
  });

  test('of a target is warned of once a target', async () => {
    const target = rough().target(y);
    await target.value(x);
    target.valueSync(x);
    expect(warnings).toHaveLength(1);
  });

  test('throws where that is asked for', async () => {
    const loss = rough('throw');
    await expect(loss.value(x, y)).rejects.toThrow(InaccurateError);
    expect(() => loss.valueSync(x, y)).toThrow(/may be off by/);
    expect(warnings).toEqual([]);
  });

  test('is passed in silence where that is asked for', async () => {
    await rough('ignore').value(x, y);
    expect(warnings).toEqual([]);
  });

  test('has diagnostics in other methods, which say it and are silent', async () => {
    const loss = rough('throw');
    expect((await loss.solve(x, y)).diagnostics.accurate).toBe(false);
    expect((await loss.valueAndGradients(x, y)).diagnostics.accurate).toBe(false);
    expect(warnings).toEqual([]);
  });

  test('in a sum does what the strictest of its losses asks for', async () => {
    const silent = energyDistance({ backend, onInaccurate: 'ignore' });
    await expect(combine([{ loss: silent }, { loss: rough('throw') }]).value(x, y)).rejects.toThrow(InaccurateError);
    await expect(perFeature(rough('throw'), [[0, 1]]).value(x, y)).rejects.toThrow(InaccurateError);
    await combine([{ loss: silent }, { loss: rough('ignore') }]).value(x, y);
    expect(warnings).toEqual([]);
    await combine([{ loss: silent }, { loss: rough() }]).value(x, y);
    expect(warnings).toHaveLength(1);
  });
});

test('a value that is accurate is not talked of', async () => {
  const loss = sinkhornDivergence({ backend, onInaccurate: 'throw' });
  await loss.value(x, y);
  await energyDistance({ backend }).value(x, y);
  expect(warnings).toEqual([]);
});

describe('errors of gradients', () => {
  test.each(['newton', 'alternating'] as const)('are there once there are gradients: %s', async (method) => {
    // Wide enough for the value's potentials to give gradients as they are asked for: nothing is solved again.
    const blur = 0.2;
    const solution = await sinkhornDivergence({ backend, method, blur }).solve(x, y);
    expect(solution.diagnostics.gradientError).toBeUndefined();
    expect(solution.diagnostics.weightsError).toBeUndefined();
    expect(solution.diagnostics.accurate).toBe(true);
    await solution.gradients('both');
    const later = solution.diagnostics;
    expect(later.gradientError).toBeGreaterThan(0);
    expect(later.milliseconds).toBe(solution.diagnostics.milliseconds);
    const atOnce = await sinkhornDivergence({ backend, method, blur }).solve(x, y, { wrt: 'both' });
    expect(later.gradientError).toBeCloseTo(atOnce.diagnostics.gradientError ?? Number.NaN, 12);
    expect(later.accurate).toBe(atOnce.diagnostics.accurate);
  });

  test('count for a sum of losses as they come', async () => {
    const loss = combine([{ loss: sinkhornDivergence({ backend }) }, { loss: energyDistance({ backend }) }]);
    const solution = await loss.solve(x, y);
    expect(solution.diagnostics.gradientError).toBeUndefined();
    await solution.gradients();
    expect(solution.diagnostics.gradientError).toBeGreaterThan(0);
  });

  test('on cells are estimated later as at once', async () => {
    const count = 2000;
    const cloud = (seed: number) => ({
      points: Float64Array.from(
        { length: 2 * count },
        (_, k) => Math.abs(Math.sin((k + 1) * seed * 12.9898) * 43758.5) % 1,
      ),
      dimension: 2,
    });
    const loss = sinkhornDivergence({ backend, strategy: 'multiscale', blur: 0.1 });
    const solution = await loss.solve(cloud(1), cloud(2));
    expect(solution.diagnostics.gradientError).toBeUndefined();
    const later = await solution.gradients();
    const atOnce = await loss.solve(cloud(1), cloud(2), { wrt: 'x' });
    expect(solution.diagnostics.gradientError).toBeCloseTo(atOnce.diagnostics.gradientError ?? Number.NaN, 6);
    const { x: gradient } = await atOnce.gradients();
    expect(Array.from(later.x.points.slice(0, 20))).toEqual(Array.from(gradient.points.slice(0, 20)));
  });
});
