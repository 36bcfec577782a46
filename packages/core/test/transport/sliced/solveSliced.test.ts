/** Transport along directions, held to sorted points, to central differences, and in the plane to all angles. */
import { describe, expect, test } from 'vitest';
import { checkMeasure } from '../../../src/measure/measure.js';
import type { MeasurePair } from '../../../src/measure/pair.js';
import { runAsync, runSync } from '../../../src/tasks/drivers.js';
import type { Progress } from '../../../src/tasks/task.js';
import { drawDirections } from '../../../src/transport/sliced/directions.js';
import { maxSliced } from '../../../src/transport/sliced/maxSliced.js';
import { plainPair, type SlicesProblem, sliceThread } from '../../../src/transport/sliced/sliceThreads.js';
import { solveSliced } from '../../../src/transport/sliced/solveSliced.js';
import { standardError } from '../../../src/transport/sliced/standardError.js';
import { type SlicesSum, sumSlices } from '../../../src/transport/sliced/sumSlices.js';
import { centralDifference } from '../../support/centralDifference.js';
import { draws } from '../../support/draws.js';
import { expectClose } from '../../support/expectClose.js';
import { once } from '../../support/once.js';

const COUNT = 6;
const dot = (u: ArrayLike<number>, v: ArrayLike<number>) =>
  Array.from(u).reduce((sum, value, c) => sum + value * v[c], 0);
const parts = (values: Float64Array, size: number) =>
  Array.from({ length: values.length / size }, (_, k) => values.subarray(k * size, (k + 1) * size));

/** Points of one mass each, of which there are as many on both sides. */
const even = (dimension: number, { batch = 1, seed = 1, apart = 0.5 } = {}): MeasurePair => ({
  x: checkMeasure('x', {
    data: draws(batch * COUNT * dimension, seed),
    shape: batch > 1 ? [batch, COUNT, dimension] : [COUNT, dimension],
  }),
  y: checkMeasure('y', {
    data: draws(batch * COUNT * dimension, seed + 1).map((value) => 2 * value + apart),
    shape: batch > 1 ? [batch, COUNT, dimension] : [COUNT, dimension],
  }),
});

/** The best match along a direction: in order. */
function bySorting({ x, y }: MeasurePair, element: number, direction: ArrayLike<number>, p: number): number {
  const [from, to] = [x, y].map(({ points, dimension }) =>
    parts(points.slice(element * COUNT * dimension, (element + 1) * COUNT * dimension) as Float64Array, dimension)
      .map((point) => dot(point, direction))
      .sort((u, v) => u - v),
  );
  return from.reduce((sum, at, k) => sum + Math.abs(at - to[k]) ** p / p / COUNT, 0);
}

describe('directions', () => {
  test.each([2, 3, 5])(
    'are unit vectors, in blocks at right angles where that is asked for: dimension %d',
    (dimension) => {
      for (const isOrthogonal of [false, true]) {
        const { vectors, block } = drawDirections(dimension, 11, 7, isOrthogonal);
        expect(block).toBe(isOrthogonal && dimension > 2 ? dimension : 1);
        const all = parts(vectors, dimension);
        expect(all.length).toBe(11);
        all.forEach((vector, k) => {
          expect(dot(vector, vector)).toBeCloseTo(1, 13);
          for (let other = k - (k % block); other < k; other++) {
            expect(Math.abs(dot(vector, all[other])), `${k} and ${other}`).toBeLessThan(1e-14);
          }
        });
        expect(drawDirections(dimension, 11, 7, isOrthogonal).vectors).toEqual(vectors);
        if (dimension > 2) expect(drawDirections(dimension, 11, 8, isOrthogonal).vectors).not.toEqual(vectors);
      }
    },
  );

  test('at right angles in the plane are even angles of a half turn, and on the line there is one', () => {
    const { vectors } = drawDirections(2, 6, 1, true);
    parts(vectors, 2).forEach(([u, v], k) => {
      expect(Math.atan2(v, u)).toBeCloseTo((Math.PI * k) / 6, 14);
    });
    expect(drawDirections(1, 6, 1, true)).toEqual({ vectors: Float64Array.of(1), block: 1 });
  });

  test.each([false, true])('prefer no side: mean squares and products of components, in blocks %s', (isOrthogonal) => {
    const count = 6000;
    const all = parts(drawDirections(3, count, 3, isOrthogonal).vectors, 3);
    for (let c = 0; c < 3; c++) {
      const mean = (of: (vector: Float64Array) => number) => all.reduce((sum, vector) => sum + of(vector), 0) / count;
      // Five standard errors of independent ones: variances are 1/3, 4/45 and 1/15.
      expect(Math.abs(mean((vector) => vector[c]))).toBeLessThan(5 * Math.sqrt(1 / 3 / count));
      expect(Math.abs(mean((vector) => vector[c] ** 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / count));
      expect(Math.abs(mean((vector) => vector[c] * vector[(c + 1) % 3]))).toBeLessThan(5 * Math.sqrt(1 / 15 / count));
      // Of uniform directions in space each component is uniform: fourth powers have the mean 1/5.
      expect(Math.abs(mean((vector) => vector[c] ** 4) - 1 / 5)).toBeLessThan(5 * Math.sqrt(16 / 225 / count));
    }
  });
});

describe('standard errors', () => {
  const values = Float64Array.from(draws(12, 5), (value) => 3 * value - 1);
  const plain = (given: ArrayLike<number>) => {
    const list = Array.from(given);
    const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
    const squares = list.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return Math.sqrt(squares / (list.length - 1) / list.length);
  };
  const blockMeans = (given: Float64Array, block: number) =>
    parts(given.subarray(0, block * Math.floor(given.length / block)), block).map(
      (part) => part.reduce((sum, value) => sum + value, 0) / block,
    );

  test('of independent values are those of a mean', () => {
    expect(standardError(values, 1)).toBeCloseTo(plain(values), 14);
    for (const few of [2, 3, 5]) {
      expect(standardError(values.subarray(0, few), 1)).toBeCloseTo(plain(values.subarray(0, few)), 14);
    }
    expect(standardError(values.subarray(0, 1), 1)).toBe(Number.POSITIVE_INFINITY);
    // Of one block nothing is known but that its parts vary.
    expect(standardError(values.subarray(0, 3), 3)).toBeCloseTo(plain(values.subarray(0, 3)), 14);
    expect(standardError(values.subarray(0, 5), 3)).toBeCloseTo(plain(values.subarray(0, 5)), 14);
  });

  test('of many blocks are those of their means', () => {
    const many = Float64Array.from({ length: 30 }, (_, k) => (k % 3) + 0.01 * draws(30, 6)[k]);
    expect(standardError(many, 3)).toBeCloseTo(plain(blockMeans(many, 3)), 14);
  });

  test.each([
    [2, 12.706 / 1.96],
    [3, 4.303 / 1.96],
    [4, 3.182 / 1.96],
    [5, 2.776 / 1.96],
    [6, 2.571 / 1.96],
    [7, 2.447 / 1.96],
    [8, 1],
  ])("of %d blocks are wider by Student's distribution", (blocks, wider) => {
    // Parts that differ far more than blocks do.
    const few = Float64Array.from({ length: 3 * blocks }, (_, k) => 100 * (k % 3) + draws(3 * blocks, 7)[k]);
    expect(standardError(few, 3) / plain(blockMeans(few, 3))).toBeCloseTo(wider, 1);
  });

  test('are no wider than those of parts one by one, where these vary less', () => {
    const same = Float64Array.from({ length: 6 }, (_, k) => (k < 3 ? 1 : 2) + 1e-3 * draws(6, 8)[k]);
    // Blocks vary more than parts then, and tell by themselves.
    expect(standardError(same, 3)).toBeCloseTo(Math.max(plain(same), plain(blockMeans(same, 3))), 14);
  });
});

describe.each([1, 2, 1.5])('with the exponent %d', (p) => {
  test.each([1, 2, 3])('values are means over directions of sorted points: dimension %d', (dimension) => {
    const pair = even(dimension, { batch: 2 });
    // More than are summed together.
    const directions = drawDirections(dimension, 19, 4, true);
    const { values, perDirection, standardErrors, largestCost, massError, threads } = runSync(
      solveSliced(pair, { p }, directions, []),
    );
    const vectors = parts(directions.vectors, dimension);
    let most = 0;
    for (let element = 0; element < 2; element++) {
      const each = vectors.map((vector) => bySorting(pair, element, vector, p));
      expectClose(perDirection.subarray(element * vectors.length, (element + 1) * vectors.length), each, 1e-13);
      expect(values[element]).toBeCloseTo(each.reduce((sum, value) => sum + value, 0) / vectors.length, 13);
      expect(standardErrors[element]).toBeCloseTo(dimension === 1 ? 0 : standardError(each, directions.block), 13);
      for (const vector of vectors) {
        const [from, to] = [pair.x, pair.y].map(({ points }) =>
          parts(points.slice(element * COUNT * dimension, (element + 1) * COUNT * dimension) as Float64Array, dimension)
            .map((point) => dot(point, vector))
            .sort((u, v) => u - v),
        );
        most = Math.max(most, ...from.map((at, k) => Math.abs(at - to[k]) ** p / p));
      }
    }
    expect(largestCost).toBeCloseTo(most, 12);
    expect(massError).toBeLessThan(1e-14);
    expect(threads).toBe(1);
  });

  test('gradients are those of the value, now and later', () => {
    const pair = even(3);
    const directions = drawDirections(3, 10, 5, true);
    const solved = runSync(solveSliced(pair, { p }, directions, ['y']));
    expect(solved.gradients.x).toBeUndefined();
    const later = runSync(solved.gradientsOf(['x', 'y']));
    expect(later.y).toEqual(solved.gradients.y);
    for (const side of ['x', 'y'] as const) {
      const { points } = pair[side];
      const weights = Array.from(pair[side].weights);
      const valueAt = (changed: { points?: ArrayLike<number>; weights?: ArrayLike<number> }) => {
        const measure = checkMeasure(side, { points: Array.from(points), dimension: 3, weights, ...changed });
        return runSync(solveSliced({ ...pair, [side]: measure }, { p }, directions, [])).values[0];
      };
      for (const k of [0, 4, 11, 17]) {
        const slope = centralDifference((at) => valueAt({ points: Array.from(points).with(k, at) }), points[k], 1e-5);
        expect(later[side]?.points[k], `${side}.points[${k}]`).toBeCloseTo(slope, 7);
      }
      const [one, other] = [1, 4];
      const along = centralDifference(
        (by) => valueAt({ weights: weights.with(one, weights[one] + by).with(other, weights[other] - by) }),
        0,
        1e-6,
      );
      const slopes = later[side]?.weights ?? [];
      expect(slopes[one] - slopes[other], `${side}.weights`).toBeCloseTo(along, 6);
    }
  });

  test('the largest slice in the plane is that of the best angle', () => {
    const pair = even(2, { batch: 2, apart: 0 });
    const starts = drawDirections(2, 2, 9, false).vectors;
    const angles = Array.from({ length: 20_000 }, (_, k) => (Math.PI * k) / 20_000);
    const found = runSync(maxSliced(pair, { p }, starts));
    for (let element = 0; element < 2; element++) {
      const direction = found.directions.subarray(2 * element, 2 * (element + 1));
      expect(dot(direction, direction)).toBeCloseTo(1, 12);
      expect(bySorting(pair, element, direction, p)).toBeCloseTo(found.values[element], 12);
      // A local maximum: no better than the best of all angles, and no worse than those next to it.
      const best = Math.max(...angles.map((angle) => bySorting(pair, element, [Math.cos(angle), Math.sin(angle)], p)));
      expect(found.values[element]).toBeLessThan(best + 1e-7);
      for (const by of [-1e-3, 1e-3]) {
        const turned = [direction[0] - by * direction[1], direction[1] + by * direction[0]];
        const length = Math.hypot(...turned);
        const beside = turned.map((part) => part / length);
        expect(bySorting(pair, element, beside, p)).toBeLessThan(found.values[element] + 1e-9);
      }
      const start = starts.subarray(2 * element, 2 * (element + 1));
      expect(found.values[element]).toBeGreaterThanOrEqual(bySorting(pair, element, start, p));
    }
  });
});

test('an ascent tells of its steps', async () => {
  const told: Progress[] = [];
  const starts = drawDirections(3, 1, 9, false).vectors;
  await runAsync(maxSliced(even(3), { p: 2 }, starts), {
    onProgress: (progress) => void (progress.stage === 'ascent' && told.push(progress)),
  });
  expect(told.length).toBeGreaterThan(2);
  expect(told.map(({ iteration }) => iteration)).toEqual(told.map((_, k) => k + 1));
});

describe('threads', () => {
  const pair = even(3, { batch: 2 });
  const directions = drawDirections(3, 43, 5, true);
  const here = once(() => runSync(solveSliced(pair, { p: 2 }, directions, ['x', 'y'])));

  /** Threads that answer with what `sum` makes of directions, and count who waits and who was closed. */
  function threadsOf(sum: (problem: SlicesProblem, vectors: Float64Array, asked: number) => SlicesSum | undefined) {
    const seen = { asked: 0, waiting: 0, most: 0, closed: 0 };
    const start = async (problem: SlicesProblem) => ({
      count: 2,
      async sum(vectors: Float64Array) {
        seen.asked += 1;
        seen.waiting += 1;
        seen.most = Math.max(seen.most, seen.waiting);
        const asked = seen.asked;
        await new Promise((resolve) => setTimeout(resolve, 0));
        seen.waiting -= 1;
        return sum(problem, vectors, asked);
      },
      close() {
        seen.closed += 1;
      },
    });
    return { seen, start };
  }
  const whole = ({ pair: given, p, wrt }: SlicesProblem, vectors: Float64Array) =>
    runSync(sumSlices(given, p, vectors, wrt));

  test.each<[string, Parameters<typeof threadsOf>[0]]>([
    ['that manage', whole],
    ['that fail now and then', (problem, vectors, asked) => (asked % 2 ? undefined : whole(problem, vectors))],
  ])('%s give the bits of one', async (_, sum) => {
    const { seen, start } = threadsOf(sum);
    const found = await runAsync(solveSliced(pair, { p: 2 }, directions, ['x', 'y'], start));
    expect(found.threads).toBe(2);
    expect(found.perDirection).toEqual(here().perDirection);
    expect(found.gradients).toEqual(here().gradients);
    expect(seen).toMatchObject({ asked: 6, closed: 1, waiting: 0 });
    expect(seen.most).toBeGreaterThan(1);
    expect(seen.most).toBeLessThanOrEqual(4);
  });

  test.each([true, false])(
    'that start when nobody waits any more are closed, if there are any: %s',
    async (areThere) => {
      let arrive = () => {};
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve;
      });
      const { seen, start } = threadsOf(whole);
      const late = async (problem: SlicesProblem) => {
        await arrived;
        return areThere ? start(problem) : undefined;
      };
      const stop = new AbortController();
      const solving = runAsync(solveSliced(pair, { p: 2 }, directions, [], late), { signal: stop.signal });
      stop.abort();
      await expect(solving).rejects.toThrow();
      arrive();
      await new Promise((resolve) => setTimeout(resolve, 0));
      expect(seen).toMatchObject({ asked: 0, closed: areThere ? 1 : 0 });
    },
  );

  test('get numbers without what lies beside them in memory, and others as they are', () => {
    const large = new Float64Array(30);
    const beside = plainPair({ x: { ...pair.x, points: large.subarray(3, 21) }, y: pair.y });
    expect(beside.x.points.buffer.byteLength).toBe(8 * 18);
    const alone = new Float64Array(18);
    expect(plainPair({ x: { ...pair.x, points: alone }, y: pair.y }).x.points).toBe(alone);
  });

  test('answer with what directions come to, with nothing where that fails, and before there is a problem', () => {
    const answers: (SlicesSum | null)[] = [];
    const moved: ArrayBuffer[][] = [];
    const told = sliceThread((sum, buffers) => {
      answers.push(sum);
      moved.push(buffers);
    });
    const vectors = directions.vectors.slice(0, 6);
    told(vectors);
    const problem: SlicesProblem = { pair, p: 2, wrt: ['x'] };
    told(problem);
    told(vectors);
    told({ ...problem, pair: { ...pair, y: { ...pair.y, masses: Float64Array.of(2, 2) } } });
    told(vectors);
    told(undefined);
    told(vectors);
    expect(answers.map((answer) => answer !== null)).toEqual([false, true, false, false]);
    expect(answers[1]).toEqual(whole(problem, vectors));
    expect(moved.map(({ length }) => length)).toEqual([0, 3, 0, 0]);
  });
});
