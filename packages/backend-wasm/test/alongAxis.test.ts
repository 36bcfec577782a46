import { wasm } from '@sinkhorn/backend-wasm';
import { type EvenNodes, UnsupportedError } from '@sinkhorn/core';
import { expect, test } from 'vitest';

// What results are is tested by the suite of backends.

const nodes = (count: number, spacing = 1): EvenNodes => ({ count, spacing, first: 0 });

const WAYS = ['logSumExpAlongAxis', 'logSumExpByDistance'] as const;

test.each(WAYS)('any number of threads gives the same bits: %s', async (way) => {
  const [inner, count] = [300, 60];
  const numbers = Float64Array.from({ length: count * inner }, (_, k) => Math.sin(k * k));
  const found = await Promise.all(
    [1, 2].map(async (threads) => {
      const backend = await wasm({ threads });
      const scores = backend.array(numbers, [numbers.length, 1]);
      const ask = { scores, inner, rows: nodes(count), columns: nodes(count), rate: 0.2 };
      const values = await backend.read(backend[way]?.(ask) ?? scores);
      backend.dispose();
      return values;
    }),
  );
  expect(found[0]).not.toEqual(Float32Array.from(numbers));
  expect(found[0]).toEqual(found[1]);
});

test('NaN stays NaN, and spacings that have nothing to do with each other are refused by name', async () => {
  const backend = await wasm({ threads: 1 });
  const scores = backend.array([0, Number.NaN, 0, 0], [4, 1]);
  const along = (rows: EvenNodes) =>
    backend.logSumExpAlongAxis?.({ scores, inner: 1, rows, columns: nodes(4), rate: 1 }) ?? scores;
  expect((await backend.read(along(nodes(4))))[1]).toBeNaN();
  expect(() => along(nodes(4, Math.SQRT2))).toThrow(UnsupportedError);
  expect(() => along(nodes(4, Math.SQRT2))).toThrow(/logSumExpAlongAxis: spacings/);
  backend.dispose();
});

test('sums by distance take any spacings, and hold for ways of many orders', async () => {
  for (const precision of ['float32', 'float64'] as const) {
    const backend = await wasm({ threads: 1, precision });
    const given = Float64Array.from({ length: 50 }, (_, k) =>
      k % 11 === 4 ? Number.NEGATIVE_INFINITY : 40 * Math.sin(k),
    );
    const scores = backend.array(given, [50, 1]);
    const [rows, columns] = [
      { count: 31, spacing: Math.SQRT2, first: -7 },
      { count: 50, spacing: 0.77, first: 0.3 },
    ];
    for (const rate of [1e-6, 1, 1e4]) {
      const values = await backend.read(
        backend.logSumExpByDistance?.({ scores, inner: 1, rows, columns, rate }) ?? scores,
      );
      const stored = await backend.read(scores);
      for (const [i, value] of values.entries()) {
        const terms = Array.from(
          stored,
          (score, j) => score - rate * Math.abs(rows.first + i * rows.spacing - columns.first - j * columns.spacing),
        );
        const most = Math.max(...terms);
        const right = most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
        // Of a row and a column far from each other places are told to a rounding of the way across all nodes.
        const allowed = (precision === 'float32' ? 4e-7 : 4e-15) * (8 + Math.abs(right)) + 2 ** -52 * rate * 50;
        expect(Math.abs(value - right)).toBeLessThan(allowed);
      }
    }
    backend.dispose();
  }
});
