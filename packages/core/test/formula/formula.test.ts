import {
  abs,
  add,
  column,
  component,
  constant,
  derivative,
  distance,
  div,
  dot,
  type Expression,
  evaluate,
  exp,
  expressionKey,
  InvalidFormulaError,
  log,
  max,
  min,
  mul,
  neg,
  parameter,
  power,
  program,
  reduced,
  row,
  rsqrt,
  sign,
  simplify,
  sqrt,
  square,
  squaredDistance,
  sub,
  sum,
} from '@sinkhorn/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const x = row('x', 3);
const y = column('y', 3);
const u = row('u');
const values: Record<string, number[]> = { x: [0.3, -1.2, 0.7], y: [1.1, 0.4, -0.6], u: [0.8] };
const bindings = (changes: Record<string, number[]> = {}) => ({
  variable: ({ name }: { name: string }) => ({ ...values, ...changes })[name],
  parameters: { s: 1.7 },
});
const at = (expression: Expression, changes?: Record<string, number[]>) => [...evaluate(expression, bindings(changes))];

describe('expressions', () => {
  const refused: [string, () => unknown, RegExp][] = [
    ['sizes that differ', () => add(row('a', 2), row('b', 3)), /add of sizes 2 and 3/],
    ['a size of 0', () => row('a', 0), /'a' has size 0/],
    ['a name with a space', () => row('a b'), /'a b' cannot name/],
    ['a component out of range', () => component(x, 3), /component 3 of a vector of size 3/],
    ['a constant that is not finite', () => constant([1, Number.NaN]), /component 1 of a constant is NaN/],
    ['an empty constant', () => constant([]), /one component or more/],
    ['the derivative of a vector', () => derivative(x, x), /derivative of a vector of size 3/],
    ['a power of 0', () => power(u, 0), /power 0/],
  ];

  test.each(refused)('refuse %s', (_name, make, message) => {
    expect(make).toThrow(InvalidFormulaError);
    expect(make).toThrow(message);
  });

  test('have the values they represent', () => {
    expect(at(squaredDistance(x, y))[0]).toBeCloseTo(0.64 + 2.56 + 1.69, 14);
    expect(at(distance(x, y))[0]).toBeCloseTo(Math.sqrt(4.89), 14);
    expect(at(dot(x, y))[0]).toBeCloseTo(0.33 - 0.48 - 0.42, 14);
    expect(at(component(y, 2))).toEqual([-0.6]);
    expect(at(mul(parameter('s'), x))).toEqual(values.x.map((value) => 1.7 * value));
    expect(at(rsqrt(constant([0, 4])))).toEqual([0, 0.5]);
    for (const exponent of [0.5, 1, 1.5, 2, 2.7]) expect(at(power(u, exponent))[0]).toBeCloseTo(0.8 ** exponent, 14);
    expect(at(power(sub(u, u), 2.7))[0]).toBe(0);
  });
});

describe('keys', () => {
  test('are equal for equal formulas and differ for others', () => {
    const make = () => add(mul(2, row('a', 2)), column('b', 2));
    expect(expressionKey(make())).toBe(expressionKey(make()));
    const others = [
      add(mul(3, row('a', 2)), column('b', 2)),
      add(mul(2, row('a', 2)), row('b', 2)),
      add(mul(2, row('a', 3)), column('b', 3)),
      sub(mul(2, row('a', 2)), column('b', 2)),
      add(column('b', 2), mul(2, row('a', 2))),
    ];
    const keys = new Set([make(), ...others].map(expressionKey));
    expect(keys.size).toBe(6);
  });

  test('stay short for formulas that use a part many times over', () => {
    let shared: Expression = u;
    for (let k = 0; k < 60; k++) shared = add(shared, shared);
    expect(expressionKey(shared).length).toBeLessThan(2000);
    expect(expressionKey(simplify(shared)).length).toBeLessThan(2000);
    expect(expressionKey(derivative(shared, u)).length).toBeLessThan(2000);
  });
});

describe('programs', () => {
  test('compute common parts once and tell what can leave the loop over pairs', () => {
    const shared = squaredDistance(x, y);
    const { instructions, outputs } = program([add(shared, exp(neg(shared))), mul(2, squaredDistance(x, y))]);
    expect(instructions.filter(({ node }) => node.type === 'sum')).toHaveLength(1);
    expect(outputs).toHaveLength(2);
    const varies = (expression: Expression) => {
      const {
        instructions: steps,
        outputs: [last],
      } = program([expression]);
      return steps[last].varies;
    };
    expect(varies(square(x))).toEqual({ byRow: true, byColumn: false });
    expect(varies(mul(parameter('s'), y))).toEqual({ byRow: false, byColumn: true });
    expect(varies(sub(x, y))).toEqual({ byRow: true, byColumn: true });
    expect(varies(mul(parameter('s'), 2))).toEqual({ byRow: false, byColumn: false });
    expect(varies(reduced())).toEqual({ byRow: true, byColumn: false });
  });
});

/** Random formulas of x, y, u and s, smooth enough to differentiate numerically. */
const formulas = fc.letrec<{ scalar: Expression; vector: Expression }>((tie) => ({
  vector: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Expression>(x, y, constant([0.5, -1, 2])),
    fc.tuple(fc.constantFrom(add, sub, mul), tie('vector'), tie('vector')).map(([f, a, b]) => f(a, b)),
    fc.tuple(fc.constantFrom(add, sub, mul), tie('scalar'), tie('vector')).map(([f, a, b]) => f(a, b)),
    tie('vector').map((a) => div(a, add(1, square(a)))),
    tie('vector').map((a) => neg(a)),
  ),
  scalar: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Expression>(u, parameter('s'), constant(0), constant(1), constant(-1), constant(0.5)),
    tie('vector').map((a) => sum(a)),
    fc.tuple(tie('vector'), fc.integer({ min: 0, max: 2 })).map(([a, k]) => component(a, k)),
    fc.tuple(fc.constantFrom(add, sub, mul), tie('scalar'), tie('scalar')).map(([f, a, b]) => f(a, b)),
    tie('scalar').map((a) => exp(neg(square(a)))),
    tie('scalar').map((a) => log(add(1, square(a)))),
    tie('scalar').map((a) => sqrt(add(0.1, square(a)))),
    tie('scalar').map((a) => rsqrt(add(0.1, square(a)))),
    tie('scalar').map((a) => neg(neg(a))),
  ),
}));

describe('simplification', () => {
  test('changes no value and never adds operations', () => {
    fc.assert(
      fc.property(fc.oneof(formulas.scalar, formulas.vector), (expression) => {
        const simple = simplify(expression);
        expect(simple.size).toBe(expression.size);
        expect(program([simple]).instructions.length).toBeLessThanOrEqual(
          program([expression]).instructions.length + 1,
        );
        const expected = at(expression);
        at(simple).forEach((value, k) => {
          expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected[k])));
        });
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test.each<[string, Expression, Expression]>([
    ['x + 0', add(x, 0), x],
    ['0 + x', add(0, x), x],
    ['x - 0', sub(x, 0), x],
    ['0 - x', sub(0, x), neg(x)],
    ['1 x', mul(1, x), x],
    ['x / 1', div(x, 1), x],
    ['0 x', mul(0, x), constant([0, 0, 0])],
    ['-(-x)', neg(neg(x)), x],
    ['2 (0.5 x)', mul(2, mul(0.5, x)), x],
    ['x - (-y)', sub(x, neg(y)), add(x, y)],
    ['(-x)^2', square(neg(x)), square(x)],
    ['|(-x)|', abs(neg(x)), abs(x)],
    ['sqrt(x^2)', sqrt(square(x)), abs(x)],
    ['log(exp(x))', log(exp(x)), x],
    ['2 + 3', add(2, 3), constant(5)],
    ['sum of 2 x', sum(mul(2, x)), mul(2, sum(x))],
    ['sum of a number', sum(u), u],
  ])('%s', (_name, expression, expected) => {
    expect(expressionKey(simplify(expression))).toBe(expressionKey(expected));
  });
});

describe('derivatives', () => {
  function difference(expression: Expression, name: string, k: number): number {
    const h = 1e-4;
    const shifted = (by: number) => {
      const moved = [...values[name]];
      moved[k] += by;
      return at(expression, { [name]: moved })[0];
    };
    return (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h);
  }

  test('agree with central differences on random formulas', () => {
    fc.assert(
      fc.property(formulas.scalar, (expression) => {
        for (const variable of [x, y, u]) {
          const gradient = at(derivative(expression, variable));
          expect(gradient).toHaveLength(variable.size);
          gradient.forEach((value, k) => {
            const numeric = difference(expression, variable.name, k);
            expect(Math.abs(value - numeric)).toBeLessThan(1e-6 * (1 + Math.abs(value) + Math.abs(at(expression)[0])));
          });
        }
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  test('make the symmetric choice where there is none', () => {
    const zero = { x: [0, 0, 0], y: [0, 0, 0], u: [0] };
    expect(at(derivative(distance(x, y), x), zero)).toEqual([0, 0, 0]);
    expect(at(derivative(power(distance(x, y), 1.5), x), zero)).toEqual([0, 0, 0]);
    expect(at(derivative(power(distance(x, y), 1.2), x), zero).map(Math.abs)).toEqual([0, 0, 0]);
    expect(at(derivative(abs(u), u), zero)).toEqual([0]);
    expect(at(derivative(sqrt(u), u), zero)).toEqual([0]);
    expect(at(derivative(min(u, 0), u), zero)).toEqual([0.5]);
    expect(at(derivative(max(u, mul(2, u)), u), zero)).toEqual([1.5]);
    expect(at(derivative(sign(u), u))).toEqual([0]);
  });

  test('of the costs are the simplest there are', () => {
    const half = derivative(mul(0.5, squaredDistance(x, y)), x);
    expect(expressionKey(half)).toBe(expressionKey(sub(x, y)));
    expect(expressionKey(derivative(sum(x), x))).toBe(expressionKey(constant([1, 1, 1])));
    expect(expressionKey(derivative(sum(y), x))).toBe(expressionKey(constant([0, 0, 0])));
  });
});
