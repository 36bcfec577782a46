import { describe, expect, test } from 'vitest';
import { parameter, row } from '../../src/formula/expression.js';
import { mapOnHost } from '../../src/formula/mapOnHost.js';
import type { DivergencePenalty } from '../../src/marginal/divergencePenalty.js';
import { type Penalty, penaltiesOf } from '../../src/marginal/penaltyOptions.js';

const given: [string, Penalty][] = [
  ...(['kl', 'tv', 'berg', 'hellinger', 'quadratic'] as const).flatMap((kind): [string, Penalty][] => [
    [`${kind} of 0.3`, { kind, strength: 0.3 }],
    [`${kind} of 40`, { kind, strength: 40 }],
  ]),
  ['range from 0.7 to 1.4', { kind: 'range', low: 0.7, high: 1.4 }],
  ['range from 0 to 1', { kind: 'range', low: 0, high: 1 }],
  ['range from 1.2 to 3', { kind: 'range', low: 1.2, high: 3 }],
];
const penaltyOf = (option: Penalty): DivergencePenalty => penaltiesOf(option, 2).x(1, 'float64');

const prox = ({ prox: step, parameters }: DivergencePenalty, softmin: number, epsilon: number) =>
  mapOnHost(
    step(row('softmin'), parameter('epsilon')),
    { softmin: Float64Array.of(softmin) },
    { ...parameters, epsilon },
  )[0];
/** -phi*(-high) + phi*(-low). */
const dual = ({ dualDifference, parameters }: DivergencePenalty, low: number, high: number) =>
  mapOnHost(
    dualDifference(row('low'), row('high'), parameter('temperature')),
    { low: Float64Array.of(low), high: Float64Array.of(high) },
    { ...parameters, temperature: 0 },
  )[0];

describe.each(given)('%s', (_, option) => {
  const penalty = penaltyOf(option);
  const steps = [0.01, 0.1, 1].flatMap((epsilon) =>
    [-0.4, -0.2, -0.01, 0, 1e-6, 0.02, 0.5, 2.5].map((softmin): [number, number] => [softmin, epsilon]),
  );

  test.each(steps)(
    'a softmin of %f at eps = %f: the share that the plan takes is the best for the potential',
    (softmin, epsilon) => {
      const f = prox(penalty, softmin, epsilon);
      const share = Math.exp((f - softmin) / epsilon);
      // phi(t) + phi*(-f) + t f is 0 there, and more at other shares (Fenchel and Young).
      const lacking = (t: number) => penalty.phi(t) - dual(penalty, 0, f) + t * f;
      const scale = 1 + Math.abs(penalty.phi(share)) + share * Math.abs(f);
      expect(share).toBeGreaterThanOrEqual(penalty.least * (1 - 1e-12));
      expect(share).toBeLessThanOrEqual(penalty.most * (1 + 1e-12));
      expect(Math.abs(lacking(share))).toBeLessThan(1e-12 * scale);
      for (const factor of [0.9, 0.999, 1.001, 1.1]) {
        const t = share * factor;
        if (t >= penalty.least && t <= penalty.most) expect(lacking(t)).toBeGreaterThan(-1e-12 * scale);
      }
    },
  );

  test('has no dual value at the potential 0, and differences that add up', () => {
    const [f, g] = [0.11, -0.17];
    expect(Math.abs(dual(penalty, 0, 0))).toBe(0);
    expect(dual(penalty, g, f)).toBeCloseTo(dual(penalty, 0, f) - dual(penalty, 0, g), 14);
  });
});

test.each(['berg', 'hellinger', 'quadratic', 'kl'] as const)(
  '%s of a strength beyond all costs leaves a softmin nearly as it is, to the last digits',
  (kind) => {
    for (const strength of [1e4, 1e8, 1e12]) {
      const penalty = penaltyOf({ kind, strength });
      const times = kind === 'hellinger' ? 2 : 1;
      for (const softmin of [0.3, -0.2]) {
        // f (1 + eps / rho) = softmin, but for the square of f / rho.
        const expected = softmin / (1 + (times * 0.05) / strength);
        expect(Math.abs(prox(penalty, softmin, 0.05) - expected)).toBeLessThan(1e-15 + (0.05 * times) / strength ** 2);
        expect(Math.abs(dual(penalty, 0.1, 0.1 + 1e-3) - 1e-3)).toBeLessThan(1e-3 / strength + 1e-17);
      }
    }
  },
);
