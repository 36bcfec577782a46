import { describe, expect, it } from 'vitest';
import { type HostProblem, hostSide } from '../../src/transport/newton/hostProblem.js';
import { compressed } from '../../src/transport/newton/pairs.js';
import { misplacedMass, partLevels } from '../../src/transport/newton/partLevels.js';

/** A problem of masses alone: nothing here asks for costs. */
const problemOf = (a: readonly number[], b: readonly number[], costScale = 1): HostProblem => ({
  costs: { rows: a.length, columns: b.length, dimension: 1, row: () => {}, slope: () => 0 },
  x: hostSide(
    Float64Array.from(a),
    a.reduce((sum, mass) => sum + mass, 0),
    Number.POSITIVE_INFINITY,
  ),
  y: hostSide(
    Float64Array.from(b),
    b.reduce((sum, mass) => sum + mass, 0),
    Number.POSITIVE_INFINITY,
  ),
  costScale,
});
const fourPairs = compressed(Uint32Array.of(0, 2, 4), Uint32Array.of(0, 1, 0, 1), new Float64Array(4));

/** Two rows and two columns, a part each; `across` and `back` go between the parts. */
const twoParts = (a: [number, number], b: [number, number], across: number, back: number) =>
  partLevels(problemOf(a, b), fourPairs, Float64Array.of(a[0] - across, across, back, a[1] - back), 1);

/** So many rows, each with a column of its own. */
const diagonal = (count: number) =>
  compressed(
    Uint32Array.from({ length: count + 1 }, (_, k) => k),
    Uint32Array.from({ length: count }, (_, k) => k),
    new Float64Array(count),
  );

describe('levels of parts', () => {
  it('are 0 where parts exchange what they should', () => {
    const { range, open } = twoParts([0.5, 0.5], [0.5, 0.5], 1e-9, 1e-9);
    expect(range).toBeLessThan(1e-9);
    expect(open).toBeLessThan(1e-5);
  });

  it('find flows that are far from each other, to all digits', () => {
    const { shifts, range, open } = twoParts([0.5, 0.5], [0.5, 0.5], 1e-11 * Math.exp(9), 1e-11 * Math.exp(-9));
    expect(range).toBeCloseTo(9, 5);
    // Columns of the first part rise: its rows give less to the others then.
    expect(shifts[0] - shifts[1]).toBeCloseTo(9, 5);
    expect(open).toBeLessThan(1e-4);
  });

  it('move what masses differ by, however little goes between parts', () => {
    // across e^u - back e^-u = 2^-20, whatever the level was before.
    const difference = 2 ** -20;
    const across = 1e-11;
    const { range, shifts, value } = twoParts([0.5, 0.5], [0.5 - difference, 0.5 + difference], across, across);
    const level = Math.asinh(difference / (2 * across));
    expect(range).toBeCloseTo(level, 6);
    expect(value / (difference * level)).toBeCloseTo(1, 6);
    expect(shifts[0] - shifts[1]).toBeCloseTo(-level, 6);
  });

  it('are open where rounding of the masses is as much as goes between parts', () => {
    expect(twoParts([0.5, 0.5], [0.5, 0.5], 1e-16, 1e-16).open).toBe(Number.POSITIVE_INFINITY);
    expect(twoParts([0.5, 0.5], [0.5, 0.5], 0, 0).open).toBe(Number.POSITIVE_INFINITY);
  });

  it('are those of the whole where there is one part', () => {
    expect(twoParts([0.5, 0.5], [0.5, 0.5], 0.1, 0.1)).toMatchObject({ range: 0, open: 0, value: 0 });
  });

  it('are not looked for among too many parts: mass that is in the wrong one may go as far as can be', () => {
    const [count, less, more] = [130, 7, 90];
    const shares = Array.from({ length: count }, () => 1 / 128);
    const moved = shares.with(less, 1 / 256).with(more, 3 / 256);
    const problem = problemOf(shares, moved, 3);
    const { shifts, range, open, value } = partLevels(problem, diagonal(count), Float64Array.from(shares), 0.5);
    expect(Math.max(...shifts.map(Math.abs))).toBe(0);
    expect(range).toBe(0);
    expect(open).toBe(Number.POSITIVE_INFINITY);
    expect(value).toBeCloseTo((3 / 0.5) * (1 / 256), 14);
  });
});

describe('mass in the wrong part', () => {
  const difference = 3 * 2 ** -22;
  const [across, back] = [2 ** -22, 2 ** -24];
  const misplaced = (a: [number, number], b: [number, number]) =>
    misplacedMass(problemOf(a, b), fourPairs, Float64Array.of(a[0] - across, across, back, a[1] - back));

  it('is what parts differ by, less what goes between them already, over the mass', () => {
    const found = misplaced([1, 1], [1 - difference, 1 + difference]);
    expect(found / ((difference - across + back) / 2)).toBeCloseTo(1, 9);
    const other = misplaced([1, 1], [1 + difference, 1 - difference]);
    expect(other / ((difference + across - back) / 2)).toBeCloseTo(1, 9);
  });

  it('is counted for the part of each column, whatever their number', () => {
    // The third column belongs to the first row.
    const pairs = compressed(Uint32Array.of(0, 3, 6), Uint32Array.of(0, 1, 2, 0, 1, 2), new Float64Array(6));
    const plan = Float64Array.of(0.5, across, 0.5 - across, 0, 1 - back, back);
    const found = misplacedMass(problemOf([1, 1], [0.5, 1 - difference, 0.5 + difference]), pairs, plan);
    // The first part has the difference too little, and gives more than it gets.
    expect(found / ((difference + across - back) / 2)).toBeCloseTo(1, 9);
  });

  it('is nothing where all are one part', () => {
    const all = Float64Array.of(0.4, 0.1, 0.1, 0.4);
    expect(misplacedMass(problemOf([0.5, 0.5], [0.4, 0.6]), fourPairs, all)).toBe(0);
  });
});
