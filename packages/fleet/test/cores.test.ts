import { row } from '@sinkhorn/core';
import { barycenter, cores, type Fleet, openBackend, pairwise, perFeature, permutationTest } from '@sinkhorn/fleet';
import { energyDistance, perFeature as perFeatureLoss, sinkhornDivergence } from '@sinkhorn/losses';
import { type Barycenter, barycenter as barycenterHere } from '@sinkhorn/losses/barycenter';
import { permutationTest as permutationTestHere } from '@sinkhorn/toolkit';
import { pairwise as pairwiseHere } from '@sinkhorn/toolkit/shapes';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { channelOf } from '../src/fleet.js';
import { cloud } from './clouds.js';

describe('the cores of this machine', () => {
  let on: Fleet;
  beforeAll(async () => {
    on = await cores({ threads: 2, thread: await fleetThread() });
  });
  afterAll(() => on.close());
  const clouds = Array.from({ length: 7 }, (_, k) => cloud(k, 40));

  it('give the same matrix as one thread, and what the toolkit gives', async () => {
    const alone = await cores({ threads: 1, thread: await fleetThread() });
    const loss = { loss: 'sinkhornDivergence', options: { blur: 0.1 } } as const;
    const progress: number[] = [];
    const found = await pairwise(loss, clouds, { on, side: 2, onProgress: ({ done }) => progress.push(done) });
    expect(await pairwise(loss, clouds, { on: alone, side: 2 })).toEqual(found);
    expect(progress.at(-1)).toBe(10);
    const backend = await openBackend(on.numerics);
    const { values } = await pairwiseHere(sinkhornDivergence({ backend, blur: 0.1 }), clouds);
    found.values.forEach((value, k) => {
      expect(value).toBeCloseTo(values[k], 5);
    });
    backend.dispose();
    await alone.close();
  });

  it('hear a signal that was given before', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const signal = AbortSignal.abort();
    const loss = { loss: 'energyDistance' } as const;
    await expect(pairwise(loss, clouds, { on, signal })).rejects.toThrow('aborted');
    await expect(permutationTest(loss, clouds[0], clouds[1], { on, signal })).rejects.toThrow('aborted');
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('give the p-value that one thread gives', async () => {
    const backend = await openBackend(on.numerics);
    const [x, y] = [cloud(1, 30), cloud(2, 25)];
    const options = { permutations: 300, seed: 4 };
    const found = await permutationTest({ loss: 'energyDistance' }, x, y, { ...options, on, shufflesAtOnce: 70 });
    const here = await permutationTestHere(energyDistance({ backend }), x, y, options);
    expect(found.pValue).toBe(here.pValue);
    expect(found.permuted).toHaveLength(300);
    found.permuted.forEach((value, k) => {
      expect(value).toBeCloseTo(here.permuted[k], 5);
    });
    backend.dispose();
  });

  it('give a loss by features', async () => {
    const backend = await openBackend(on.numerics);
    const [x, y] = [cloud(1, 30), cloud(2, 30)];
    const found = await perFeature({ loss: 'sinkhornDivergence' }, [0, [1, 2]], x, y, { on });
    const whole = await perFeatureLoss(sinkhornDivergence({ backend }), [0, [1, 2]]).value(x, y);
    expect(found.value).toBeCloseTo(whole, 5);
    expect(found.values).toHaveLength(2);
    backend.dispose();
  });

  it('find the barycenters that one thread finds, on a support with all passes in shards, of moving points in tiles', async () => {
    const sharing = await cores({ threads: 2, shards: 3, minPairs: 0, thread: await fleetThread() });
    const backend = await openBackend(sharing.numerics);
    const measures = [cloud(1, 25), cloud(2, 20)];
    const [support, start] = [cloud(3, 30), cloud(4, 12)];
    const options = { blur: 0.2, tolerance: 1e-2, weights: [0.3, 0.7] };
    const own = barycenterHere({ ...options, backend });
    const weights = await barycenter(measures, { ...options, on: sharing, support });
    const one = await own.solve(measures, { support });
    expect([weights.weights, weights.value]).toEqual([one.weights, one.value]);
    expect(weights.diagnostics).toMatchObject({ backend: 'fleet', converged: true });
    const moved = await barycenter(measures, { ...options, on: sharing, free: true, start });
    const other = await own.solve(measures, { free: true, start });
    moved.points.forEach((coordinate, k) => {
      expect(coordinate).toBeCloseTo(other.points[k], 9);
    });
    expect(moved.value).toBeCloseTo(other.value, 9);
    expect(moved.diagnostics).toMatchObject({ converged: true, iterations: other.diagnostics.iterations });
    expect((await barycenter(measures, { ...options, on, free: true, start })).points).toEqual(moved.points);
    const bounded = { ...options, reach: 2, free: true, start } as const;
    const some = await barycenter(measures, { ...bounded, on });
    const { free: _, start: __, ...same } = bounded;
    const someHere = await barycenterHere({ ...same, backend }).solve(measures, { free: true, start });
    expect(some.value).toBeCloseTo(someHere.value, 9);
    const stop = new AbortController();
    const stopped = barycenter(measures, {
      ...options,
      on: sharing,
      free: true,
      start,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    await expect(barycenter(measures, { on: sharing } as never)).rejects.toThrow(/support/);
    backend.dispose();
    await sharing.close();
  });

  it.each([
    ['masses of a grid', {}, { support: 'grid' }, 'newton'],
    ['a grid with p = 1', { p: 1 }, { support: 'grid' }, 'newton'],
    ['masses that come and go', { reach: 3 }, { support: 'grid' }, 'newton'],
    ['without debiasing', { debias: false }, { support: 'grid' }, 'newton'],
    ['masses of points, some of none', {}, { support: cloud(9, 40, 2) }, 'newton'],
  ] as const)(
    'give each inner problem of a fixed support to a thread, with the bits of one process: %s',
    async (_, more, where, method) => {
      const image = (seed: number) => ({
        grid: Array.from({ length: 48 }, (_, k) => Math.max(0, Math.sin(seed * (k + 1)) - 0.3)),
        shape: [8, 6],
        spacing: 0.25,
      });
      const isGrid = where.support === 'grid';
      const points = (seed: number) => ({
        ...cloud(seed, 20, 2),
        weights: Float64Array.from({ length: 20 }, (_, k) => (k === 3 ? 0 : 1 / 19)),
      });
      const measures = isGrid ? [image(1.1), image(2.3), image(0.7)] : [points(1), points(2)];
      const options = { blur: 0.5, tolerance: 1e-3, ...more, ...(isGrid && !('reach' in more) && { normalize: true }) };
      const kinds: string[] = [];
      const channel = channelOf(on);
      const asIs = channel.runTile;
      const run = vi.spyOn(channel, 'runTile').mockImplementation(async (id, tile) => {
        kinds.push(tile.kind);
        return asIs(id, tile);
      });
      const found = (await barycenter(measures, { ...options, on, ...where } as never)) as unknown as Barycenter;
      run.mockRestore();
      const here = await barycenterHere({ ...options, backend: on } as never).solve(measures, where);
      for (const name of ['weights', 'value', 'values', 'gradient', 'measureGradients'] as const)
        expect(found[name], name).toEqual(here[name]);
      expect(found.diagnostics).toMatchObject({
        converged: true,
        method,
        iterations: here.diagnostics.iterations,
        gap: here.diagnostics.gap,
      });
      expect(kinds.length).toBe(measures.length * found.diagnostics.iterations);
      expect(new Set(kinds)).toEqual(new Set(['fixed']));
    },
  );

  it('tell which tiles failed when the others are done', async () => {
    const odd = { points: [0, 0, 0], dimension: 3, weights: [2] };
    const given = [cloud(1, 10), odd, cloud(2, 10)];
    const failure = await pairwise({ loss: 'sinkhornDivergence' }, given, { on, side: 1 }).catch((error) => error);
    expect(failure).toMatchObject({ name: 'FleetError', code: 'TILES_FAILED' });
    expect(failure.tiles.size).toBe(2);
    expect(failure.message).toMatch(/masses|mass/);
  });

  it.each([
    ['blur', { blur: -1 }],
    ['blur', { blur: Number.NaN }],
    ['p', { p: 3 }],
  ])('tell at once of an option that no tile can have: %s', async (name, options) => {
    const run = vi.spyOn(channelOf(on), 'runTile');
    const failure = await pairwise({ loss: 'sinkhornDivergence', options } as never, clouds, { on }).catch(
      (error) => error,
    );
    expect(failure).toMatchObject({ name: 'InvalidOptionError', message: expect.stringContaining(`${name} is`) });
    expect(run).not.toHaveBeenCalled();
    run.mockRestore();
  });

  it('keep arrays of a solve that takes days, and none that it needs no more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const sharing = await cores({ threads: 1, shards: 2, minPairs: 0, thread: await fleetThread() });
      const touched: string[][] = [];
      Object.assign(channelOf(sharing).arrays, {
        touch: async (names: readonly string[]) => {
          touched.push([...names]);
        },
      });
      const x = sharing.array(new Float32Array(4), [4, 1]);
      const [sum] = sharing.reduce({ kind: 'sum', value: row('x', 1), rows: { x }, columns: { y: x }, parameters: {} });
      await sharing.read(sum);
      vi.advanceTimersByTime(3_000_000);
      // What was sent, and what each of two parts gave.
      expect(touched.map((names) => names.length)).toEqual([3, 3, 3, 3, 3]);
      sharing.release(sum);
      sharing.release(x);
      await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(3_000_000);
      expect(touched).toHaveLength(5);
      await sharing.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('stop where a signal is aborted', async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 20 }, (_, k) => cloud(100 + k, 60));
    const run = pairwise({ loss: 'sinkhornDivergence' }, many, {
      on,
      side: 2,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('carry a cost that is a formula', async () => {
    const { formula } = await import('@sinkhorn/core');
    const cost = (x: Parameters<typeof formula.distance>[0], y: Parameters<typeof formula.distance>[1]) =>
      formula.power(formula.distance(x, y), 1.5);
    const found = await pairwise({ loss: 'sinkhornDivergence', options: { cost, p: 1.5 } }, clouds.slice(0, 2), { on });
    const backend = await openBackend(on.numerics);
    const own = sinkhornDivergence({ backend, cost, p: 1.5 });
    expect(found.values[1]).toBe(await own.target(clouds[1]).value(clouds[0]));
    backend.dispose();
  });
});
