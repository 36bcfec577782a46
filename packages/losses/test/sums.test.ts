import { cpu } from '@sinkhorn/backend-cpu';
import type { UnsupportedError } from '@sinkhorn/core';
import { describe, expect, it, vi } from 'vitest';

// The entry of pages, without what Node brings along, and none of its parts loaded yet.
const fresh = async () => {
  vi.resetModules();
  return { ...(await import('../src/index.js')), ...(await import('../src/ready.js')) };
};

describe('sums of losses in a page', () => {
  it('say what to await where they are not loaded', async () => {
    const { combine, energyDistance } = await fresh();
    const loss = combine([{ loss: energyDistance({ backend: cpu() }), weight: 2 }]);
    const failure = (() => {
      try {
        return loss.valueSync([[0]], [[1]]);
      } catch (error) {
        return error as Error;
      }
    })();
    expect((failure as UnsupportedError).message).toContain('await loss.value(x, y) first, or call readySums()');
    expect(await loss.value([[0]], [[1]])).toBe(2);
    expect(loss.valueSync([[0]], [[1]])).toBe(2);
  });

  it('are there from the first call after readySums', async () => {
    const { energyDistance, perFeature, readyKernelNorms, readySums } = await fresh();
    readyKernelNorms();
    readySums();
    expect(perFeature(energyDistance({ backend: cpu() }), [0, 1]).valueSync([[0, 0]], [[3, 4]])).toBe(7);
  });
});

describe('errors of sums', () => {
  const points = (count: number, shift: number) =>
    Array.from({ length: count }, (_, k) => [Math.sin(3 * k) + shift, Math.cos(5 * k)]);
  const [x, y] = [points(20, 0), points(25, 0.4)];
  const backend = cpu();

  it('count what parts are off by against a sum in which they cancel', async () => {
    const { combine, energyDistance, sinkhornDivergence } = await fresh();
    const transport = sinkhornDivergence({ backend, blur: 0.1 });
    const energy = energyDistance({ backend });
    const [first, second] = [await transport.solve(x, y), await energy.solve(x, y)];
    // All but a millionth of the one is the other.
    const weight = -(first.value / second.value) * (1 - 1e-6);
    const { value, diagnostics } = await combine([{ loss: transport }, { loss: energy, weight }]).solve(x, y);
    const off = first.diagnostics.valueError * first.value + second.diagnostics.valueError * -weight * second.value;
    expect(value).toBeLessThan(2e-6 * first.value);
    expect(diagnostics.valueError).toBeGreaterThan(0.99 * (off / value));
    expect(diagnostics.accurate).toBe(true);
  });

  it('say so where nothing is left of them', async () => {
    const { combine, sinkhornDivergence } = await fresh();
    const coarse = { backend, blur: 0.1, method: 'alternating', tolerance: 1e-3, accuracy: 1e-2 } as const;
    const loss = combine([
      { loss: sinkhornDivergence(coarse) },
      { loss: sinkhornDivergence({ ...coarse, blur: 0.1001 }), weight: -1 },
    ]);
    const solution = await loss.solve(x, y);
    await solution.gradients();
    expect(solution.diagnostics.accurate).toBe(false);
    expect(solution.diagnostics.gradientError).toBeGreaterThan(0.01);
  });

  it('are those of the parts where there is one, or where features add up', async () => {
    const { combine, energyDistance, perFeature } = await fresh();
    const energy = energyDistance({ backend });
    const [alone, summed] = [energy, combine([{ loss: energy, weight: 3 }])];
    const [one, two] = [await alone.valueAndGradients(x, y), await summed.valueAndGradients(x, y)];
    for (const key of ['valueError', 'gradientError', 'weightsError'] as const) {
      expect(two.diagnostics[key]).toBeCloseTo(one.diagnostics[key] as number, 16);
    }
    expect(two.diagnostics.floor).toBeCloseTo(3 * one.diagnostics.floor, 16);
    expect((await perFeature(energy, [0, 1]).valueAndGradients(x, y)).diagnostics.accurate).toBe(true);
  });
});
