import { wasm } from '@sinkhorn/backend-wasm';
import { column, exp, mul, parameter, row, squaredDistance, sum } from '@sinkhorn/core';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => vi.restoreAllMocks());

test('a kernel is compiled once for a formula, whatever the sizes and the parameters', async () => {
  const backend = await wasm({ threads: 1 });
  const compile = vi.spyOn(WebAssembly, 'Module');
  const reduce = (n: number, m: number, factor: number) => {
    const x = backend.array(new Float32Array(n * 3), [n, 3]);
    const y = backend.array(new Float32Array(m * 3), [m, 3]);
    // Built anew each time: it is what the formula says that counts.
    const value = exp(mul(parameter('factor'), squaredDistance(row('x', 3), column('y', 3))));
    backend.reduce({ kind: 'sum', value, rows: { x }, columns: { y }, parameters: { factor } });
  };
  reduce(10, 20, -1);
  const first = compile.mock.calls.length;
  expect(first).toBeGreaterThan(0);
  reduce(1000, 7, -3);
  reduce(1, 999, 0.5);
  expect(compile.mock.calls.length).toBe(first);
  backend.dispose();
});

test.each([9, 64, 512])('vectors of %i components, in formulas that mix them with numbers', async (size) => {
  const backend = await wasm({ threads: 1, precision: 'float64' });
  const [n, m] = [5, 37];
  const a = Float64Array.from({ length: n * size }, (_, k) => Math.sin(k));
  const b = Float64Array.from({ length: m * size }, (_, k) => Math.cos(k * k));
  const w = Float64Array.from({ length: m }, (_, k) => 1 + (k % 3));
  const x = row('x', size);
  const y = column('y', size);
  const [result] = backend.reduce({
    kind: 'sum',
    value: mul(mul(column('w'), sum(mul(x, y))), mul(x, y)),
    rows: { x: backend.array(a, [n, size]) },
    columns: { y: backend.array(b, [m, size]), w: backend.array(w, [m, 1]) },
    parameters: {},
  });
  const values = backend.readSync?.(result) ?? [];
  for (let i = 0; i < n; i++) {
    const truth = new Float64Array(size);
    for (let j = 0; j < m; j++) {
      let product = 0;
      for (let c = 0; c < size; c++) product += a[i * size + c] * b[j * size + c];
      for (let c = 0; c < size; c++) truth[c] += w[j] * product * a[i * size + c] * b[j * size + c];
    }
    truth.forEach((value, c) => {
      expect(values[i * size + c]).toBeCloseTo(value, 9);
    });
  }
  backend.dispose();
});
