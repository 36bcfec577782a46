import { drawsFrom } from '@sinkhorn/core/random';
import { describe, expect, it } from 'vitest';
import { determinant } from '../src/linear/determinant.js';
import { product, transposed } from '../src/linear/matrix.js';
import { closer, nearestPairs, shaped } from '../src/registration/closestPoints.js';
import type { Cloud } from '../src/registration/cloud.js';
import { evenRotations } from '../src/registration/evenRotations.js';
import { identityMap } from '../src/registration/linearMap.js';
import { lookAround } from '../src/registration/lookAround.js';
import { missesMore, overlapOf, widthOf } from '../src/registration/overlap.js';
import { rigidMaps } from '../src/registration/settle.js';

/** A sheet, [-1, 1] by [-1, 1], that is lifted and shifted. */
function sheet(side: number, height: number, shift = 0): Cloud {
  const places = Array.from({ length: side }, (_, k) => (2 * k) / (side - 1) - 1);
  const points = Float64Array.from(places.flatMap((x) => places.flatMap((y) => [x + shift, y, height])));
  return { points, weights: new Float64Array(side ** 2).fill(1 / side ** 2), dimension: 3 };
}

describe('overlapOf', () => {
  const eye = identityMap(3);
  const flat = shaped(sheet(15, 0));

  it('is the square of how far one surface is off the other, over the width, wherever samples lie on them', () => {
    const lifted = overlapOf(shaped(sheet(11, 0.05, 0.03)), flat, eye, 0.1);
    expect(lifted.shared).toBeCloseTo(1, 12);
    expect(lifted.off).toBeGreaterThan(0.2499);
    expect(lifted.off).toBeLessThan(0.26);
    expect(lifted.miss).toBeCloseTo(lifted.off, 12);
    expect(lifted.offAtMedian).toBeCloseTo(0.05, 3);
    expect(overlapOf(shaped(sheet(11, 0.3)), flat, eye, 0.1).miss).toBeCloseTo(1, 12);
  });

  it('counts what lies beyond an edge as a miss, and not as off', () => {
    const half = overlapOf(shaped(sheet(15, 0, 1)), flat, eye, 0.1);
    expect(half.off).toBeLessThan(0.02);
    expect(half.shared).toBeGreaterThan(0.5);
    expect(half.shared).toBeLessThan(0.75);
    expect(half.miss).toBeCloseTo(1 - half.shared, 1);
  });

  it('has points count by their weights', () => {
    const { points, weights, dimension } = sheet(15, 0);
    // What lies high has no weight.
    const high = sheet(15, 2);
    const heavy = shaped({
      points: Float64Array.from([...points, ...high.points]),
      weights: Float64Array.from([...weights, ...weights.map(() => 0)]),
      dimension,
    });
    expect(overlapOf(heavy, flat, eye, 0.1).miss).toBeLessThan(1e-6);
  });

  it('tells by how many standard errors a map misses more', () => {
    const [well, badly] = [0.01, 0.08].map((height) => overlapOf(shaped(sheet(11, height, 0.03)), flat, eye, 0.1));
    expect(missesMore(badly, well)).toBeGreaterThan(20);
    expect(missesMore(well, badly)).toBeLessThan(-20);
    expect(missesMore(well, well)).toBe(0);
  });

  it('has a width that grows with how thick a cloud is', () => {
    expect(widthOf({ target: sheet(15, 0), spread: 1 })).toBe(0.05);
    const thick = { ...sheet(15, 0), points: sheet(15, 0).points.map((value, k) => value + Math.sin(7 * k * k)) };
    expect(widthOf({ target: thick, spread: 1 })).toBeGreaterThan(0.1);
  });
});

describe('closer', () => {
  it('brings a turned and shifted surface back', () => {
    const bumps = (x: number, y: number) => 0.3 * Math.sin(2 * x + 1) + 0.2 * Math.cos(3 * y) + 0.2 * x * y;
    const cloud = (side: number): Cloud => {
      const flat = sheet(side, 0);
      const points = flat.points.map((value, k) =>
        k % 3 === 2 ? bumps(flat.points[k - 2], flat.points[k - 1]) : value,
      );
      return { ...flat, points };
    };
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    const start = { matrix: Float64Array.of(c, -s, 0, s, c, 0, 0, 0, 1), translation: Float64Array.of(0.1, -0.1, 0.1) };
    const { matrix, translation } = closer(
      shaped(cloud(14)),
      shaped(cloud(19)),
      start,
      rigidMaps(false),
      [1, 0.5, 0.3, 0.2, 0.1, 0.1],
    );
    for (const [k, value] of identityMap(3).matrix.entries()) expect(Math.abs(matrix[k] - value)).toBeLessThan(0.02);
    for (const value of translation) expect(Math.abs(value)).toBeLessThan(0.02);
  });

  it('goes by the nearest points in both directions', () => {
    const { onto, back } = nearestPairs(Float64Array.of(0, 5, 9), Float64Array.of(1, 6), 1);
    expect([...onto.rows]).toEqual([0, 1, 1]);
    expect([...onto.squares]).toEqual([1, 1, 9]);
    expect([...back.rows]).toEqual([0, 1]);
    expect([...back.squares]).toEqual([1, 1]);
  });
});

describe('evenRotations', () => {
  it.each([1, 2, 3, 4])('are rotations in %d dimensions, the first one none', (dimension) => {
    const all = evenRotations(dimension);
    expect([...all[0]]).toEqual([...identityMap(dimension).matrix]);
    for (const matrix of all) {
      expect(determinant(matrix, dimension)).toBeCloseTo(1, 12);
      const square = product(matrix, transposed(matrix, dimension), dimension);
      for (const [k, value] of identityMap(dimension).matrix.entries()) expect(square[k]).toBeCloseTo(value, 12);
    }
  });

  it('have one within 55 degrees of any rotation in space', () => {
    const draw = drawsFrom(3);
    const all = evenRotations(3);
    for (let k = 0; k < 300; k++) {
      const q = Array.from({ length: 4 }, () => (draw() + draw() + draw() + draw()) / 2 ** 33 - 1);
      const length = Math.hypot(...q);
      const [x, y, z, w] = q.map((value) => value / length);
      const other = [
        1 - 2 * (y * y + z * z),
        2 * (x * y - z * w),
        2 * (x * z + y * w),
        2 * (x * y + z * w),
        1 - 2 * (x * x + z * z),
        2 * (y * z - x * w),
        2 * (x * z - y * w),
        2 * (y * z + x * w),
        1 - 2 * (x * x + y * y),
      ];
      const traces = all.map((matrix) => matrix.reduce((sum, value, at) => sum + value * other[at], 0));
      expect((Math.acos((Math.max(...traces) - 1) / 2) * 180) / Math.PI).toBeLessThan(55);
    }
  });
});

describe('lookAround', () => {
  it('can be stopped between sides, and tells how far it is', () => {
    const cloud = sheet(6, 0);
    const looking = lookAround({ source: cloud, target: cloud, spread: 1 }, false, [identityMap(3)]);
    const shares: number[] = [];
    for (let next = looking.next(); !next.done; next = looking.next()) {
      if ('progress' in next.value) shares.push(next.value.progress.share ?? -1);
    }
    expect(shares.length).toBeGreaterThan(70);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });
});
