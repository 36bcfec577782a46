import { describe, expect, it } from 'vitest';
import { distinctVertices } from '../src/readers/distinctVertices.js';

describe('distinctVertices', () => {
  it.each(['float32', 'float64'] as const)('finds what a Set of texts finds, %s', (precision) => {
    const vertices = distinctVertices(precision);
    const texts = new Set<string>();
    let wrong = 0;
    for (let k = 0; k < 200_000; k++) {
      // Few values a coordinate, so that many vertices come again; 0 with either sign, and infinities.
      const cells = [(k * 7919) % 61, ((k * 104729) % 53) / 4 - 5, -((k * 1299709) % 47)].map(Math.fround);
      if (k % 1000 === 0) cells[1] = -Infinity;
      const text = cells.join(' ');
      if (vertices.add(cells[0], cells[1], cells[2]) === texts.has(text)) wrong++;
      texts.add(text);
    }
    expect(wrong).toBe(0);
    expect(vertices.size).toBe(texts.size);
  });

  it('tells neighbours in the last bit apart', () => {
    const vertices = distinctVertices('float64');
    expect([1, 1 + 2 ** -52, 1].map((x) => vertices.add(x, 0, 0))).toEqual([true, true, false]);
  });

  it('goes on beyond the 2^24 entries of a Set', () => {
    const vertices = distinctVertices('float32');
    const count = 2 ** 24 + 1000;
    let added = 0;
    for (let k = 0; k < count; k++) if (vertices.add(k % 4096, k >> 12, 0.5)) added++;
    expect(added).toBe(count);
    expect(vertices.size).toBe(count);
    for (let k = 0; k < count; k += 997) if (vertices.add(k % 4096, k >> 12, 0.5)) added++;
    expect(added).toBe(count);
  });
});
