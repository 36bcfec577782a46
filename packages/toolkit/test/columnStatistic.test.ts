import { drawsFrom } from '@sinkhorn/core/random';
import { describe, expect, it } from 'vitest';
import { columnStatistic, SHUFFLES_AT_ONCE } from '../src/drift/columnStatistic.js';
import { shuffledColumns } from '../src/drift/shuffledColumns.js';

const draw = drawsFrom(5);
const uniform = () => draw() / 2 ** 32;

function groups<Value>(values: ArrayLike<Value>, labels: Uint8Array, division: number): [Value[], Value[]] {
  const [first, other]: [Value[], Value[]] = [[], []];
  for (let row = 0; row < values.length; row++) ((labels[row] >> division) & 1 ? first : other).push(values[row]);
  return [first, other];
}

describe('the statistic of a column, of eight divisions at once', () => {
  it.each(['reals', 'ties'])('is the energy distance over all pairs, in deviations: %s', (kind) => {
    for (let trial = 0; trial < 30; trial++) {
      const count = 6 + (trial % 25);
      const values = Float64Array.from({ length: count }, () =>
        kind === 'ties' ? Math.floor(5 * uniform()) : uniform(),
      );
      const labels = Uint8Array.from({ length: count }, () => Math.floor(256 * uniform()));
      const sums = new Float64Array(SHUFFLES_AT_ONCE);
      columnStatistic({ type: 'numbers', values }, false)(labels, sums);
      const mean = values.reduce((sum, value) => sum + value / count, 0);
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / count, 0)) || 1;
      const apart = (left: number[], right: number[]) =>
        left.reduce((sum, a) => sum + right.reduce((total, b) => total + Math.abs(a - b), 0), 0) /
        (left.length * right.length * deviation);
      for (let division = 0; division < SHUFFLES_AT_ONCE; division++) {
        const [x, y] = groups(values, labels, division);
        const right = x.length > 0 && y.length > 0 ? apart(x, y) - (apart(x, x) + apart(y, y)) / 2 : 0;
        expect(sums[division]).toBeCloseTo(right, 11);
      }
    }
  });

  it('is the squared difference of shares over the share of both, and counts missing cells where asked', () => {
    const codes = Int32Array.from({ length: 40 }, () => Math.floor(4 * uniform()) - 1);
    const labels = Uint8Array.from({ length: 40 }, () => Math.floor(256 * uniform()));
    for (const missing of [false, true]) {
      const sums = new Float64Array(SHUFFLES_AT_ONCE);
      columnStatistic({ type: 'levels', codes }, missing)(labels, sums);
      for (let division = 0; division < SHUFFLES_AT_ONCE; division++) {
        const [x, y] = groups(codes, labels, division).map((side) => side.filter((code) => missing || code >= 0));
        const share = (side: number[], code: number) => side.filter((each) => each === code).length / side.length;
        const right = [-1, 0, 1, 2].reduce((sum, code) => {
          const both = share([...x, ...y], code);
          return both > 0 ? sum + (share(x, code) - share(y, code)) ** 2 / both : sum;
        }, 0);
        expect(sums[division]).toBeCloseTo(right, 12);
      }
    }
  });

  it('is 0, without a rounding, where both groups have the same shares', () => {
    const values = Float64Array.from({ length: 28 }, (_, row) => (row % 7) / 3);
    // One of each of the seven numbers against three of each.
    const labels = Uint8Array.from({ length: 28 }, (_, row) => (row < 7 ? 255 : 0));
    const sums = new Float64Array(SHUFFLES_AT_ONCE);
    columnStatistic({ type: 'numbers', values }, false)(labels, sums);
    expect(Array.from(sums)).toEqual(new Array(SHUFFLES_AT_ONCE).fill(0));
  });
});

describe('p-values of columns', () => {
  const ofRandom = (shift: number, seed: number) => {
    const next = drawsFrom(seed);
    const values = Float64Array.from({ length: 40 }, (_, row) => next() / 2 ** 32 + (row < 20 ? shift : 0));
    return columnStatistic({ type: 'numbers', values }, false);
  };
  const run = { countX: 20, countY: 20, seed: 3 };

  it('are as many shuffles tell, also of columns that are left early', async () => {
    const statistics = Array.from({ length: 40 }, (_, k) => ofRandom((k % 4) / 10, k));
    const found = await shuffledColumns(statistics, { ...run, permutations: 4000 });
    const errors = statistics.map((statistic, k) => {
      // A column alone, by shuffles of its own.
      let atLeast = 0;
      const sums = new Float64Array(SHUFFLES_AT_ONCE);
      const first = new Uint8Array(40).fill(255, 0, 20);
      statistic(first, sums);
      const [observed] = sums;
      for (let batch = 0; batch < 250; batch++) {
        const labels = new Uint8Array(40);
        for (let division = 0; division < SHUFFLES_AT_ONCE; division++) {
          const order = Array.from({ length: 40 }, (_, row) => [uniform(), row]).sort(([a], [b]) => a - b);
          for (const [, row] of order.slice(0, 20)) labels[row] |= 1 << division;
        }
        statistic(labels, sums.fill(0));
        for (const sum of sums) if (sum >= observed) atLeast++;
      }
      const right = atLeast / 2000;
      // What 30 of them leave, and 2000 shuffles of few.
      return (found[k] - right) / (right * Math.sqrt((1 - right) / 30) + 0.002);
    });
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value / values.length, 0);
    expect(Math.sqrt(mean(errors.map((error) => error ** 2)))).toBeLessThan(1.5);
    expect(Math.abs(mean(errors))).toBeLessThan(0.6);
  });

  it('hold their level', async () => {
    const statistics = Array.from({ length: 1500 }, (_, k) => ofRandom(0, 100 + k));
    const found = await shuffledColumns(statistics, { ...run, permutations: 999 });
    for (const level of [0.02, 0.05, 0.2, 0.5]) {
      const share = found.filter((pValue) => pValue <= level).length / found.length;
      expect(Math.abs(share - level)).toBeLessThan(3.5 * Math.sqrt((level * (1 - level)) / found.length));
    }
  });
});
