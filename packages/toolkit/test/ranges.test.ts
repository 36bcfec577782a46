import { cpu } from '@sinkhorn/backend-cpu';
import { InvalidMeasureError } from '@sinkhorn/core';
import { energyDistance } from '@sinkhorn/losses';
import { medianDistance } from '@sinkhorn/losses/median';
import { describe, expect, it } from 'vitest';
import { permutationTest } from '../src/permutationTest.js';
import { registerRigid } from '../src/registration/registerRigid.js';
import { matchPoints } from '../src/shapes/matchPoints.js';
import { pairwise } from '../src/shapes/pairwise.js';
import { twoSampleTest } from '../src/twoSampleTest.js';

const backend = cpu();
const plain = {
  x: [
    [0, 0],
    [1, 0],
    [0, 2],
    [1, 1],
    [2, 3],
  ],
  y: [
    [3, 1],
    [2, 2],
    [1, 4],
    [3, 3],
    [4, 2],
  ],
};
const scaled = (points: readonly (readonly number[])[], unit: number) =>
  points.map((point) => point.map((coordinate) => coordinate * unit));

type Points = readonly (readonly number[])[];
const loss = energyDistance({ backend });
const users: [string, (x: Points, y: Points) => unknown][] = [
  ['twoSampleTest', (x, y) => twoSampleTest(x, y, { backend, permutations: 99 })],
  ['permutationTest', (x, y) => permutationTest(loss, x, y, { permutations: 99 })],
  ['pairwise', (x, y) => pairwise(loss, [x, y])],
  ['registerRigid', (x, y) => registerRigid(x, y, { backend })],
  ['matchPoints', (x, y) => matchPoints(x, y)],
  ['medianDistance', async (x, y) => medianDistance(x, y)],
];

describe.each(users)('%s', (_name, use) => {
  it.each([1e-200, 1e-80, 1e80, 1e200])('refuses coordinates of about %j', async (unit) => {
    const result = use(scaled(plain.x, unit), scaled(plain.y, unit));
    await expect(result).rejects.toThrow(InvalidMeasureError);
    await expect(result).rejects.toThrow('rescale the coordinates to about 1');
  });
});

it.each([1e-70, 1e70])('a p-value and a median move with coordinates of about %j as they should', async (unit) => {
  const [x, y] = [scaled(plain.x, unit), scaled(plain.y, unit)];
  const here = await permutationTest(loss, plain.x, plain.y, { permutations: 199 });
  expect((await permutationTest(loss, x, y, { permutations: 199 })).pValue).toBe(here.pValue);
  expect(medianDistance(x, y) / unit).toBeCloseTo(medianDistance(plain.x, plain.y), 12);
});
