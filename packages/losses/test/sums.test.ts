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
