import { expect, test } from 'vitest';
import { sortCloud } from '../../src/spatial/sortedCloud.js';
import { lonePlaces } from '../../src/transport/multilevel/lonePlaces.js';
import { draws } from '../support/draws.js';
import { finish } from '../support/finish.js';

test('the places with the most weight far from all others', () => {
  const points = draws(400, 1);
  // Two far points, of which one weighs next to nothing, and a heavy one among the others.
  points.set([9, 9], 20);
  points.set([-8, 7], 60);
  const weights = new Float64Array(200).fill(1);
  weights[30] = 1e-9;
  weights[50] = 20;
  const cloud = finish(sortCloud(points, weights, 2, 0.05));
  const found = Array.from(finish(lonePlaces(cloud, 3)), (place) => cloud.order[place]);
  expect(found).toContain(10);
  expect(found).not.toContain(30);
  expect(found).toHaveLength(3);
});

test('all places where there are no more', () => {
  const cloud = finish(sortCloud(draws(8, 2), draws(4, 3), 2, 0.05));
  expect(Array.from(finish(lonePlaces(cloud, 9)))).toEqual([0, 1, 2, 3]);
});

test('a far point after many that are alike', () => {
  const points = Float64Array.from({ length: 100 }, (_, k) => k + (k === 99 ? 50 : 0));
  const cloud = finish(sortCloud(points, new Float64Array(100).fill(1), 1, 0.5));
  const found = Array.from(finish(lonePlaces(cloud, 3)), (place) => cloud.order[place]);
  expect(found).toContain(99);
  expect(found).toHaveLength(3);
});
