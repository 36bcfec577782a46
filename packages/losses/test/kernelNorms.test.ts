import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, it, vi } from 'vitest';

// The entry of pages, without what Node brings along, and none of its parts loaded yet.
const fresh = async () => {
  vi.resetModules();
  return { ...(await import('../src/index.js')), ...(await import('../src/ready.js')) };
};

describe('kernel norms in a page', () => {
  it('say what to await where they are not loaded', async () => {
    const { energyDistance } = await fresh();
    const loss = energyDistance({ backend: cpu() });
    expect(() => loss.valueSync([[0], [2]], [[1]])).toThrow(
      'energyDistance is not loaded yet: await loss.value(x, y) first, or call readyKernelNorms()',
    );
    expect(await loss.value([[0], [2]], [[1]])).toBe(0.5);
    expect(loss.valueSync([[0], [2]], [[1]])).toBe(0.5);
  });

  it('are there from the first call after readyKernelNorms', async () => {
    const { energyDistance, gaussianMmd, readyKernelNorms } = await fresh();
    readyKernelNorms();
    expect(
      energyDistance({ backend: cpu() })
        .target([[1]])
        .valueSync([[0], [2]]),
    ).toBe(0.5);
    expect(gaussianMmd({ backend: cpu(), blur: 1 }).valueSync([[0]], [[1]])).toBeCloseTo(1 - Math.exp(-0.5), 12);
  });
});
