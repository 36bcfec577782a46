import { describe, expect, it } from 'vitest';
import { soonest } from '../src/measuring/soonest.js';
import { planMatrix, planSolve } from '../src/tasks/fleetPlan.js';

it('things come in the order of their times', () => {
  const times = Array.from({ length: 500 }, (_, k) => (k * 7919) % 503);
  const heap = soonest<number>();
  for (const time of times) heap.add(time, -time);
  const taken = times.map(() => heap.take());
  expect(taken.map((each) => each?.time)).toEqual([...times].sort((a, b) => a - b));
  for (const each of taken) expect(each?.thing).toBe(-(each?.time ?? 0));
  expect(heap.take()).toBeUndefined();
});

describe('a simulated matrix', () => {
  // 20 x 21 / 2 tiles of 25 pairs of 0.1 s.
  const plan = {
    clouds: 100,
    side: 5,
    cores: 7,
    ahead: 100,
    pair: 0.1,
    spread: 0,
    asking: 0,
    server: 0,
    deathsAnHour: 0,
    takeover: 16,
  };

  it('takes as long as its cores need, where nothing else takes time', () => {
    expect(planMatrix(plan)).toMatchObject({ tiles: 210, deaths: 0 });
    expect(planMatrix(plan).seconds).toBeCloseTo(30 * 2.5);
    expect(planMatrix(plan).busy).toBeCloseTo(1);
  });

  it('takes as long as who asks, or the server, where these take longer', () => {
    expect(planMatrix({ ...plan, pair: 1e-6, asking: 1 }).seconds).toBeCloseTo(210, 0);
    expect(planMatrix({ ...plan, pair: 1e-6, server: 2 }).seconds).toBeCloseTo(420, 0);
    // One tile on its way at a time: one after the other.
    expect(planMatrix({ ...plan, ahead: 1, asking: 1, server: 1 }).seconds).toBeCloseTo(210 * 4.5);
  });

  it('computes the tiles of cores that die again, each once in the end', () => {
    const found = planMatrix({ ...plan, deathsAnHour: 2000 });
    expect(found.deaths).toBeGreaterThan(5);
    expect(found.seconds).toBeGreaterThan(75);
    expect(found.tiles).toBe(210);
  });

  it.each([0, 0.01])('loses as many cores as die in the hours that they compute, where asking takes %f s', (asking) => {
    const long = { ...plan, clouds: 1000, cores: 100, ahead: 400, spread: 0.2, asking, deathsAnHour: 3000 };
    const { deaths, busy, seconds } = planMatrix(long);
    const expected = (3000 * busy * seconds) / 3600;
    expect(expected).toBeGreaterThan(400);
    // Three standard deviations.
    expect(Math.abs(deaths - expected)).toBeLessThan(3 * Math.sqrt(expected));
  });
});

it('a simulated solve takes what it computes, sends and waits for', () => {
  const plan = {
    points: 1e5,
    dimension: 10,
    passes: 3,
    machines: 4,
    coresEach: 2,
    parts: 4,
    rate: 1e8,
    spread: 0,
    bandwidth: 1e8,
    way: 0.5,
  };
  const found = planSolve(plan);
  expect(found.memory).toBe(8e6);
  expect(found.sendingClouds).toBeCloseTo(0.32);
  expect(found.sendingEachPass).toBeCloseTo(0.016);
  // 1e10 pairs over 8 cores are 12.5 s; the last machine begins 0.016 s late, and 4e5 bytes come back.
  expect(found.seconds).toBeCloseTo(0.32 + 3 * (12.5 + 0.016 + 0.5 + 0.004), 5);
});
