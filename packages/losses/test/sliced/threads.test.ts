import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundledThread } from '../../../../tests/support/bundledThread.js';
import { nodeThreadModule } from '../../src/sliced/threads/nodeThreadModule.js';
import { cloud } from '../support/clouds.js';

let built: URL;
beforeAll(async () => {
  built = await bundledThread('losses/src/sliced/threads/nodeThread.js');
  nodeThreadModule.url = built;
});
afterEach(() => {
  nodeThreadModule.url = built;
});

/** Not a multiple of the directions that are added up together. */
const directions = 29;
const [x, y] = [cloud(40, 3, 3), cloud(31, 3, 4)];
const many = (shift: number) => ({
  points: Float64Array.from({ length: 3 * 20_000 }, (_, k) => ((k * 0.618034) % 1) + shift),
  dimension: 3,
});

describe.each([2, 3])('%s threads', (threads) => {
  test.each([1, 2, 1.5])('give the bits of one, p = %s', async (p) => {
    const wanted = await slicedWasserstein({ p, directions }).solve(x, y);
    const found = await slicedWasserstein({ p, directions, threads }).solve(x, y);
    expect([wanted.threads, found.threads]).toEqual([1, threads]);
    expect(found.value).toBe(wanted.value);
    expect(found.perDirection).toEqual(wanted.perDirection);
    expect(found.standardError).toBe(wanted.standardError);
    expect(await found.gradients('both')).toEqual(wanted.gradientsSync('both'));
  });
});

test('batches, shares, and what lies in a larger array are the same on threads', async () => {
  const numbers = Float32Array.from({ length: 500 }, (_, k) => (k * 0.414214) % 1);
  const batch = (at: number) => ({ data: numbers.subarray(at, at + 2 * 9 * 4), shape: [2, 9, 4] });
  const options = { directions, normalize: true };
  const one = await slicedWasserstein(options).valueAndGradients(batch(0), batch(100), { wrt: 'both' });
  const two = await slicedWasserstein({ ...options, threads: 2 }).valueAndGradients(batch(0), batch(100), {
    wrt: 'both',
  });
  for (const part of ['value', 'x', 'y'] as const) expect(two[part]).toEqual(one[part]);
});

test('threads serve one call after the other, and several at a time', async () => {
  const loss = slicedWasserstein({ directions, threads: 2 });
  const wanted = slicedWasserstein({ directions }).valueSync(x, y);
  expect(await loss.value(x, y)).toBe(wanted);
  expect(await loss.value(y, x)).toBeCloseTo(wanted, 12);
  expect(await Promise.all([loss.value(x, y), loss.value(x, y), loss.value(x, y)])).toEqual([wanted, wanted, wanted]);
  expect(loss.valueSync(x, y)).toBe(wanted);
});

test('an abort is noticed while threads are at work, which another call can do without', async () => {
  const loss = slicedWasserstein({ directions: 128, threads: 2 });
  const controller = new AbortController();
  const running = loss.value(many(0), many(0.1), {
    signal: controller.signal,
    onProgress: ({ stage, share = 0 }) => {
      if (stage === 'slices' && share > 0) controller.abort(new Error('enough'));
    },
  });
  await expect(running).rejects.toThrow('enough');
  expect(await loss.value(x, y)).toBe(slicedWasserstein({ directions: 128 }).valueSync(x, y));
});

test('where no thread starts the calling one does all, and says so', async () => {
  nodeThreadModule.url = new URL('./none.js', import.meta.url);
  const { value, threads } = await slicedWasserstein({ directions, threads: 2 }).solve(x, y);
  expect(threads).toBe(1);
  expect(value).toBe(slicedWasserstein({ directions }).valueSync(x, y));
});

test('what threads cannot solve has the error that one gives', async () => {
  const far = { points: [1e70, 0, 0, -1e70, 0, 0], dimension: 3 };
  const message = /costs exceed the range of numbers/;
  const options = { p: 9, directions };
  expect(() => slicedWasserstein(options).valueSync(far, x)).toThrow(message);
  await expect(slicedWasserstein({ ...options, threads: 2 }).value(far, x)).rejects.toThrow(message);
});

test.each([0, 1.5, -1, 65, Number.NaN, '2' as unknown as number, null as unknown as number])(
  'threads: %s is refused',
  (threads) => {
    expect(() => slicedWasserstein({ threads })).toThrow(/threads is .*: give a whole number from 1 to 64/);
  },
);
