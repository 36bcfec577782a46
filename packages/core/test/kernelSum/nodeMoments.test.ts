import { expect, test } from 'vitest';
import { signedCloud } from '../../src/kernelSum/signedCloud.js';
import { signedMoments } from '../../src/kernelSum/tree/nodeMoments.js';
import { THIRD_MOMENTS, thirdMomentsApart } from '../../src/kernelSum/tree/thirdMoments.js';
import { allPoints } from '../../src/spatial/coreset.js';
import { makeTree } from '../../src/spatial/tree.js';
import { draws } from '../support/draws.js';
import { finish } from '../support/finish.js';

/** Axes of the second moments, and of the third ones, in their order. */
const SECOND = ['00', '11', '22', '01', '02', '12'];
const THIRD = ['000', '111', '222', '001', '002', '011', '112', '022', '122', '012'];

test.each([1, 2, 3])('every node has the moments of its points, in %i dimensions', (dimension) => {
  const cloud = (count: number, seed: number) => ({
    points: draws(count * dimension, seed),
    weights: draws(count, seed + 1).map((weight) => weight + 0.1),
  });
  const signed = finish(signedCloud(cloud(150, 1), cloud(120, 3), dimension));
  const { joint, signs } = signed;
  const tree = finish(makeTree(joint, allPoints(joint), 0, 8));
  const { positive, negative, third } = finish(signedMoments(signed, tree));
  expect(tree.count).toBeGreaterThan(30);
  for (let node = 0; node < tree.count; node++) {
    const places = Array.from({ length: tree.ends[node] - tree.starts[node] }, (_, k) => tree.starts[node] + k);
    /** A coordinate from the middle of the node's box; there is none along axes beyond the dimension. */
    const from = (place: number, axis: number) =>
      axis < dimension ? joint.points[place * dimension + axis] - tree.centres[node * dimension + axis] : 0;
    for (const [sign, of] of [
      [1, positive],
      [-1, negative],
    ] as const) {
      const own = places.filter((place) => signs[place] === sign);
      const sum = (term: (place: number) => number) =>
        own.reduce((total, place) => total + joint.weights[place] * term(place), 0);
      const mass = sum(() => 1);
      expect(of.counts[node]).toBe(own.length);
      expect(of.masses[node]).toBeCloseTo(mass, 12);
      if (own.length === 0) continue;
      const means = [0, 1, 2].map((axis) => sum((place) => from(place, axis)) / mass);
      means.forEach((mean, axis) => {
        expect(of.means[3 * node + axis]).toBeCloseTo(mean, 12);
      });
      SECOND.forEach(([a, b], k) => {
        const centred = (place: number, axis: string) => from(place, Number(axis)) - means[Number(axis)];
        const moment = sum((place) => centred(place, a) * centred(place, b)) / mass;
        expect(of.covariances[6 * node + k]).toBeCloseTo(moment, 12);
      });
    }
    THIRD.forEach((axes, k) => {
      const moment = places.reduce(
        (total, place) =>
          total + signed.weights[place] * [...axes].reduce((product, axis) => product * from(place, Number(axis)), 1),
        0,
      );
      expect(third[THIRD_MOMENTS * node + k]).toBeCloseTo(moment, 12);
    });
  }
});

test('third moments are apart as their whole tensors are', () => {
  const [one, other] = [draws(THIRD_MOMENTS, 5), draws(THIRD_MOMENTS, 6)];
  let squared = 0;
  for (const a of '012') {
    for (const b of '012') {
      for (const c of '012') {
        const k = THIRD.indexOf([a, b, c].sort().join(''));
        squared += (one[k] - other[k]) ** 2;
      }
    }
  }
  expect(thirdMomentsApart(one, 0, other)).toBeCloseTo(Math.sqrt(squared), 12);
});
