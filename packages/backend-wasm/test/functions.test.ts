import { type WasmBackend, wasm } from '@sinkhorn/backend-wasm';
import { acos, atan2, cos, type Expression, erf, evaluate, exp, floor, log, row, sin, tanh } from '@sinkhorn/core';
import { afterAll, describe, expect, test } from 'vitest';
import { weightFactors, weightOrZero, weightShift } from '../src/arithmetic/exponential.js';
import { lanes } from '../src/arithmetic/lanes.js';
import { encodeModule } from '../src/encoding/encodeModule.js';
import { functionBuilder } from '../src/encoding/functionBuilder.js';
import { i32 } from '../src/encoding/i32.js';
import { v128 } from '../src/encoding/v128.js';

/** The distance from a number to the next of its precision. */
function ulp(value: number, precision: WasmBackend['precision']): number {
  const bits = precision === 'float32' ? 23 : 52;
  const lowest = precision === 'float32' ? -126 : -1022;
  return 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), lowest) - bits);
}

/** Numbers of every magnitude, some of each, and the edges of the format. */
function magnitudes(precision: WasmBackend['precision']): Float64Array {
  const [low, high] = precision === 'float32' ? [-149, 127] : [-1074, 1023];
  const values: number[] = [];
  for (let exponent = low; exponent <= high; exponent++) {
    for (let k = 0; k < 40; k++) values.push(2 ** exponent * (1 + ((k * 0.6180339887 + exponent * 0.1) % 1)));
  }
  for (let k = -2000; k <= 2000; k++) values.push(1 + k / 4001, Math.SQRT1_2 * (1 + k * 1e-6));
  const rounded = values.filter((value) => value > 0).map(precision === 'float32' ? Math.fround : Number);
  return Float64Array.from(rounded.filter((value) => value > 0 && Number.isFinite(value)));
}

describe.each(['float32', 'float64'] as const)('functions in %s', (precision) => {
  const backend = wasm({ precision, threads: 1 });
  afterAll(async () => (await backend).dispose());

  async function apply(expression: Expression, values: Float64Array): Promise<Float64Array> {
    const opened = await backend;
    const u = opened.array(values, [values.length, 1]);
    const [result] = opened.reduce({ kind: 'sum', value: expression, rows: { u }, columns: {}, parameters: {} });
    return Float64Array.from(opened.readSync?.(result) ?? []);
  }

  /** The largest error in units of the last place. */
  function worst(values: Float64Array, results: Float64Array, truth: (value: number) => number): number {
    return values.reduce(
      (most, value, k) => Math.max(most, Math.abs(results[k] - truth(value)) / ulp(truth(value), precision)),
      0,
    );
  }

  test('the logarithm is within 2 units in the last place, over all magnitudes', async () => {
    const values = magnitudes(precision);
    expect(worst(values, await apply(log(row('u')), values), Math.log)).toBeLessThanOrEqual(2);
  });

  test('the exponential is within 2 units in the last place wherever its result is a normal number', async () => {
    const [low, high] = precision === 'float32' ? [-86.6, 88.7] : [-707, 709.7];
    const values = Float64Array.from({ length: 200_000 }, (_, k) => low + ((high - low) * k) / 199_999).map(
      precision === 'float32' ? Math.fround : Number,
    );
    const small = magnitudes(precision).filter((value) => value < 1);
    for (const arguments_ of [values, small, small.map((value) => -value)]) {
      expect(worst(arguments_, await apply(exp(row('u')), arguments_), Math.exp)).toBeLessThanOrEqual(2);
    }
  });

  const angles = precision === 'float32' ? 8000 : 1.6e6;
  test.each<[string, Expression, number]>([
    ['acos', acos(row('u')), 1],
    ['tanh', tanh(row('u')), 12],
    ['erf', erf(row('u')), 7],
    ['atan2 of a point to the right', atan2(row('u'), 0.3), 20],
    ['atan2 of a point to the left', atan2(row('u'), -0.3), 20],
    ['floor', floor(row('u')), 1e5],
  ])('%s is within 5 units in the last place', async (_name, expression, range) => {
    const given = spread(range);
    const truth = (u: number) => evaluate(expression, { variable: () => [u] })[0];
    const results = await apply(expression, given);
    const errors = given.map((u, k) => Math.abs(results[k] - truth(u)) / ulp(truth(u) || 1, precision));
    // The reference itself has an error of erf in float64.
    expect(Math.max(...errors)).toBeLessThanOrEqual(
      expression.type === 'unary' && expression.operator === 'erf' && precision === 'float64' ? 9 : 5,
    );
  });

  test.each<[string, Expression, (u: number) => number]>([
    ['sin', sin(row('u')), Math.sin],
    ['cos', cos(row('u')), Math.cos],
  ])('%s is within 2 roundings of 1, up to angles of many turns', async (_name, expression, truth) => {
    for (const range of [1, 10, angles]) {
      const given = spread(range);
      const results = await apply(expression, given);
      const errors = given.map((u, k) => Math.abs(results[k] - truth(u)));
      expect(Math.max(...errors)).toBeLessThanOrEqual(2 * ulp(0.5, precision));
    }
    const [far] = await apply(expression, Float64Array.of(1e30));
    expect(Math.abs(far)).toBeLessThanOrEqual(1);
  });

  /** Numbers all over a range and, more and more of them, near 0. */
  function spread(range: number): Float64Array {
    const numbers = Array.from({ length: 20_001 }, (_, k) => k / 10_000 - 1);
    const all = numbers.flatMap((t) => [range * t, range * t ** 7]);
    return Float64Array.from(all, precision === 'float32' ? Math.fround : Number);
  }

  test('edges: 0 and infinities, and numbers beyond the range', async () => {
    const edges = Float64Array.of(0, -1, Number.POSITIVE_INFINITY, Number.NaN);
    expect([...(await apply(log(row('u')), edges))]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    const beyond = Float64Array.of(0, -1e30, 1e30, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN);
    expect([...(await apply(exp(row('u')), beyond))]).toEqual([
      1,
      0,
      Number.POSITIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
  });

  test('the weights of a softmax are within 2 units in the last place down to 2^-100', () => {
    const format = lanes(precision, false);
    const { builder } = functionBuilder(0);
    const constants = (value: number) => builder.early(format.constant(value));
    const t = builder.local(v128.load(i32.constant(0)));
    const shift = weightShift(builder, format, constants, constants(0));
    const factors = weightFactors(builder, format, constants, t, shift);
    builder.add(v128.store(i32.constant(0), format.mul(...factors)));
    builder.add(v128.store(i32.constant(16), weightOrZero(builder, format, constants, t, shift)));
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(encodeModule(0, builder.finish(), false) as BufferSource);
    const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports as { run: () => void };
    const numbers = precision === 'float32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
    const count = format.count;
    for (let k = 0; k <= 100_000; k++) {
      numbers[0] = k / -1000;
      const [exponent] = numbers;
      run();
      const truth = 2 ** exponent;
      expect(Math.abs(numbers[0] - truth)).toBeLessThanOrEqual(2 * ulp(truth, precision));
      expect(numbers[count]).toBe(numbers[0]);
    }
    numbers[0] = -1e4;
    run();
    expect([numbers[0], numbers[count]]).toEqual([2 ** -100, 0]);
  });
});
