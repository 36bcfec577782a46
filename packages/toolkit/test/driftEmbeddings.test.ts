import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, it } from 'vitest';
import { drift, driftHtml, driftText } from '../src/drift/index.js';
import { normal, numbers } from './driftTables.js';

const backend = cpu();

describe('drift of embeddings', () => {
  const cloud = (seed: number, shift: number) => {
    const next = numbers(seed);
    return {
      points: Float32Array.from({ length: 60 * 16 }, (_, k) => normal(next) + (k % 16 === 0 ? shift : 0)),
      dimension: 16,
    };
  };

  it('compares them jointly, by directions if so asked', async () => {
    const found = await drift(cloud(1, 0), cloud(2, 2), { backend, normalize: 'unit' });
    expect(found.drifted).toBe(true);
    expect(found.columns).toEqual([]);
    expect(found.joint?.loss).toMatchObject({ name: 'gaussianMmd', blurRule: 'the median distance between points' });
    expect(driftText(found)).toMatch(/rows divided by their lengths/);
    expect(driftHtml([found])).not.toMatch(/NaN|undefined/);
    const same = await drift(cloud(1, 0), cloud(3, 0), { backend, normalize: 'unit' });
    expect(same.drifted).toBe(false);
  });

  it('refuses a row without a direction', async () => {
    const zero = { points: [0, 0, 1, 1], dimension: 2 };
    await expect(drift([[1, 2]], zero, { backend, normalize: 'unit' })).rejects.toThrow(/current: point 0 is 0/);
  });
});
