import { describe, expect, test } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import type { DivergencePenalty } from '../../src/marginal/divergencePenalty.js';
import { type Penalty, type PenaltyOption, partialMass, penaltiesOf } from '../../src/marginal/penaltyOptions.js';

const onX = (option: Penalty, p = 2, energy = 1): DivergencePenalty => penaltiesOf(option, p).x(energy, 'float64');
const [any, infinity] = [{ least: 0, most: Number.POSITIVE_INFINITY }, Number.POSITIVE_INFINITY];

describe('what a share of a unit of mass pays, as Séjourné et al. 2019 have it', () => {
  test.each([
    ['kl', 1, 0],
    ['kl', 0, 3],
    ['kl', Math.E, 3],
    ['kl', 0.5, 3 * (0.5 * Math.log(0.5) + 0.5)],
    ['tv', 0.25, 2.25],
    ['tv', 1.5, 1.5],
    ['tv', 1, 0],
    ['berg', 1, 0],
    ['berg', Math.E, 3 * (Math.E - 2)],
    ['berg', 0, infinity],
    ['hellinger', 4, 3],
    ['hellinger', 0, 3],
    ['hellinger', 0.25, 0.75],
    ['quadratic', 3, 6],
    ['quadratic', 0, 1.5],
  ] as const)('%s of strength 3, a share of %f: %f', (kind, share, paid) => {
    const { phi, least, most, balanced, scale, parameters } = onX({ kind, strength: 3 });
    expect(phi(share)).toBeCloseTo(paid, 13);
    expect({ least, most }).toEqual(any);
    expect(balanced).toBe(false);
    expect(scale).toBe(3);
    // Those of kl are of its own making.
    if (kind !== 'kl') expect(parameters).toEqual({ strength: 3 });
  });

  test('a range pays nothing within, and has no scale', () => {
    const { phi, least, most, balanced, scale, parameters } = onX({ kind: 'range', low: 0.5, high: 1.5 });
    expect([phi(0.5), phi(1.2), least, most, balanced, scale]).toEqual([0, 0, 0.5, 1.5, false, infinity]);
    expect(parameters).toEqual({ low: 0.5, high: 1.5 });
  });

  test('balanced takes the share 1 alone', () => {
    const { phi, least, most, balanced } = onX('balanced');
    expect([phi(1), least, most, balanced]).toEqual([0, 1, 1, true]);
  });
});

describe('strengths', () => {
  test('are reach^p, in the unit that a device has', () => {
    for (const kind of ['kl', 'tv', 'berg', 'hellinger', 'quadratic'] as const) {
      expect(onX({ kind, reach: 3 }).scale).toBe(9);
      expect(onX({ kind, reach: 3 }, 1).scale).toBe(3);
      expect(onX({ kind, reach: 3 }, 2, 4).scale).toBe(9 / 4);
      expect(onX({ kind, strength: 3 }, 2, 4).scale).toBe(3 / 4);
    }
  });

  test('of one side leave the other one balanced', () => {
    const { x, y } = penaltiesOf({ y: { kind: 'tv', strength: 2 } }, 2);
    expect([x(1, 'float64').balanced, y(1, 'float64').scale]).toEqual([true, 2]);
    const other = penaltiesOf({ x: { kind: 'tv', strength: 2 } }, 2);
    expect([other.y(1, 'float64').balanced, other.x(1, 'float64').scale]).toEqual([true, 2]);
    const both = penaltiesOf({ kind: 'berg', strength: 2 }, 2);
    expect(both.x).toBe(both.y);
  });
});

test('partial transport is a mass, and no other penalty has one', () => {
  expect(partialMass({ kind: 'partial', mass: 0.4 })).toBe(0.4);
  expect(partialMass({ kind: 'partial' } as unknown as PenaltyOption)).toBeNaN();
  for (const other of ['balanced', null, undefined, { x: 'balanced' }, { kind: 'tv', strength: 1 }] as const) {
    expect(partialMass(other as PenaltyOption)).toBeUndefined();
  }
  expect(() => partialMass({ kind: 'partial', mass: 1, reach: 2 } as unknown as PenaltyOption)).toThrow(
    "penalty has no option 'reach': its options are kind, mass",
  );
});

test.each<[unknown, string]>([
  ['tv', "penalty is tv: give 'balanced' or { kind, strength }, such as { kind: 'tv', strength: 0.1 }"],
  [null, "penalty is null: give 'balanced' or { kind, strength }"],
  [
    { kind: 'l2', strength: 1 },
    "penalty.kind is 'l2': give one of 'kl', 'tv', 'berg', 'hellinger', 'quadratic', 'range', 'partial'",
  ],
  [{ kind: 'toString', strength: 1 }, "penalty.kind is 'toString': give one of"],
  [{ z: 'balanced' }, "penalty has no option 'z': its options are x, y"],
  [{ x: 'free' }, "penalty.x is free: give 'balanced' or"],
  [{ y: null }, "penalty.y is null: give 'balanced' or"],
  [{ x: { kind: 'partial', mass: 1 } }, 'penalty.x is partial transport, which is of both sides'],
  [
    { kind: 'range', low: 0.5, high: 2, strength: 1 },
    "penalty has no option 'strength': its options are kind, low, high",
  ],
  [
    { kind: 'range', low: 2, high: 1 },
    'penalty has shares from 2 to 1: give finite low and high with 0 <= low <= high',
  ],
  [{ kind: 'range', low: -1, high: 1 }, 'penalty has shares from -1 to 1'],
  [{ kind: 'range', low: 0, high: 0 }, 'penalty has shares from 0 to 0'],
  [{ kind: 'range', low: 1, high: infinity }, 'penalty has shares from 1 to Infinity'],
  [{ kind: 'range', low: Number.NaN, high: 1 }, 'penalty has shares from NaN to 1'],
  [{ kind: 'range', low: 1 }, 'penalty has shares from 1 to undefined'],
  [{ kind: 'tv', strength: 1, mass: 1 }, "penalty has no option 'mass': its options are kind, strength, reach"],
  [{ kind: 'tv', strength: 1, reach: 1 }, 'penalty has a strength and a reach: give one of them'],
  [{ kind: 'tv' }, 'penalty.strength is undefined: give a finite number above 0'],
  [{ kind: 'tv', strength: 0 }, 'penalty.strength is 0: give a finite number above 0'],
  [{ kind: 'tv', strength: -1 }, 'penalty.strength is -1'],
  [{ kind: 'tv', strength: infinity }, 'penalty.strength is Infinity'],
  [{ kind: 'tv', reach: -2 }, 'penalty.reach is -2: give a finite number above 0'],
  [{ kind: 'tv', reach: 1e200 }, 'penalty.reach is 1e+200'],
  [{ kind: 'tv', reach: 1e-200 }, 'penalty.reach is 1e-200'],
  [{ y: { kind: 'kl', strength: Number.NaN } }, 'penalty.y.strength is NaN'],
])('%j is refused', (option, message) => {
  const make = () => penaltiesOf(option as PenaltyOption, 2);
  expect(make).toThrow(InvalidOptionError);
  expect(make).toThrow(message);
});

test.each([
  [0, 1],
  [1, 1],
  [0.5, 0.5],
])('a range from %f to %f is one', (low, high) => {
  expect(onX({ kind: 'range', low, high }).most).toBe(high);
});
