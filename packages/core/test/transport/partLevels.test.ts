import { describe, expect, it } from 'vitest';
import { type HostProblem, hostSide } from '../../src/transport/newton/hostProblem.js';
import { compressed } from '../../src/transport/newton/pairs.js';
import { partLevels } from '../../src/transport/newton/partLevels.js';

/** Two rows and two columns, a part each; `across` and `back` go between the parts. */
function twoParts(a: [number, number], b: [number, number], across: number, back: number) {
  const problem: HostProblem = {
    costs: { rows: 2, columns: 2, dimension: 1, row: () => {}, slope: () => 0 },
    x: hostSide(Float64Array.from(a), 1, Number.POSITIVE_INFINITY),
    y: hostSide(Float64Array.from(b), 1, Number.POSITIVE_INFINITY),
    costScale: 1,
  };
  const pairs = compressed(Uint32Array.of(0, 2, 4), Uint32Array.of(0, 1, 0, 1), new Float64Array(4));
  return partLevels(problem, pairs, Float64Array.of(a[0] - across, across, back, a[1] - back), 1);
}

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
    const { range, shifts } = twoParts([0.5, 0.5], [0.5 - difference, 0.5 + difference], across, across);
    const level = Math.asinh(difference / (2 * across));
    expect(range).toBeCloseTo(level, 6);
    expect(shifts[0] - shifts[1]).toBeCloseTo(-level, 6);
  });

  it('are open where rounding of the masses is as much as goes between parts', () => {
    expect(twoParts([0.5, 0.5], [0.5, 0.5], 1e-16, 1e-16).open).toBe(Number.POSITIVE_INFINITY);
    expect(twoParts([0.5, 0.5], [0.5, 0.5], 0, 0).open).toBe(Number.POSITIVE_INFINITY);
  });

  it('are those of the whole where there is one part', () => {
    expect(twoParts([0.5, 0.5], [0.5, 0.5], 0.1, 0.1)).toMatchObject({ range: 0, open: 0, value: 0 });
  });
});
