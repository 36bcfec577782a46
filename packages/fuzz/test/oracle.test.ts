import { answer, problem, type Question } from '@sinkhorn/fuzz';
import { describe, expect, it } from 'vitest';

const none = { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY };
const ordinary: Question = {
  x: Float64Array.from({ length: 14 }, (_, index) => Math.sin(1 + 3 * index)),
  y: Float64Array.from({ length: 10 }, (_, index) => Math.cos(2 + 5 * index)),
  a: [0.1, 0.1, 0.2, 0.05, 0.05, 0.3, 0.2],
  b: [0.4, 0.1, 0.2, 0.15, 0.15],
  dimension: 2,
  p: 2,
  blur: 0.3,
  reach: none,
  debias: true,
};

const costOf = (p: 1 | 2, x: number[], y: number[]) => {
  const squared = x.reduce((sum, value, axis) => sum + (value - y[axis]) ** 2, 0);
  return p === 1 ? Math.sqrt(squared) : squared / 2;
};
const rows = (points: ArrayLike<number>, dimension: number) =>
  Array.from({ length: points.length / dimension }, (_, index) =>
    Array.from({ length: dimension }, (_, axis) => points[index * dimension + axis]),
  );
const near = (value: number, wanted: number, relative: number) =>
  expect(Math.abs(value - wanted) / Math.abs(wanted)).toBeLessThan(relative);

describe('the oracle, against closed forms', () => {
  it.each([1e-4, 1, 1e4])('two single points, blur %s: the cost', (blur) => {
    const question: Question = { ...ordinary, x: [0, 0], y: [3, 4], a: [1], b: [1], blur };
    near(answer(question).value, 12.5, 1e-14);
    expect([...answer(question).points.values]).toEqual([-3, -4]);
    near(answer({ ...question, p: 1 }).value, 5, 1e-14);
  });

  it.each([1, 2] as const)('one point against many, p = %s: there is one plan', (p) => {
    const x = [0.3, -0.2];
    const question: Question = { ...ordinary, x, a: [1], p, debias: false, blur: 0.01 };
    const wanted = rows(ordinary.y, 2).reduce((sum, y, j) => sum + ordinary.b[j] * costOf(p, x, y), 0);
    near(answer(question).value, wanted, 1e-14);
  });

  it.each([1, 2] as const)('a large blur, p = %s: the kernel norm of -C', (p) => {
    const x = rows(ordinary.x, 2);
    const y = rows(ordinary.y, 2);
    const sum = (from: number[][], to: number[][], a: ArrayLike<number>, b: ArrayLike<number>) =>
      from.reduce((all, s, i) => to.reduce((some, t, j) => some + a[i] * b[j] * costOf(p, s, t), all), 0);
    const { a, b } = ordinary;
    const wanted = sum(x, y, a, b) - sum(x, x, a, a) / 2 - sum(y, y, b, b) / 2;
    near(answer({ ...ordinary, p, blur: p === 1 ? 1e10 : 1e5 }).value, wanted, 1e-9);
  });

  it('a copy moved by little, p = 2: |v|^2 / 2 whatever the blur', () => {
    // On a grid of 2^-20, where the move is without rounding.
    const x = Float64Array.from(ordinary.x, (value) => Math.round(value * 1024) / 1024);
    const y = x.map((value) => value + 2 ** -20);
    for (const blur of [1e-2, 1, 1e4]) {
      const { value, points } = answer({ ...ordinary, x, y, b: ordinary.a, blur });
      near(value, 2 ** -40, 1e-10);
      points.values.forEach((slope, index) => {
        near(slope, -(2 ** -20) * ordinary.a[index >> 1], 1e-10);
      });
    }
  });

  it.each([1e-2, 1, 100])('all in one place, masses 2 and 0.3, blur %s: one unknown, the mass moved', (blur) => {
    const rho = 4;
    const eps = blur ** 2;
    const [massX, massY] = [2, 0.3];
    const moved = (massX * massY) ** ((eps + rho) / (eps + 2 * rho));
    const wanted = eps * massX * massY + rho * (massX + massY) - (eps + 2 * rho) * moved;
    const question: Question = {
      ...ordinary,
      x: [1, 1, 1, 1],
      y: [1, 1],
      a: [1.5, 0.5],
      b: [massY],
      blur,
      reach: { x: 2, y: 2 },
      debias: false,
    };
    near(answer(question).value, wanted, 1e-11);
  });
});

describe('the oracle, against itself', () => {
  const cases: [string, Partial<Question>][] = [
    ['p = 2', {}],
    ['p = 1', { p: 1 }],
    ['no debiasing', { debias: false }],
    ['reach', { reach: { x: 0.7, y: 0.7 }, b: [0.4, 0.1, 0.2, 0.15, 0.4] }],
    ['reach that differs, p = 1', { p: 1, reach: { x: 0.7, y: 2 }, b: [0.4, 0.1, 0.2, 0.15, 0.4] }],
    ['reach of one side', { reach: { x: 0.7, y: Number.POSITIVE_INFINITY }, debias: false }],
    ['a small blur', { blur: 0.15 }],
  ];

  it.each(cases)('gradients are differences of values: %s', (_, change) => {
    const question: Question = { ...ordinary, ...change };
    const { points, weights } = answer(question);
    const h = 1e-5;
    const slope = (moved: (by: number) => Partial<Question>) =>
      (answer({ ...question, ...moved(h) }).value - answer({ ...question, ...moved(-h) }).value) / (2 * h);
    for (const index of [0, 5, 13]) {
      const moved = (by: number) => ({ x: Float64Array.from(question.x, (v, i) => (i === index ? v + by : v)) });
      expect(Math.abs(slope(moved) - points.values[index])).toBeLessThan(1e-7);
    }
    // From one point to another, so that the mass stays.
    const moved = (by: number) => ({
      a: Array.from(question.a, (v, i) => (i === 1 ? v + by : i === 4 ? v - by : v)),
    });
    expect(Math.abs(slope(moved) - (weights.values[1] - weights.values[4]))).toBeLessThan(1e-7);
  });

  it('knows the slope at a point without weight', () => {
    const question: Question = { ...ordinary, a: [0, 0.2, 0.2, 0.05, 0.05, 0.3, 0.2] };
    const { weights } = answer(question);
    const h = 1e-6;
    const moved = answer({ ...question, a: [h, 0.2 - h, 0.2, 0.05, 0.05, 0.3, 0.2] }).value;
    const slope = (moved - answer(question).value) / h;
    expect(Math.abs(slope - (weights.values[0] - weights.values[1]))).toBeLessThan(1e-5);
  });

  it('says what it does not know: what nearly nothing links has no potential of its own', () => {
    // exp(-1 / 1e-4) is no double.
    const apart: Question = { ...ordinary, x: [0, 0, 1, 0], y: [0, 1, 1, 1], a: [0.5, 0.5], b: [0.5, 0.5], blur: 0.01 };
    const { valueError, points, weights } = answer(apart);
    expect(valueError).toBeLessThan(1e-15);
    expect(points.error).toBeLessThan(1e-15);
    expect(weights.error).toBeGreaterThan(1e-3);
  });

  it('knows less of the gradient by weights where they are rounded', () => {
    // Parts of both clouds have the same mass here: what moves between parts is a matter of rounding.
    const question: Question = { ...ordinary, blur: 0.05 };
    expect(answer(question).weights.error).toBeLessThan(1e-10);
    const rounded = answer({ ...question, rounding: 2 ** -52 });
    expect(rounded.weights.error).toBeGreaterThan(1e-3);
    expect(rounded.points.error).toBeLessThan(1e-9);
    expect(rounded.valueError).toBeLessThan(1e-15);
  });
});

describe('the oracle, against values of another solver', () => {
  // A plain log-domain Sinkhorn iteration in doubles, to a marginal error of 1e-13: value, and gradient at coordinate 3.
  const unequal = { b: [0.4, 0.1, 0.2, 0.15, 0.4] };
  const values: [Partial<Question>, number, number][] = [
    [{}, 0.2911944172635545, -0.004776128801634887],
    [{ p: 1, blur: 0.05 }, 0.6551172812113926, -0.03901520461904302],
    [{ ...unequal, blur: 0.1, reach: { x: 0.7, y: 2 } }, 0.4239195311371409, 0.03921755753702565],
    [
      { ...unequal, p: 1, blur: 0.2, reach: { x: 0.7, y: 0.7 }, debias: false },
      0.7359766453668785,
      -0.016278317053231562,
    ],
  ];

  it.each(values)('%o', (change, value, slope) => {
    const known = answer({ ...ordinary, ...change });
    near(known.value, value, 1e-13);
    near(known.points.values[3], slope, 1e-10);
  });
});

describe('problems', () => {
  it('are the same for the same seed', () => {
    expect(problem(7, 3)).toEqual(problem(7, 3));
    expect(problem(7, 3)).not.toEqual(problem(7, 4));
    expect(problem(7, 3)).not.toEqual(problem(8, 3));
  });

  it('have finite coordinates, and masses that agree where they must', () => {
    for (let index = 0; index < 500; index++) {
      const { x, y, a, b, reach } = problem(11, index);
      expect(x.every(Number.isFinite) && y.every(Number.isFinite)).toBe(true);
      const masses = [a, b].map((weights) => weights.reduce((sum, weight) => sum + weight, 0));
      if (reach.x === reach.y && reach.x === Number.POSITIVE_INFINITY) near(masses[0], masses[1], 1e-12);
    }
  });
});
