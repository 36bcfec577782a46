import { expect, test } from 'vitest';
import { slowSteps } from '../../../src/transport/grids/slowSteps.js';

const NODES = 64;
const SPACING = 0.5;
const axis = Float64Array.from({ length: NODES }, (_, k) => k * SPACING);

function line(weights: Float64Array, batch = 1) {
  const masses = new Float64Array(batch).fill(1);
  return { axes: [axis], weights: { name: 'x', weights, masses, batch, batched: batch > 1, count: NODES } };
}

/** A wave of half a period, or of many. */
const wave = (halves: number) => Float64Array.from(axis, (_, k) => Math.cos((Math.PI * halves * (k + 0.5)) / NODES));
const alike = new Float64Array(NODES).fill(1 / NODES);
/** What a wave lacks that a sweep with this variance changed by itself: the sum of all that follows. */
const lack = (halves: number, variance: number) =>
  1 / -Math.expm1(-variance * ((Math.PI * halves) / (NODES * SPACING)) ** 2);

test.each([1, 2, 4, 8, 16])('a wave of %i half periods lacks what its rate says, within a factor of 3', (halves) => {
  const steps = wave(halves);
  const { potentials } = slowSteps(line(alike), steps, { variance: 1, kept: 1 });
  const wanted = lack(halves, 1) * Math.hypot(...steps);
  expect(potentials).toBeGreaterThan(wanted);
  expect(potentials).toBeLessThan(3 * wanted);
});

test('what is left is less where penalties hold potentials', () => {
  const steps = wave(1);
  const { potentials } = slowSteps(line(alike), steps, { variance: 1, kept: 0.5 });
  expect(potentials).toBeLessThan(4 * Math.hypot(...steps));
});

test('a change that all nodes have in common is none', () => {
  const { potentials, squares } = slowSteps(line(alike), new Float64Array(NODES).fill(3), { variance: 1, kept: 1 });
  expect(potentials).toBeLessThan(1e-4);
  expect(squares[0]).toBeLessThan(1e-9);
});

test('squares count mass, and elements of a batch are apart', () => {
  const steps = Float64Array.of(...wave(1), ...wave(32));
  const none = alike.map((weight, k) => (k < NODES / 2 ? 2 * weight : 0));
  const { squares } = slowSteps(line(Float64Array.of(...alike, ...none), 2), steps, { variance: 1, kept: 1 });
  expect(squares[0]).toBeGreaterThan((lack(1, 1) * Math.hypot(...wave(1)) ** 2) / NODES / 3);
  expect(squares[1]).toBeGreaterThan(0.3);
  expect(squares[1]).toBeLessThan(3);
});
