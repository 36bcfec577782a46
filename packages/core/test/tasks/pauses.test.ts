import { expect, test } from 'vitest';
import { parameter, row } from '../../src/formula/expression.js';
import { mul } from '../../src/formula/index.js';
import { mapChunked } from '../../src/formula/mapOnHost.js';
import { powerCost } from '../../src/geometry/cost.js';
import { signedCloud } from '../../src/kernelSum/signedCloud.js';
import { kullbackLeibler } from '../../src/marginal/kullbackLeibler/kullbackLeibler.js';
import { checkMeasure, checkMeasureChunked } from '../../src/measure/measure.js';
import { bySide } from '../../src/measure/side.js';
import { sortCloud, unsorted } from '../../src/spatial/sortedCloud.js';
import { numbersChunked, sumChunked } from '../../src/tasks/chunked.js';
import type { Task } from '../../src/tasks/task.js';
import { balanced } from '../../src/transport/balancedPotentials.js';
import { solveExact } from '../../src/transport/exact/solveExact.js';
import { sinkhornValue, weightGradient } from '../../src/transport/value.js';
import { draws } from '../support/draws.js';
import { finish } from '../support/finish.js';

const COUNT = 300_000;
/** Points between two places where an abort is noticed, at most: some hundredths of a second of work. */
const AT_ONCE = 65_536;
const points = draws(3 * COUNT, 1);
const weights = new Float64Array(COUNT).fill(1 / COUNT);
const cloud = finish(sortCloud(points, weights, 3, 0.01));
const x = checkMeasure('x', { points, dimension: 3 });
const one = checkMeasure('one', [[0.5, 0.5, 0.5]]);
const pair = { x, y: { ...x, name: 'y' } };
const potential = draws(COUNT, 2);
const potentials = { f_ba: potential, g_ab: draws(COUNT, 3), f_aa: potential, g_bb: potential };
const penalty = bySide(() => kullbackLeibler(Number.POSITIVE_INFINITY, 'float64'));
const reach = { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY };

/** Each with how often it goes through all points. */
const tasks: [what: string, task: () => Task<unknown>, passes: number][] = [
  ['sorting', () => sortCloud(points, weights, 3, 0.01), 8],
  ['sorting two clouds as one', () => signedCloud(cloud, cloud, 3), 20],
  ['putting numbers back', () => unsorted(cloud, potential, 1, new Float64Array(COUNT)), 1],
  ['translating potentials', () => balanced(pair, { reach }, { potentials, iterates: { ...potentials } }), 4],
  ['a value', () => sinkhornValue(pair, potentials, 0.1, penalty), 2],
  ['a gradient in weights', () => weightGradient(pair, 'x', potentials, 0.1, penalty), 1],
  ['numbers', () => numbersChunked(COUNT, (k) => k), 1],
  ['a sum', () => sumChunked(COUNT, (k) => k), 1],
  ['exact transport from one point', () => solveExact({ x: one, y: x }, { cost: powerCost(2), power: 2 }), 8],
  ['exact transport to one point', () => solveExact({ x, y: one }, { cost: powerCost(2), power: 2 }), 8],
  [
    'gradients of exact transport',
    () => finish(solveExact({ x: one, y: x }, { cost: powerCost(2), power: 2 })).gradientsOf(['y']),
    2,
  ],
  ['a formula', () => mapChunked(mul(row('u'), parameter('s')), { u: potential }, { s: 2 }), 1],
];

test.each(tasks)('%s of many points can be interrupted between pieces of them', (_, task, passes) => {
  let pauses = 0;
  const running = task();
  for (let next = running.next(); !next.done; next = running.next()) pauses++;
  expect(pauses).toBeGreaterThanOrEqual((passes * COUNT) / AT_ONCE);
});

test('pieces give what all at once gives', () => {
  expect(finish(numbersChunked(COUNT, (k) => 2 * k)).every((value, k) => value === 2 * k)).toBe(true);
  expect(finish(sumChunked(COUNT, (k) => k))).toBe((COUNT * (COUNT - 1)) / 2);
  const doubled = finish(mapChunked(mul(row('u'), parameter('s')), { u: potential }, { s: 2 }));
  expect(doubled).toEqual(potential.map((value) => 2 * value));
  const found = { potentials, iterates: potentials };
  const moved = finish(balanced(pair, { reach }, found));
  expect(moved.iterates).toBe(moved.potentials);
});

test('what is copied is what was checked, whatever the caller writes in between', () => {
  const many = new Float64Array(2 ** 21);
  const task = checkMeasureChunked('x', { points: many, dimension: 1 }, true);
  task.next();
  many.fill(Number.NaN, 0, 2 ** 20);
  expect(finish(task).points.every(Number.isFinite)).toBe(true);
});
