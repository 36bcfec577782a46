import { cpu } from '@sinkhorn/backend-cpu';
import { expect, test } from 'vitest';
import { workspace } from '../../src/backend/workspace.js';
import { exactAt } from '../../src/kernelSum/samples.js';
import { runAsync } from '../../src/tasks/drivers.js';
import { draws } from '../support/draws.js';

test('sums over all pairs at samples are taken over some of the columns at a time', async () => {
  const backend = cpu();
  const columns: number[] = [];
  const counting = {
    ...backend,
    reduce(reduction: Parameters<typeof backend.reduce>[0]) {
      columns.push(reduction.columns.point.shape[0]);
      return backend.reduce(reduction);
    },
  };
  const [ofX, ofY] = [90_000, 50_000];
  const clouds = {
    x: { points: draws(ofX, 1), weights: draws(ofX, 2) },
    y: { points: draws(ofY, 3), weights: draws(ofY, 4) },
  };
  const space = workspace(counting);
  const problem = { space, kind: 'energy', dimension: 1, clouds, blur: 1, parameters: {} } as const;
  const shares: (number | undefined)[] = [];
  const exact = await runAsync(exactAt(problem, { x: Float64Array.of(0.2, 0.7), y: Float64Array.of(0.4) }), {
    onProgress: ({ share }) => shares.push(share),
  });
  expect(columns).toEqual([65_536, 65_536, 65_536, 65_536, 8928, 8928]);
  expect(shares).toEqual([0, 65_536 / 140_000, 131_072 / 140_000]);

  const sumAt = (at: number, term: (apart: number) => number) => {
    let sum = 0;
    for (let k = 0; k < ofX; k++) sum += clouds.x.weights[k] * term(at - clouds.x.points[k]);
    for (let k = 0; k < ofY; k++) sum -= clouds.y.weights[k] * term(at - clouds.y.points[k]);
    return sum;
  };
  const [first, second, third] = [0.2, 0.7, 0.4].map((at) => ({
    value: sumAt(at, (apart) => -Math.abs(apart)),
    slope: sumAt(at, (apart) => -Math.sign(apart)),
  }));
  for (const [found, wanted] of [
    [exact.x?.values[0], first.value],
    [exact.x?.values[1], second.value],
    [exact.x?.gradients[1], second.slope],
    [exact.y?.values[0], third.value],
    [exact.y?.gradients[0], third.slope],
  ]) {
    expect(found).toBeCloseTo(wanted ?? Number.NaN, 6);
  }
});
