import { wasm } from '@sinkhorn/backend-wasm';
import {
  add,
  column,
  component,
  constant,
  type DeviceArray,
  derivative,
  evaluate,
  exp,
  mul,
  parameter,
  program,
  row,
  square,
  squaredDistance,
  sub,
  sum,
} from '@sinkhorn/core';
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

test.each([
  ['sum', 'float32', 6],
  ['sum', 'float64', 12],
  ['softmaxMean', 'float32', 12],
  ['softmaxMean', 'float64', 40],
] as const)('a %s in %s of a gradient that is gathered component by component: %i', async (kind, precision, size) => {
  const backend = await wasm({ threads: 1, precision });
  const [n, m] = [7, 150];
  const draws = (count: number, step: number) => Float64Array.from({ length: count }, (_, k) => Math.sin(step * k + 1));
  const [a, b] = [draws(n * size, 0.7), draws(m * size, 1.3)];
  const [x, y] = [row('x', size), column('y', size)];
  // Products of components that lie side by side, and differences with all of a vector beside them.
  const parts = Array.from({ length: size }, (_, k) => square(sub(component(x, k), component(y, (k + 1) % size))));
  const whole = [...parts, mul(component(x, 0), component(x, 1)), squaredDistance(x, y)].reduce((left, right) =>
    add(left, right),
  );
  const value = derivative(sub(whole, mul(3, component(x, 2))), x);
  const score = mul(0.1, component(y, 0));
  const [result] = backend.reduce({
    kind,
    ...(kind === 'softmaxMean' && { score }),
    value,
    rows: { x: backend.array(a, [n, size]) },
    columns: { y: backend.array(b, [m, size]) },
    parameters: {},
  });
  const values = backend.readSync?.(result) ?? [];
  const digits = precision === 'float32' ? 3 : 10;
  for (let i = 0; i < n; i++) {
    const totals = new Float64Array(size);
    let weights = 0;
    for (let j = 0; j < m; j++) {
      const [of, at] = [a.subarray(i * size, (i + 1) * size), b.subarray(j * size, (j + 1) * size)];
      const weight = kind === 'sum' ? 1 : Math.exp(0.1 * at[0]);
      weights += weight;
      evaluate(value, { variable: ({ side }) => (side === 'row' ? of : at) }).forEach((one, k) => {
        totals[k] += weight * one;
      });
    }
    totals.forEach((total, k) => {
      expect(values[i * size + k]).toBeCloseTo(kind === 'sum' ? total : total / weights, digits);
    });
  }
  backend.dispose();
});

test('code for a gathered vector grows with its components, not with their square', async () => {
  const backend = await wasm({ threads: 1 });
  const compile = vi.spyOn(WebAssembly, 'Module');
  const bytes = [16, 32, 64].map((size) => {
    compile.mockClear();
    const unit = (k: number) => constant(Array.from({ length: size }, (_, c) => Number(c === k)));
    const value = Array.from({ length: size }, (_, k) =>
      mul(unit(k), exp(mul(row('x'), component(column('y', size), k)))),
    ).reduce((left, right) => add(left, right));
    expect(program([value]).instructions.length).toBeGreaterThan(3 * size);
    const y = backend.array(new Float32Array(2 * size), [2, size]);
    backend.reduce({
      kind: 'sum',
      value,
      rows: { x: backend.array([1], [1, 1]) },
      columns: { y },
      parameters: {},
    });
    return compile.mock.calls.reduce((total, [code]) => total + code.byteLength, 0);
  });
  expect(bytes[2] - bytes[1]).toBeLessThan(2.5 * (bytes[1] - bytes[0]));
  backend.dispose();
});

test.each(['sum', 'softmaxMean'] as const)('a %s of 300,000 components is a kernel like any other', async (kind) => {
  const size = 300_000;
  const backend = await wasm({ threads: 1, precision: 'float64' });
  const a = Float64Array.from({ length: 2 * size }, (_, k) => Math.sin(k));
  const b = Float64Array.from({ length: 3 * size }, (_, k) => Math.cos(k));
  const x = row('x', size);
  const y = column('y', size);
  const compile = vi.spyOn(WebAssembly, 'Module');
  const [result] = backend.reduce({
    kind,
    ...(kind === 'softmaxMean' && { score: column('s') }),
    value: sub(x, y),
    rows: { x: backend.array(a, [2, size]) },
    columns: { y: backend.array(b, [3, size]), s: backend.array(new Float64Array(3), [3, 1]) },
    parameters: {},
  });
  for (const [bytes] of compile.mock.calls) expect(bytes.byteLength).toBeLessThan(10_000);
  const values = backend.readSync?.(result) ?? [];
  const count = kind === 'sum' ? 3 : 1;
  for (const at of [0, 1, size - 1, size, 2 * size - 1]) {
    const c = at % size;
    const mean = a[at] - (b[c] + b[size + c] + b[2 * size + c]) / 3;
    expect(values[at]).toBeCloseTo(count * mean, 9);
  }
  backend.dispose();
});

test('a value longer than the vectors in its numbers reads no row beyond its array, wherever in memory that ends', async () => {
  const backend = await wasm({ threads: 1 });
  const [size, labels] = [9, 512];
  const y = backend.array(new Float32Array(4 * size), [4, size]);
  const label = backend.array(new Float32Array(4 * labels).fill(1), [4, labels]);
  const value = mul(sum(square(sub(row('x', size), column('y', size)))), column('label', labels));
  const reduce = (x: DeviceArray) => {
    const [result] = backend.reduce({ kind: 'sum', value, rows: { x }, columns: { y, label }, parameters: {} });
    const found = backend.readSync?.(result)[labels - 1];
    backend.release(result);
    return found;
  };
  const ones = new Float32Array(size).fill(1);
  expect(reduce(backend.array(ones, [1, size]))).toBe(4 * size);
  // All of the memory but a little at its end, which rows fill to the last; what a pass needs for itself finds another place.
  if (!backend.room) throw new Error('wasm makes room for arrays that are written in pieces');
  const hole = backend.room([2 ** 15]);
  const { used, reserved } = backend.memory();
  backend.room([(reserved - used - 2 ** 16) / 4]);
  backend.release(hole);
  for (let k = 0; k < 1100; k++) expect(reduce(backend.array(ones, [1, size]))).toBe(4 * size);
  expect(backend.memory().reserved).toBe(reserved);
  backend.dispose();
});
