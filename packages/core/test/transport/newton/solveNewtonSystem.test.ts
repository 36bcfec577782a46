import { describe, expect, test } from 'vitest';
import { runSync } from '../../../src/tasks/drivers.js';
import type { NewtonSystem } from '../../../src/transport/newton/newtonSystem.js';
import { compressed } from '../../../src/transport/newton/pairs.js';
import { heldBack, solveNewtonSystem } from '../../../src/transport/newton/solveNewtonSystem.js';
import { draws } from '../../support/draws.js';

/** What is added to the diagonal, relative to it, as the docstring of the solver's constant says. */
const RIDGE = 1e-9;

interface Shape {
  readonly rows: number;
  readonly columns: number;
  /** Which pairs there are, and what their entries are multiplied by. */
  readonly factor?: (i: number, j: number) => number;
  /** eps / rho. */
  readonly ground?: number;
}

/** The system of a random plan: every row and column has some entry. */
function systemOf({ rows, columns, factor = () => 1, ground = 0 }: Shape, seed: number) {
  const raw = draws(rows * columns, seed);
  const plan: number[] = [];
  const column: number[] = [];
  const starts = [0];
  const rowMass = new Float64Array(rows);
  const columnMass = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const entry = factor(i, j) * (raw[i * columns + j] + 0.01);
      if (entry === 0) continue;
      plan.push(entry);
      column.push(j);
      rowMass[i] += entry;
      columnMass[j] += entry;
    }
    starts.push(plan.length);
  }
  const pairs = compressed(Uint32Array.from(starts), Uint32Array.from(column), new Float64Array(plan.length));
  const rowGround = rowMass.map((mass) => ground * mass);
  const columnGround = columnMass.map((mass) => ground * mass);
  const system: NewtonSystem = {
    pairs,
    plan: Float64Array.from(plan),
    row: rowMass.map((mass, i) => mass + rowGround[i]),
    column: columnMass.map((mass, j) => mass + columnGround[j]),
    rowGround,
    columnGround,
  };
  return system;
}

/** S v, row by row of the plan, with what is added to the diagonal. */
function times({ pairs, plan, row, column }: NewtonSystem, v: Float64Array): Float64Array {
  const product = v.map((value, j) => column[j] * (1 + RIDGE) * value);
  for (let i = 0; i < row.length; i++) {
    let sum = 0;
    for (let k = pairs.begin(i); k < pairs.end(i); k++) sum += plan[k] * v[pairs.column[k]];
    for (let k = pairs.begin(i); k < pairs.end(i); k++) product[pairs.column[k]] -= (plan[k] * sum) / row[i];
  }
  return product;
}

/** The residual over the right side, in the norm that steps are judged by. */
function residualOf(system: NewtonSystem, rhs: Float64Array, solution: Float64Array): number {
  const squares = (values: Float64Array) => values.reduce((sum, value, j) => sum + value ** 2 / system.column[j], 0);
  const product = times(system, solution);
  return Math.sqrt(squares(rhs.map((value, j) => value - product[j])) / squares(rhs));
}

/** A right side whose sum is 0, as where both marginals are held. */
function balancedSide(columns: number, seed: number): Float64Array {
  const values = draws(columns, seed);
  const mean = values.reduce((sum, value) => sum + value, 0) / columns;
  return values.map((value) => value - mean);
}

/** Neighbours along a line: what no diagonal tells. */
const chain = (width: number) => (i: number, j: number) => (Math.abs(i - j) <= width ? 1 : 0);
const shapes: [string, Shape][] = [
  ['few columns, all pairs', { rows: 9, columns: 7 }],
  ['few columns, more than rows', { rows: 5, columns: 12 }],
  ['few columns with penalties', { rows: 9, columns: 7, ground: 0.3 }],
  ['few columns in a line', { rows: 60, columns: 60, factor: chain(1) }],
  ['many columns, all pairs', { rows: 90, columns: 120 }],
  ['many columns in a line', { rows: 220, columns: 220, factor: chain(1) }],
  ['many columns in a line with penalties', { rows: 220, columns: 220, factor: chain(2), ground: 1e-4 }],
  ['clusters that hardly exchange mass', { rows: 130, columns: 130, factor: (i, j) => (i % 2 === j % 2 ? 1 : 1e-4) }],
];

describe.each(shapes)('%s', (_, shape) => {
  const system = systemOf(shape, 3);
  const rhs = balancedSide(shape.columns, 4);

  test.each([1e-2, 1e-6])('is solved to a relative residual of %d', (tolerance) => {
    const { solution, iterations } = runSync(solveNewtonSystem(system, rhs, tolerance, false));
    expect(residualOf(system, rhs, solution)).toBeLessThanOrEqual(tolerance * (1 + 1e-6));
    expect(iterations).toBeLessThan(100);
  });

  test('by a factorisation from the start there are few iterations, and it serves a similar system', () => {
    const { solution, iterations, factors } = runSync(solveNewtonSystem(system, rhs, 1e-6, true));
    expect(residualOf(system, rhs, solution)).toBeLessThanOrEqual(1e-6 * (1 + 1e-6));
    expect(iterations).toBeLessThanOrEqual(shape.columns <= 100 ? 2 : 30);
    expect(factors).toBeDefined();
    const similar = { ...system, column: system.column.map((mass, j) => mass * (1 + 1e-3 * (j % 2))) };
    const again = runSync(solveNewtonSystem(similar, rhs, 1e-3, false, factors));
    expect(residualOf(similar, rhs, again.solution)).toBeLessThanOrEqual(1e-3 * (1 + 1e-6));
    // Few columns are factorised anew in less time than iterations take.
    if (shape.columns > 100) expect(again.factors).toBe(factors);
    else expect(again.factors).not.toBe(factors);
  });

  test('the right side and the system are left as they are', () => {
    const before = { rhs: rhs.slice(), plan: system.plan.slice(), column: system.column.slice() };
    runSync(solveNewtonSystem(system, rhs, 1e-6, false));
    expect({ rhs, plan: system.plan, column: system.column }).toEqual(before);
  });
});

test('of nothing that lacks nothing is to be done', () => {
  const system = systemOf({ rows: 4, columns: 3 }, 1);
  const { solution, iterations } = runSync(solveNewtonSystem(system, new Float64Array(3), 1e-6, false));
  expect(Array.from(solution)).toEqual([0, 0, 0]);
  expect(iterations).toBe(0);
});

test('what one diagonal is enough for takes no factorisation', () => {
  // Each row has one column: the system is its diagonal.
  const system = systemOf({ rows: 120, columns: 120, factor: (i, j) => (i === j ? 1 : 0), ground: 1 }, 1);
  const { factors, iterations } = runSync(solveNewtonSystem(system, draws(120, 2), 1e-6, false));
  expect(factors).toBeUndefined();
  expect(iterations).toBeLessThan(30);
});

test('factors that do not serve are made anew', () => {
  const line = systemOf({ rows: 220, columns: 220, factor: chain(1) }, 3);
  const rhs = balancedSide(220, 4);
  const useless = (vector: Float64Array) => {
    for (let j = 0; j < vector.length; j++) vector[j] *= 1 + 1000 * (j % 7);
  };
  const { solution, factors } = runSync(solveNewtonSystem(line, rhs, 1e-6, false, useless));
  expect(factors).not.toBe(useless);
  expect(residualOf(line, rhs, solution)).toBeLessThanOrEqual(1e-6 * (1 + 1e-6));
});

test('a row without mass is no edge and divides nothing', () => {
  for (const columns of [6, 130]) {
    const shape = { rows: columns, columns, ground: 0.1, factor: (i: number) => (i === 2 ? 1e-300 : 1) };
    const full = systemOf(shape, 5);
    const system = { ...full, row: full.row.map((mass, i) => (i === 2 ? 0 : mass)), plan: full.plan.slice() };
    for (let k = full.pairs.begin(2); k < full.pairs.end(2); k++) system.plan[k] = 0;
    const rhs = draws(columns, 6);
    for (const startHard of [false, true]) {
      const { solution } = runSync(solveNewtonSystem(system, rhs, 1e-6, startHard));
      expect(solution.every(Number.isFinite)).toBe(true);
      const without = { ...system, row: system.row.map((mass) => mass || 1) };
      expect(residualOf(without, rhs, solution)).toBeLessThanOrEqual(1e-6 * (1 + 1e-6));
    }
  }
});

test('mass that the diagonal holds back is what it adds to products, in sum', () => {
  const system = systemOf({ rows: 4, columns: 3 }, 1);
  const solution = Float64Array.of(2, -3, 0.5);
  const expected = RIDGE * solution.reduce((sum, value, j) => sum + Math.abs(system.column[j] * value), 0);
  expect(heldBack(system, solution)).toBeCloseTo(expected, 20);
});
