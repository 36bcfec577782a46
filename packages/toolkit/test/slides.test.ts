/** What closest points tell least of: on a circle that is a turn. */
import { expect, it } from 'vitest';
import { shaped, slid } from '../src/registration/closestPoints.js';
import { identityMap, mapPoints } from '../src/registration/linearMap.js';
import { affineMaps } from '../src/registration/settle.js';

it('a circle slides along itself, in both ways and as far as asked for', () => {
  const count = 60;
  const circle = (turn: number) => {
    const points = Float64Array.from({ length: 2 * count }, (_, k) => {
      const angle = (2 * Math.PI * (Math.floor(k / 2) + turn)) / count;
      return k % 2 === 0 ? 3 + Math.cos(angle) : Math.sin(angle) - 1;
    });
    return shaped({ points, weights: new Float64Array(count).fill(1 / count), dimension: 2 });
  };
  const [source, length] = [circle(0), 0.1];
  const slides = slid(source, circle(0.5), identityMap(2), affineMaps, { width: 0.2, count: 1, length });
  expect(slides).toHaveLength(2);
  const ways = slides.map((map) => mapPoints(map, source.points).map((value, k) => value - source.points[k]));
  for (const way of ways) {
    for (let i = 0; i < count; i++) {
      const [x, y] = [source.points[2 * i] - 3, source.points[2 * i + 1] + 1];
      const [along, across] = [y * way[2 * i] - x * way[2 * i + 1], x * way[2 * i] + y * way[2 * i + 1]];
      expect(Math.abs(along)).toBeCloseTo(length, 2);
      expect(Math.abs(across)).toBeLessThan(0.01);
    }
  }
  for (const [k, value] of ways[0].entries()) expect(ways[1][k]).toBeCloseTo(-value, 12);
});
