import { describe, expect, test } from 'vitest';
import { add, div, exp, mul, neg, parameter, row, sub } from '../../src/formula/expression.js';
import { mapOnHost } from '../../src/formula/mapOnHost.js';

describe('a formula on the host', () => {
  // More entries than are computed at a time, and a rest.
  const u = Float64Array.from({ length: 1300 }, (_, k) => Math.sin(k));
  const v = Float64Array.from({ length: 1300 }, (_, k) => Math.cos(3 * k));

  test('is computed at every entry', () => {
    const formula = add(mul(parameter('a'), exp(neg(row('u')))), div(sub(row('u'), 2), add(row('v'), 3)));
    const found = mapOnHost(formula, { u, v }, { a: 0.7 });
    expect(found).toEqual(u.map((value, k) => 0.7 * Math.exp(-value) + (value - 2) / (v[k] + 3)));
  });

  test('may be a variable, or know no variable at all', () => {
    expect(mapOnHost(row('u'), { u }, {})).toEqual(u);
    expect(mapOnHost(mul(2, parameter('a')), {}, { a: 4 })).toEqual(Float64Array.of(8));
  });
});
