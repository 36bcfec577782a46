import { describe, expect, test } from 'vitest';
import { centredByPart } from '../../../src/transport/newton/centredByPart.js';
import type { PairList } from '../../../src/transport/newton/pairList.js';
import { compressed } from '../../../src/transport/newton/pairs.js';
import type { Settled } from '../../../src/transport/newton/settle.js';

/**
 * Rows 0 and 1 are a part with the columns 0 and 1, row 2 with the columns 2 and 3, and column 4 receives nothing. `away` is how far the
 * potentials of the first part are from 0, and three times that those of the second.
 */
function centred(away: number) {
  const pairs = compressed(Uint32Array.of(0, 3, 5, 8), Uint32Array.of(0, 1, 2, 0, 1, 2, 3, 4), new Float64Array(8));
  const plan = Float64Array.of(0.2, 0.1, 0, 0.1, 0.2, 0.3, 0.1, 0);
  const f = Float64Array.of(away, away + 4, -3 * away);
  const pass = { f, rowMass: Float64Array.of(0.3, 0.3, 0.4), columnMass: Float64Array.of(0.3, 0.3, 0.3, 0.1, 0) };
  const g = Float64Array.of(1 - away, 9 - away, 2 + 3 * away, 3 + 3 * away, 7);
  // The rest of a list and of what settled is not looked at.
  return centredByPart({ pairs } as PairList, { plan, pass } as unknown as Settled, g);
}

describe('potentials of parts that are far from each other', () => {
  test('get the same middle on both sides, a part at a time', () => {
    const { g, parts } = centred(1e6) ?? { g: [], parts: [] };
    // f + c and g - c: 1.5 to 5.5 and -0.5 to 7.5; 1.25 and 0.75 to 1.75.
    expect(Array.from(g)).toEqual([-0.5, 7.5, 0.75, 1.75, 7]);
    const [one, , two] = parts;
    expect(one).not.toBe(two);
    expect(Array.from(parts.slice(0, 7))).toEqual([one, one, two, one, one, two, two]);
    expect([one, two]).not.toContain(parts[7]);
  });

  test('stay where that makes them less than 256 times smaller', () => {
    // Twelve are left, the ranges of both sides of the first part; the largest is that of the second.
    expect(centred((256 * 12 + 20) / 3)).toBeDefined();
    expect(centred((256 * 12 - 20) / 3)).toBeUndefined();
  });
});
