import { wasm } from '@sinkhorn/backend-wasm';
import { type EvenNodes, UnsupportedError } from '@sinkhorn/core';
import { expect, test } from 'vitest';

// What results are is tested by the suite of backends.

const nodes = (count: number, spacing = 1): EvenNodes => ({ count, spacing, first: 0 });

test('any number of threads gives the same bits along an axis', async () => {
  const [inner, count] = [300, 60];
  const numbers = Float64Array.from({ length: count * inner }, (_, k) => Math.sin(k * k));
  const found = await Promise.all(
    [1, 2].map(async (threads) => {
      const backend = await wasm({ threads });
      const scores = backend.array(numbers, [numbers.length, 1]);
      const ask = { scores, inner, rows: nodes(count), columns: nodes(count), rate: 0.2 };
      const values = await backend.read(backend.logSumExpAlongAxis?.(ask) ?? scores);
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
