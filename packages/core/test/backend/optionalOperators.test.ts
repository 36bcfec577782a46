import {
  acos,
  add,
  atan2,
  binary,
  column,
  constant,
  cos,
  derivative,
  div,
  type Expression,
  erf,
  evaluate,
  expressionKey,
  float64Functions,
  floor,
  lowered,
  mul,
  type Operand,
  optionalOperators,
  type Reduction,
  resolveReduction,
  row,
  simplify,
  sin,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  UnsupportedError,
  where,
} from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';

const [u, v] = [row('u'), row('v')];
const at = (expression: Expression, values: Readonly<Record<string, number | readonly number[]>>) => [
  ...evaluate(expression, { variable: ({ name }) => [values[name]].flat() }),
];
const valueAt = (expression: Expression, of: number) => at(expression, { u: of })[0];

describe('values', () => {
  // Abramowitz and Stegun, table 7.1, with more digits from mpmath.
  test.each([
    [0, 0],
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [6, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('erf(%d) is %d to 1e-15', (of, expected) => {
    expect(Math.abs(valueAt(erf(u), of) - expected)).toBeLessThanOrEqual(1e-15 * expected);
    expect(valueAt(erf(u), -of) + valueAt(erf(u), of)).toBe(0);
  });

  test('acos beyond its ends is that of the nearer end', () => {
    expect([1 + 1e-9, 1, 0, -1, -7].map((of) => valueAt(acos(u), of))).toEqual([0, 0, Math.PI / 2, Math.PI, Math.PI]);
    expect(valueAt(acos(u), Number.NaN)).toBeNaN();
  });

  test('atan2 has every quadrant, 0 at the origin, and no sign of zero', () => {
    const angle = (y: number, x: number) => at(atan2(u, v), { u: y, v: x })[0] / Math.PI;
    expect([angle(0, 0), angle(-0, -0), angle(0, -1), angle(-0, -1)]).toEqual([0, 0, 1, 1]);
    expect([angle(1, 1), angle(1, -1), angle(-1, -1), angle(-1, 1)]).toEqual([0.25, 0.75, -0.75, -0.25]);
  });

  test('where takes one of two, component by component, and 0 and NaN are not above 0', () => {
    const choice = where(constant([1, 0, -1]), constant([1, 2, 3]), 9);
    expect(at(choice, {})).toEqual([1, 9, 9]);
    expect(valueAt(where(u, 1, 2), Number.NaN)).toBe(2);
    expect(valueAt(where(u, 5, sqrt(sub(0, u))), 1)).toBe(5);
    expect(valueAt(where(u, sqrt(u), 5), -1)).toBe(5);
  });
});

describe('derivatives', () => {
  const smooth: readonly [string, Expression][] = [
    ['sin', sin(u)],
    ['cos', cos(mul(3, u))],
    ['acos', acos(mul(0.4, u))],
    ['tanh', tanh(mul(2, u))],
    ['erf', erf(u)],
    ['floor', add(u, floor(u))],
    ['atan2', atan2(sin(u), add(cos(mul(2, u)), 1.5))],
    ['where', where(sub(u, 1), square(u), sin(u))],
    ['where in where', where(u, where(sub(u, 1), square(u), mul(3, u)), cos(u))],
    ['where of a shared part', mul(where(sub(u, 1), tanh(u), erf(u)), tanh(u))],
  ];
  test.each(smooth)('of %s agree with central differences', (_name, expression) => {
    for (const of of [-1.7, -0.4, 0.3, 0.9, 1.6]) {
      const h = 1e-5;
      const difference = (valueAt(expression, of + h) - valueAt(expression, of - h)) / (2 * h);
      expect(valueAt(derivative(expression, u), of)).toBeCloseTo(difference, 7);
    }
  });

  test('are 0, and not NaN, where there are none', () => {
    expect([1, -1, 2].map((of) => Math.abs(valueAt(derivative(acos(u), u), of)))).toEqual([0, 0, 0]);
    for (const variable of [u, v]) {
      expect(at(derivative(atan2(u, v), variable), { u: 0, v: 0 }).map(Math.abs)).toEqual([0]);
    }
  });

  test('of what a where does not take have no part, whatever they are', () => {
    const wrong = [sqrt(u), div(1, sqrt(u)), div(u, sub(u, u)), acos(div(sqrt(u), 0))];
    for (const other of wrong) {
      const choice = mul(u, where(u, square(u), other));
      const otherWay = mul(u, where(sub(0, u), other, square(u)));
      expect(valueAt(derivative(choice, u), 2)).toBe(12);
      expect(valueAt(derivative(otherWay, u), 2)).toBe(12);
    }
    const x = row('x', 3);
    const sums = sum(where(x, sqrt(x), mul(2, x)));
    expect(at(derivative(sums, x), { x: [4, -1, -4] })).toEqual([0.25, 2, 2]);
    const shared = sum(where(x, mul(x, sqrt(u)), x));
    expect(at(derivative(shared, u), { x: [-1, -2, -3], u: -1 })).toEqual([0]);
  });
});

test.each<[string, Expression, Operand]>([
  ['sin(0)', sin(0), 0],
  ['floor(2.5)', floor(2.5), 2],
  ['atan2(0, 0)', atan2(0, 0), 0],
  ['where(1, u, 2)', where(1, u, 2), u],
  ['where(-1, u, 2)', where(-1, u, 2), 2],
  ['where(u, 0, 0)', where(u, 0, 0), 0],
  ['where(u, v, 0)', where(u, v, 0), binary('where', u, v)],
])('%s is simplified', (_name, expression, expected) => {
  expect(expressionKey(simplify(expression))).toBe(expressionKey(simplify(add(expected, 0))));
});

describe('backends', () => {
  const reduction = (value: Expression): Reduction => ({
    kind: 'sum',
    value,
    rows: { u: { shape: [1, 1] }, v: { shape: [1, 1] } },
    columns: {},
    parameters: {},
  });
  const builders: Readonly<Record<string, Expression>> = {
    sin: sin(u),
    cos: cos(u),
    acos: acos(u),
    tanh: tanh(u),
    erf: erf(u),
    floor: floor(u),
    atan2: atan2(u, v),
    where: where(u, v, 1),
  };

  test.each(optionalOperators)('one without %s refuses it by name, and says what to do', (operator) => {
    const others = optionalOperators.filter((other) => other !== operator);
    const refused = () => resolveReduction(reduction(builders[operator]), others);
    expect(refused).toThrow(UnsupportedError);
    expect(refused).toThrow(`no '${operator}'`);
    expect(refused).toThrow(/without it, or take a backend that has it/);
    expect(resolveReduction(reduction(builders[operator])).rows).toBe(1);
    expect(resolveReduction(reduction(builders[operator]), [operator]).rows).toBe(1);
  });

  test.each(optionalOperators)('%s is written in arithmetic, floor and where, and is right', (operator) => {
    const { value } = lowered(reduction(builders[operator]), float64Functions);
    if (!value) throw new Error('a sum keeps its value');
    expect(resolveReduction(reduction(value), ['floor', 'where']).rows).toBe(1);
    for (let k = -400; k <= 400; k++) {
      for (const other of [-2, 0, 0.7]) {
        const given = { u: k / 100, v: other };
        const [[found], [expected]] = [at(value, given), at(builders[operator], given)];
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(expected)));
      }
    }
  });

  test('formulas that need no other writing are left as they are, and others are written once', () => {
    const plain = reduction(add(u, floor(v)));
    expect(lowered(plain, float64Functions)).toBe(plain);
    const once = lowered(reduction(builders.erf), float64Functions);
    expect(lowered(reduction(builders.erf), float64Functions).value).toBe(once.value);
    const inFinish = { ...reduction(column('w')), finish: tanh(sin(u)) };
    expect(
      resolveReduction({ ...lowered(inFinish, float64Functions), columns: { w: { shape: [1, 1] } } }, [
        'floor',
        'where',
      ]).finish,
    ).toBeDefined();
  });
});
