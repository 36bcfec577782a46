import { describe, expect, it } from 'vitest';
import { powerCost } from '../../src/geometry/cost.js';
import { runSync } from '../../src/tasks/drivers.js';
import { hostSide } from '../../src/transport/newton/hostProblem.js';
import { pairCosts } from '../../src/transport/newton/pairCosts.js';
import { selfUpdates } from '../../src/transport/newton/selfUpdates.js';
import { draws } from '../support/draws.js';

/** As many points as have more pairs than are all stored. */
const COUNT = 600;

describe('self problems of many points', () => {
  // Two squares, three apart.
  const points = draws(2 * COUNT, 7).map((place, k) => place + (k % 6 === 0 ? 3 : 0));
  const side = hostSide(new Float64Array(COUNT).fill(1 / COUNT), 1, Number.POSITIVE_INFINITY);
  const costs = pairCosts({ cost: powerCost(2), power: 2 }, points, points, 2, false);
  const start = new Float64Array(COUNT);

  it.each([0.3, 0.04, 0.01])('are solved on lists of pairs as on all of them: blur %d', (blur) => {
    const epsilon = blur ** 2;
    let visits = 0;
    const watched = {
      ...costs,
      row: (i: number, into: Float64Array) => {
        visits += 1;
        costs.row(i, into);
      },
    };
    const { f, marginalError, passes } = runSync(
      selfUpdates({ costs: watched, x: side, y: side, costScale: 16 }, epsilon, start, {
        target: 1e-12,
        maxIterations: 200,
      }),
    );
    expect(marginalError).toBeLessThan(1e-11);
    let error = 0;
    const row = new Float64Array(COUNT);
    for (let i = 0; i < COUNT; i++) {
      costs.row(i, row);
      let mass = 0;
      for (let j = 0; j < COUNT; j++) mass += Math.exp((f[i] + f[j] - row[j]) / epsilon) / COUNT;
      error += Math.abs(mass - 1) / COUNT;
    }
    expect(error).toBeLessThan(1e-11);
    // Each pass over all pairs visits all rows; a scan for a list ends early where it is too long, and begins with some.
    expect(Math.abs(visits / COUNT - passes)).toBeLessThan(0.75);
    // Where few pairs count, updates are made on a list after four of them and a scan, until all pairs confirm it.
    if (blur < 0.1) expect(passes).toBe(6);
  });
});
