import { describe, expect, test } from 'vitest';
import { constant, max, min, neg, parameter, sub } from '../../src/formula/expression.js';
import { kullbackLeibler } from '../../src/marginal/kullbackLeibler/kullbackLeibler.js';
import type { MarginalPenalty } from '../../src/marginal/penalty.js';
import type { Side } from '../../src/measure/side.js';
import { runAsync, runSync } from '../../src/tasks/drivers.js';
import type { Progress } from '../../src/tasks/task.js';
import type { TransportProblem } from '../../src/transport/problem.js';
import { solveTransport } from '../../src/transport/solveTransport.js';
import type { SolveTransportOptions } from '../../src/transport/solveTransportOptions.js';
import { randomCloud } from '../support/clouds.js';
import { halfSquares } from '../support/costs.js';
import { BALANCED, type DenseProblem } from '../support/denseTransport.js';
import { onDevice, pairOf } from '../support/deviceProblem.js';
import { expectClose } from '../support/expectClose.js';

const rho = parameter('strength');
/** Potentials between -rho and rho: which of them says nothing of the mass where they touch. */
const clamped: MarginalPenalty = {
  balanced: false,
  scale: 0.3,
  parameters: { strength: 0.3 },
  prox: (softmin) => max(neg(rho), min(softmin, rho)),
  dualDifference: (low, high) => sub(high, low),
};
/** A penalty without what solvers need not know of it. */
const bare = ({ logMass, rate, dualDifference, ...penalty }: MarginalPenalty): MarginalPenalty => ({
  ...penalty,
  // At the temperature 0 that is the difference of -phi*(-f) alone.
  dualDifference: (low, high) => dualDifference(low, high, constant(0)),
});

const problems: DenseProblem[] = [1, 7].map((seed) => ({
  x: randomCloud(5, seed, { mass: 0.8 }),
  y: randomCloud(6, seed + 1, { mass: 1.3, corner: 0.3 }),
  cost: halfSquares,
  epsilon: 0.1,
  rho: BALANCED,
}));
const options: SolveTransportOptions = { epsilons: [1, 0.4, 0.1], tolerance: 1e-12, maxIterations: 5000 };

function solved(
  given: readonly DenseProblem[],
  penalty: Readonly<Record<Side, MarginalPenalty>>,
  more: Partial<SolveTransportOptions> = {},
) {
  const { backend, problem } = onDevice(given);
  const held = backend.held.size;
  const transport: TransportProblem = { ...problem, penalty };
  const result = runSync(solveTransport(transport, pairOf(given), { ...options, ...more }, ['x', 'y']));
  return { ...result, left: backend.held.size - held };
}

const kl = kullbackLeibler(0.4, 'float64');
const penalties: [string, Readonly<Record<Side, MarginalPenalty>>][] = [
  ['exponential penalties', { x: kl, y: kullbackLeibler(0.2, 'float64') }],
  ['a clamp on both sides', { x: clamped, y: clamped }],
  [
    'a clamp on one side, a marginal held on the other',
    { x: clamped, y: kullbackLeibler(Number.POSITIVE_INFINITY, 'float64') },
  ],
];

describe.each(penalties)('%s', (_, penalty) => {
  test.each([false, true])('a batch is solved as its elements are, debiased: %s', (debias) => {
    const batch = solved(problems, penalty, { debias });
    expect(batch.converged).toBe(true);
    problems.forEach((problem, element) => {
      const one = solved([problem], penalty, { debias });
      expect(batch.values[element]).toBeCloseTo(one.values[0], 10);
      for (const side of ['x', 'y'] as const) {
        const [weights, points] = [one.weightGradients[side], one.pointGradients[side] ?? []];
        const part = (all: ArrayLike<number>, size: number) =>
          Array.from(all).slice(element * size, (element + 1) * size);
        expectClose(part(batch.weightGradients[side], weights.length), Array.from(weights), 1e-9);
        expectClose(part(batch.pointGradients[side] ?? [], points.length), Array.from(points), 1e-9);
      }
    });
  });

  test('nothing of a solve stays on the device, of one that starts from another neither', () => {
    const first = solved(problems, penalty, { debias: true });
    expect(first.left).toBe(0);
    const again = solved(problems, penalty, { debias: true, start: first.iterates });
    expect(again.left).toBe(0);
    expect(again.iterations).toBeLessThan(5);
    expectClose(Array.from(again.values), Array.from(first.values), 1e-10);
  });

  test('the side that is updated first makes no difference in the end', () => {
    const [x, y] = (['x', 'y'] as const).map((first) => solved([problems[0]], penalty, { first }));
    expect(x.values[0]).toBeCloseTo(y.values[0], 10);
  });
});

test('what an exponential penalty tells of masses saves work, and changes nothing', () => {
  for (const debias of [false, true]) {
    const told = solved(problems, { x: kl, y: kl }, { debias });
    const untold = solved(problems, { x: bare(kl), y: bare(kl) }, { debias });
    expect(untold.converged).toBe(true);
    expectClose(Array.from(untold.values), Array.from(told.values), 1e-10);
    for (const side of ['x', 'y'] as const) {
      expectClose(Array.from(untold.weightGradients[side]), Array.from(told.weightGradients[side]), 1e-9);
      expectClose(Array.from(untold.pointGradients[side] ?? []), Array.from(told.pointGradients[side] ?? []), 1e-9);
    }
    expect(untold.reductions).toBeGreaterThan(told.reductions);
  }
});

test('it tells where it is', async () => {
  const { problem } = onDevice([problems[0]]);
  const stages: Progress['stage'][] = [];
  const task = solveTransport({ ...problem, penalty: { x: kl, y: kl } }, pairOf([problems[0]]), {
    ...options,
    debias: true,
  });
  await runAsync(task, { onProgress: ({ stage }) => stages.push(stage) });
  expect(new Set(stages)).toEqual(new Set(['debiasing', 'annealing', 'converging', 'final update']));
});

test('a scale or a rate that cannot be is refused', () => {
  const { problem } = onDevice([problems[0]]);
  const solve = (penalty: MarginalPenalty) =>
    runSync(solveTransport({ ...problem, penalty: { x: kl, y: penalty } }, pairOf([problems[0]]), options));
  expect(() => solve({ ...kl, scale: 0 })).toThrow('penalty.y.scale is 0: give the strength');
  expect(() => solve({ ...kl, rate: -1 })).toThrow('penalty.y.rate is -1: give 1 / rho');
});

test('options that there are none of and sides that are none are refused', () => {
  const { problem } = onDevice([problems[0]]);
  const solve = (more: object, wrt: readonly string[] = []) =>
    runSync(
      solveTransport(
        { ...problem, penalty: { x: kl, y: kl } },
        pairOf([problems[0]]),
        { ...options, ...more },
        wrt as readonly ('x' | 'y')[],
      ),
    );
  expect(() => solve({ points: ['x'] })).toThrow("solveTransport has no option 'points': it has epsilons, tolerance");
  expect(() => solve({}, ['x', 'z'])).toThrow("wrt has 'z': give the sides whose points move");
});
