import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, type Penalty, type PenaltyOption, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, describe, expect, it, test } from 'vitest';
import { random } from './support/clouds.js';
import { type PrimalPenalty, type PrimalSolution, solvePrimal } from './support/primalTransport.js';

// Random problems with penalties against their primal, solved by other means: what says `accurate` is within twice the error that it states.

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());
const { inFloat64, ...float32 } = device;
const backends: Record<string, Backend> = { cpu: cpu(), wasm: device, 'float32 alone': float32 };

interface Side {
  readonly points: number[][];
  readonly weights: number[];
  readonly penalty: PrimalPenalty;
}

interface Problem {
  readonly x: Side;
  readonly y: Side;
  readonly p: 1 | 2;
  readonly blur: number;
  readonly debias: boolean;
  readonly mass?: number;
}

const KINDS = ['balanced', 'kl', 'tv', 'berg', 'hellinger', 'quadratic', 'range'] as const;

/** Ugly ones too: duplicates, weights that differ by a thousand, points far away, strengths far above and below the costs. */
function problemOf(seed: number): Problem {
  const draw = random(7919 * seed + 1);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(draw() * values.length)];
  const dimension = pick([1, 2, 3]);
  const p = pick([1, 2] as const);
  const side = (kind: (typeof KINDS)[number]): Side => {
    const count = 2 + Math.floor(4 * draw());
    const far = pick([0, 0, 0, 1.5]);
    const points = Array.from({ length: count }, (_, i) =>
      Array.from({ length: dimension }, (_, d) => draw() + (i === 0 && d === 0 ? far : 0)),
    );
    if (draw() < 0.2) points[1] = [...points[0]];
    const spread = pick([0, 1, 3]);
    const weights = points.map(() => 10 ** (-spread * draw()));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mass = 0.5 + draw();
    const low = pick([0, 0.3 + 0.4 * draw()]);
    return {
      points,
      weights: weights.map((weight) => (weight * mass) / total),
      penalty:
        kind === 'balanced'
          ? { kind }
          : kind === 'range'
            ? { kind, low, high: 1.2 + draw() }
            : { kind, strength: 10 ** (-2.5 + 3.5 * draw()) },
    };
  };
  const isPartial = draw() < 0.1;
  const kinds = [pick(KINDS), pick(KINDS)];
  if (draw() < 0.5) kinds[1] = kinds[0];
  if (isPartial) kinds.fill('balanced');
  let [x, y] = [side(kinds[0]), side(kinds[1])];
  const [massX, massY] = [x, y].map(({ weights }) => weights.reduce((sum, weight) => sum + weight, 0));
  // Masses that are held, or may differ but little, have to allow for a plan.
  if (
    x.penalty.kind !== 'kl' &&
    ['balanced', 'range'].includes(kinds[0]) &&
    ['balanced', 'range'].includes(kinds[1]) &&
    !isPartial
  ) {
    y = { ...y, weights: y.weights.map((weight) => (weight * massX) / massY) };
  }
  // exp(-C / eps) has to be a number for the oracle.
  const blur = p === 1 ? 0.01 * 50 ** draw() : 0.12 * 8 ** draw();
  const common = { p, blur, debias: !isPartial && draw() < 0.7 };
  if (!isPartial) return { x, y, ...common };
  const noMore: PrimalPenalty = { kind: 'range', low: 0, high: 1 };
  const mass = Math.min(massX, massY) * (0.1 + 0.8 * draw());
  [x, y] = [
    { ...x, penalty: noMore },
    { ...y, penalty: noMore },
  ];
  return { x, y, ...common, mass };
}

interface Truth {
  readonly value: number;
  /** [N, D] */
  readonly gradient: number[];
  readonly valueError: number;
  readonly gradientError: number;
}

/** Value and gradient in the points of x, from plans of the primal. */
function truthOf({ x, y, p, blur, debias, mass }: Problem): Truth {
  const epsilon = blur ** p;
  const between = (one: Side, other: Side, held?: number): PrimalSolution =>
    solvePrimal({
      a: one.weights,
      b: other.weights,
      costs: one.points.flatMap((u) => other.points.map((v) => costOf(u, v, p))),
      epsilon,
      x: one.penalty,
      y: other.penalty,
      mass: held,
    });
  const cross = between(x, y, mass);
  const gradient = slopes(x, y, cross.plan, p);
  const totals = [x, y].map(({ weights }) => weights.reduce((sum, weight) => sum + weight, 0));
  // |P - P*|_1 <= sqrt(2 m gap / eps), and slopes are at most as long as the longest difference.
  const longest = Math.max(
    ...x.points.flatMap((u) => [...y.points, ...x.points].map((v) => (p === 1 ? 1 : Math.hypot(...minus(u, v))))),
  );
  const inGradient = ({ error, plan }: PrimalSolution) =>
    longest * Math.sqrt((2 * plan.reduce((sum, entry) => sum + entry, 0) * error) / epsilon);
  if (!debias) return { value: cross.value, gradient, valueError: cross.error, gradientError: inGradient(cross) };
  const [ownX, ownY] = [between(x, x), between(y, y)];
  const own = slopes(x, x, ownX.plan, p);
  return {
    value: cross.value - (ownX.value + ownY.value) / 2 + (epsilon / 2) * (totals[0] - totals[1]) ** 2,
    gradient: gradient.map((slope, k) => slope - own[k]),
    valueError: cross.error + (ownX.error + ownY.error) / 2,
    gradientError: inGradient(cross) + inGradient(ownX),
  };
}

const minus = (u: readonly number[], v: readonly number[]) => u.map((value, d) => value - v[d]);
const costOf = (u: readonly number[], v: readonly number[], p: number) => Math.hypot(...minus(u, v)) ** p / p;

/** sum_j P_ij dC(x_i, y_j) / dx_i */
function slopes(one: Side, other: Side, plan: readonly number[], p: number): number[] {
  return one.points.flatMap((u, i) => {
    const sum = u.map(() => 0);
    other.points.forEach((v, j) => {
      const difference = minus(u, v);
      const length = Math.hypot(...difference);
      const factor = p === 2 ? 1 : length > 0 ? 1 / length : 0;
      difference.forEach((part, d) => {
        sum[d] += plan[i * other.points.length + j] * factor * part;
      });
    });
    return sum;
  });
}

const penaltyAs = (penalty: PrimalPenalty): Penalty => (penalty.kind === 'balanced' ? 'balanced' : penalty);

const PROBLEMS = 40;
const told = { accurate: 0, all: 0 };

describe.each(Array.from({ length: PROBLEMS }, (_, seed) => seed))('problem %d', (seed) => {
  const problem = problemOf(seed);
  const { x, y, p, blur, debias, mass } = problem;
  const penalty: PenaltyOption =
    mass === undefined ? { x: penaltyAs(x.penalty), y: penaltyAs(y.penalty) } : { kind: 'partial', mass };
  const truth = truthOf(problem);
  const size = Math.hypot(...truth.gradient);

  it.each(Object.keys(backends))(`is as accurate as it says: ${JSON.stringify(penalty)}, %s`, async (name) => {
    const loss = sinkhornDivergence({ backend: backends[name], p, blur, debias, penalty });
    const measures = [x, y].map(({ points, weights }) => ({
      points: points.flat(),
      dimension: points[0].length,
      weights,
    }));
    const { value, x: gradient, diagnostics } = await loss.valueAndGradients(measures[0], measures[1]);
    const { accurate, valueError, gradientError = Number.NaN, floor } = diagnostics;
    told.all++;
    if (!accurate) return;
    told.accurate++;
    const off = Math.abs(value - truth.value);
    const inGradient = Math.hypot(...gradient.points.map((slope, k) => slope - truth.gradient[k]));
    expect(off).toBeLessThan(2 * valueError * Math.max(Math.abs(truth.value), floor) + truth.valueError);
    expect(inGradient).toBeLessThan(2 * gradientError * size + truth.gradientError);
    // What the oracle does not know leaves something to be found.
    expect(truth.valueError).toBeLessThan(1e-6 * Math.max(Math.abs(truth.value), 1e-3));
  });
});

test('most of them are accurate', () => {
  expect(told.all).toBe(3 * PROBLEMS);
  expect(told.accurate / told.all).toBeGreaterThan(0.9);
});
