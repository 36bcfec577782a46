import { describe, expect, test } from 'vitest';
import type { Side } from '../../src/measure/side.js';
import { runSync } from '../../src/tasks/drivers.js';
import type { Progress } from '../../src/tasks/task.js';
import { converge, type Stopping } from '../../src/transport/converge.js';
import { joined, massOf, randomCloud } from '../support/clouds.js';
import { asymmetric, distances, halfSquares } from '../support/costs.js';
import { type DenseStep, denseExtrapolation, minus } from '../support/denseAnderson.js';
import {
  BALANCED,
  type DensePotentials,
  type DenseProblem,
  densePotentials,
  denseUpdate,
} from '../support/denseTransport.js';
import { onDevice } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';
import { once } from '../support/once.js';
import { type WatchedSweep, watchedSweeps } from '../support/watchedSweeps.js';

interface Options
  extends Partial<Pick<Stopping, 'tolerance' | 'maxIterations' | 'costScale' | 'largestChange' | 'more'>> {
  readonly first?: Side;
  readonly start?: readonly DensePotentials[];
  /** An error of one's own in each sweep that starts from an extrapolation. */
  readonly jump?: number;
}

const zeros = ({ x, y }: DenseProblem): DensePotentials => ({ x: x.points.map(() => 0), y: y.points.map(() => 0) });

/** Converges problems, several of them as a batch, and tells all that can be seen of it. */
function converged(problems: readonly DenseProblem[], options: Options = {}) {
  const { first = 'x', start = problems.map(zeros), jump, ...limits } = options;
  const { backend, problem, upload } = onDevice(problems);
  const before = backend.held.size;
  const potentials = { x: upload(start.map(({ x }) => x)), y: upload(start.map(({ y }) => y)) };
  const progress: Progress[] = [];
  const jumps = jump === undefined ? undefined : () => [upload(problems.map(() => [jump]))];
  const stopping = { tolerance: 1e-9, maxIterations: 500, costScale: 0, ...limits, jumps };
  const result = runSync(converge(problem, potentials, problems[0].epsilon, first, stopping), {
    onProgress: (told) => progress.push(told),
  });
  const numbers = { x: backend.numbers(result.potentials.x), y: backend.numbers(result.potentials.y) };
  const elementOf = (side: Side, element: number) => {
    const count = problems[0][side].points.length;
    return Array.from(numbers[side].subarray(element * count, (element + 1) * count));
  };
  return {
    ...result,
    potentials: problems.map((_, element) => ({ x: elementOf('x', element), y: elementOf('y', element) })),
    progress,
    sweeps: watchedSweeps(backend, problem),
    newlyHeld: backend.held.size - before,
  };
}

/** f_i + g_j for all pairs: what a balanced problem determines of its potentials. */
const pairSums = ({ x, y }: DensePotentials): number[] => x.flatMap((f) => y.map((g) => f + g));

/** The distance of one marginal of the plan from the weights, judged at a temperature. */
function denseError(problem: DenseProblem, side: Side, own: readonly number[], against: readonly number[]): number {
  const { weights } = problem[side];
  const best = denseUpdate(problem, side, against);
  const temperature = Math.min(problem.epsilon, problem.rho[side]);
  const sum = weights.reduce((total, a, i) => total + a * Math.abs(Math.exp((own[i] - best[i]) / temperature) - 1), 0);
  return sum / massOf(problem[side]);
}

/** The potentials that a sweep starts from, and those it makes: the first side's, then the second's. */
const startOf = (sweep: WatchedSweep): number[] => sweep.flatMap(({ before }) => before);
const outputOf = (sweep: WatchedSweep): number[] => sweep.flatMap(({ after }) => after);

/** What a sweep tells an extrapolation: where it led, and how it changed what the problem determines. */
function denseStep(dense: DenseProblem, sweep: WatchedSweep): DenseStep {
  const befores = sweep.map(({ before }) => before);
  const afters = sweep.map(({ after }) => after);
  /** The first side's sum over its weights, and the second's. */
  const sums = (parts: readonly (readonly number[])[], term: (value: number, side: Side) => number) =>
    sweep.map(({ side }, s) =>
      dense[side].weights.reduce((total, weight, i) => total + weight * term(parts[s][i], side), 0),
    );
  const shifted = ([one, two]: readonly (readonly number[])[], t: number) => [
    one.map((value) => value + t),
    two.map((value) => value - t),
  ];
  const changes = (outputs: readonly (readonly number[])[]) => outputs.map((output, s) => minus(output, befores[s]));
  if (dense.rho === BALANCED) {
    // f + t and g - t are as good as f and g: what changes along this line is left out. Weights sum to 1.
    const residuals = changes(afters);
    const [one, two] = sums(residuals, (value) => value);
    return { outputs: afters, residuals: shifted(residuals, (two - one) / 2) };
  }
  // Moved along this line to where the dual is largest.
  const [one, two] = sums(afters, (value, side) => Math.exp(-value / dense.rho[side])).map(Math.log);
  const outputs = shifted(afters, (one - two) / (1 / dense.rho.x + 1 / dense.rho.y));
  return { outputs, residuals: changes(outputs) };
}

const infinite = Number.POSITIVE_INFINITY;
const easy: DenseProblem = {
  x: randomCloud(8, 1),
  y: randomCloud(11, 2),
  cost: halfSquares,
  epsilon: 0.1,
  rho: BALANCED,
};
/** Two clusters on each side that must exchange mass: potentials between them hardly move in a sweep. */
const clusters = (seed: number, corner = 3) => ({
  x: joined(randomCloud(6, seed, { mass: 0.6 }), randomCloud(4, seed + 1, { mass: 0.4, corner })),
  y: joined(randomCloud(5, seed + 2, { mass: 0.4 }), randomCloud(5, seed + 3, { mass: 0.6, corner })),
});
const hard: DenseProblem = { ...clusters(1), cost: halfSquares, epsilon: 0.3, rho: BALANCED };
const hardRun = once(() => converged([hard]));
const unbalanced: DenseProblem = {
  x: randomCloud(8, 5, { mass: 0.7 }),
  y: randomCloud(11, 6, { mass: 1.4 }),
  cost: distances,
  epsilon: 0.1,
  rho: { x: 0.4, y: 0.06 },
};

const cases: [string, DenseProblem][] = [
  ['|x - y|^2 / 2', easy],
  ['|x - y|', { ...easy, cost: distances }],
  ['a cost that is not symmetric', { ...easy, cost: asymmetric }],
  ['masses other than 1', { ...easy, x: randomCloud(8, 1, { mass: 2.5 }), y: randomCloud(11, 2, { mass: 2.5 }) }],
  ['masses that may change on both sides', unbalanced],
  ['masses that may change little on both sides', { ...unbalanced, rho: { x: 1.5, y: 2 } }],
  ['masses that may change on x alone', { ...unbalanced, rho: { x: 0.4, y: infinite } }],
  ['masses that may change on y alone', { ...unbalanced, rho: { x: infinite, y: 0.15 } }],
];

test('clusters that must exchange mass come to the potentials of the dense iteration', () => {
  expect(hardRun().converged).toBe(true);
  expectClose(pairSums(hardRun().potentials[0]), pairSums(densePotentials(hard)), 1e-6);
});

describe.each(cases)('with %s', (_, dense) => {
  const truth = densePotentials(dense);

  test.each(['x', 'y'] as const)("potentials are those of the dense iteration, '%s' first", (first) => {
    const { potentials, converged: reached, marginalError } = converged([dense], { first });
    expect(reached).toBe(true);
    expect(marginalError).toBeLessThanOrEqual(1e-9);
    const [found] = potentials;
    if (dense.rho === BALANCED) expectClose(pairSums(found), pairSums(truth), 1e-6);
    else {
      expectClose(found.x, truth.x, 1e-6);
      expectClose(found.y, truth.y, 1e-6);
    }
  });
});

test('each element of a batch converges, the error being the largest of all', () => {
  const problems = [0, 1, 2].map((k) => ({
    ...unbalanced,
    x: randomCloud(8, 11 + k),
    y: randomCloud(11, 21 + k, { corner: 0.5 * k }),
  }));
  const { potentials, sweeps, progress } = converged(problems);
  problems.forEach((dense, element) => {
    const truth = densePotentials(dense);
    expectClose(potentials[element].x, truth.x, 1e-6);
    expectClose(potentials[element].y, truth.y, 1e-6);
  });
  sweeps.forEach((sweep, k) => {
    const errors = sweep.flatMap(({ side, before, against }) =>
      problems.map((dense, element) => {
        const of = (values: readonly number[], at: Side) => {
          const count = dense[at].points.length;
          return values.slice(element * count, (element + 1) * count);
        };
        return denseError(dense, side, of(before, side), of(against, side === 'x' ? 'y' : 'x'));
      }),
    );
    expect(progress[k].marginalError).toBeCloseTo(Math.max(...errors), 9);
  });
});

test('a point of weight 0 changes nothing', () => {
  const idle = { points: [...easy.x.points, [0.3, 4]], weights: [...easy.x.weights, 0] };
  const [found] = converged([{ ...easy, x: idle }]).potentials;
  const [without] = converged([easy]).potentials;
  expectClose(pairSums({ x: found.x.slice(0, 8), y: found.y }), pairSums(without), 1e-6);
});

test.each([
  ['easy', easy],
  ['hard', hard],
  ['unbalanced', unbalanced],
])('exchanged clouds, with the other side first, take the same steps: %s', (_, dense) => {
  const forward = converged([dense], { first: 'x', tolerance: 1e-2 });
  const exchanged = { ...dense, x: dense.y, y: dense.x, rho: { x: dense.rho.y, y: dense.rho.x } };
  const backward = converged([exchanged], { first: 'y', tolerance: 1e-2 });
  const [{ x, y }] = forward.potentials;
  expect(backward.iterations).toBe(forward.iterations);
  expect(backward.potentials).toEqual([{ x: y, y: x }]);
});

describe.each([
  ['easy', easy],
  ['hard', hard],
  ['unbalanced', unbalanced],
] as const)('the sweeps of a problem that is %s', (name, dense) => {
  describe.each(['x', 'y'] as const)("with '%s' first", (first) => {
    const second = first === 'x' ? 'y' : 'x';
    const run = once(() => (dense === hard && first === 'x' ? hardRun() : converged([dense], { first })));

    test('are told one by one, and no more are made', () => {
      const { sweeps, progress, iterations } = run();
      expect(sweeps).toHaveLength(iterations);
      expect(progress.map(({ iteration }) => iteration)).toEqual(sweeps.map((_, k) => k + 1));
      for (const { stage, epsilon } of progress)
        expect({ stage, epsilon }).toEqual({ stage: 'converging', epsilon: dense.epsilon });
    });

    test('update one side, and then with the result the other', () => {
      const { sweeps } = run();
      for (const [one, two] of sweeps) {
        expect([one.side, two.side]).toEqual([first, second]);
        expect(one.against).toEqual(two.before);
        expect(two.against).toEqual(one.after);
      }
    });

    test('go the told part of the way to the softmin', () => {
      const { sweeps } = run();
      for (const { side, before, against, after, factor } of sweeps.flat()) {
        const best = denseUpdate(dense, side, against);
        expectClose(
          after,
          before.map((value, i) => value + factor * (best[i] - value)),
          1e-10,
        );
      }
    });

    test('have the marginal error of the plan they start from, however relaxed they are', () => {
      const { sweeps, progress } = run();
      if (name === 'hard') expect(sweeps.some(([{ factor }]) => factor > 1.4)).toBe(true);
      sweeps.forEach((sweep, k) => {
        const errors = sweep.map(({ side, before, against }) => denseError(dense, side, before, against));
        // Beyond this an error is hopeless, and need not be right.
        const [told, truth] = [progress[k].marginalError ?? Number.NaN, Math.max(...errors)].map((error) =>
          Math.min(error, 1e30),
        );
        expect(Math.abs(told - truth)).toBeLessThanOrEqual(1e-9 * (1 + truth));
      });
    });

    test('start where the first sweeps, combined, leave the least residual', () => {
      const { sweeps } = run();
      // The first few: later on nearly parallel differences make too much of the regularisation.
      const steps = sweeps.slice(0, 4).map((sweep) => denseStep(dense, sweep));
      const shares = ([first, second] as const).map((side) =>
        dense[side].weights.map((weight) => weight / massOf(dense[side])),
      );
      steps.forEach((_, k) => {
        expectClose(startOf(sweeps[k + 1]), denseExtrapolation(steps.slice(0, k + 1), shares, 6), 1e-6);
      });
    });

    test('end with potentials that no extrapolation has touched', () => {
      const { sweeps, potentials } = run();
      if (dense.rho !== BALANCED) return;
      const [one, two] = sweeps[sweeps.length - 1];
      expect(potentials[0][first]).toEqual(one.after);
      expect(potentials[0][second]).toEqual(two.after);
    });
  });
});

describe.each([
  // Between these two errors grow twofold, and to infinity.
  ['badly', hard],
  ['a little', { ...clusters(5), cost: distances, epsilon: 0.1, rho: BALANCED }],
])('where extrapolation misleads %s', (_, dense) => {
  const run = once(() => (dense === hard ? hardRun() : converged([dense])));
  const extrapolated = (k: number) => {
    const { sweeps } = run();
    return k > 0 && startOf(sweeps[k]).some((value, i) => value !== outputOf(sweeps[k - 1])[i]);
  };
  const grownBy = (low: number, high: number) => {
    const { sweeps, progress } = run();
    const errors = progress.map(({ marginalError }) => marginalError ?? Number.NaN);
    return sweeps.flatMap((_sweep, k) => {
      const growth = errors[k] / errors[k - 1];
      return extrapolated(k) && growth > low && growth <= high ? [k] : [];
    });
  };

  test('it is taken back: the next sweep goes on from the last plain one', () => {
    const { sweeps } = run();
    const misled = grownBy(2, infinite);
    expect(misled.length).toBeGreaterThanOrEqual(2);
    for (const k of misled) expect(startOf(sweeps[k + 1])).toEqual(outputOf(sweeps[k - 1]));
  });

  test('an error that grows by less is put up with', () => {
    const { sweeps } = run();
    const grown = grownBy(1, 2);
    expect(grown.length).toBeGreaterThanOrEqual(1);
    for (const k of grown) expect(startOf(sweeps[k + 1])).not.toEqual(outputOf(sweeps[k - 1]));
  });

  test('sweeps go on without it for a while, and for longer each time', () => {
    const { sweeps } = run();
    const misled = grownBy(2, infinite);
    const plainAfter = misled.map((k) => {
      let plain = 0;
      while (k + 2 + plain < sweeps.length && !extrapolated(k + 2 + plain)) plain++;
      return plain;
    });
    plainAfter.forEach((plain, k) => {
      const cutShort = misled[k] + 2 + plain === sweeps.length;
      if (!cutShort) expect(plain).toBeGreaterThanOrEqual(8 * 2 ** k);
    });
    expect(plainAfter[1]).toBeGreaterThanOrEqual(16);
  });
});

describe('relaxation', () => {
  test('is left alone where plain sweeps halve the error', () => {
    const factors = converged([{ ...easy, epsilon: 1 }]).sweeps.map(([{ factor }]) => factor);
    expect(factors.length).toBeGreaterThan(3);
    for (const factor of factors) expect(factor).toBe(1);
  });

  test('begins after two plain sweeps that do not halve the error', () => {
    expect(
      hardRun()
        .sweeps.slice(0, 3)
        .map(([{ factor }]) => factor),
    ).toEqual([1, 1, 1.5]);
  });

  describe.each([
    ['for ever', 1.8, { ...hard, epsilon: 0.03 }],
    ['for a while', 1.1, { ...clusters(2, 1), cost: halfSquares, epsilon: 0.03, rho: BALANCED }],
  ])('where sweeps are slow %s', (_, least, dense) => {
    const run = once(() => {
      const { sweeps, progress } = converged([dense], { tolerance: 1e-6, maxIterations: 130 });
      const factors = sweeps.map(([{ factor }]) => factor);
      return { sweeps, factors, errors: progress.map(({ marginalError }) => marginalError ?? Number.NaN) };
    });

    test('grows in steps, and stays below 2, beyond which sweeps diverge', () => {
      const { factors } = run();
      expect(Math.max(...factors)).toBeGreaterThan(least);
      expect(Math.max(...factors)).toBeLessThan(1.95);
      factors.slice(3).forEach((factor, k) => {
        expect(factor).toBeGreaterThanOrEqual(factors[k + 2]);
        expect(factor - factors[k + 2]).toBeLessThan(0.11);
      });
    });

    test('grows once some eight sweeps were slower than 0.95 each', () => {
      const { sweeps, factors, errors } = run();
      const slow = (k: number) => (errors[k + 8] / errors[k]) ** (1 / 8) > 0.95;
      for (let k = 0; k + 18 < sweeps.length; k++) {
        // However a window of eight sweeps lies.
        const slowThroughout = Array.from({ length: 11 }, (_none, at) => at).every((at) => slow(k + at));
        if (slowThroughout && factors[k] < 1.9) expect(factors[k + 18]).toBeGreaterThan(factors[k]);
      }
    });

    test('extrapolation pauses whenever it grows', () => {
      const { sweeps, factors } = run();
      // The first time, after two sweeps, there has been no extrapolation worth the name.
      for (let k = 3; k < sweeps.length; k++) {
        if (factors[k] > factors[k - 1]) expect(startOf(sweeps[k])).toEqual(outputOf(sweeps[k - 1]));
      }
    });
  });

  test('and extrapolation save most of the sweeps that plain updates take', () => {
    let plain = 0;
    let { x, y } = zeros(hard);
    for (; denseError(hard, 'x', x, y) > 1e-9; plain++) {
      x = denseUpdate(hard, 'x', y);
      y = denseUpdate(hard, 'y', x);
    }
    expect(hardRun().iterations).toBeLessThan(plain / 4);
  });
});

describe('stopping', () => {
  test('comes with the first sweep whose error is no more than the tolerance', () => {
    const { progress, iterations, marginalError, converged: reached } = hardRun();
    const errors = progress.map(({ marginalError: told }) => told ?? Number.NaN);
    expect(reached).toBe(true);
    expect(iterations).toBe(errors.length);
    expect(marginalError).toBe(errors[errors.length - 1]);
    expect(errors.slice(0, -1).every((error) => error > 1e-9)).toBe(true);
    expect(marginalError).toBeLessThanOrEqual(1e-9);
  });

  test.each([1, 2, 7, 30])('comes after %i sweeps where no more are allowed', (maxIterations) => {
    const { sweeps, iterations, converged: reached, marginalError } = converged([hard], { maxIterations });
    expect(sweeps).toHaveLength(maxIterations);
    expect(iterations).toBe(maxIterations);
    expect(reached).toBe(false);
    expect(marginalError).toBeGreaterThan(1e-9);
  });

  test('is after one sweep where the start is the solution, and leaves it as it is', () => {
    const start = densePotentials(unbalanced);
    const { iterations, potentials } = converged([unbalanced], { start: [start], tolerance: 1e-9 });
    expect(iterations).toBe(1);
    expectClose(potentials[0].x, start.x, 1e-10);
    expectClose(potentials[0].y, start.y, 1e-10);
  });

  describe('at a largest change', () => {
    /** How far potentials are from the solution, as a marginal error would tell it: up to a constant where that is free. */
    const farFrom = (dense: DenseProblem, { x, y }: DensePotentials) => {
      const truth = densePotentials(dense);
      const middle = x.map((f, i) => f - truth.x[i]).sort((p, q) => p - q)[Math.floor(x.length / 2)];
      const shift = dense.rho === BALANCED ? middle : 0;
      const errorOf = (side: Side, off: readonly number[]) => {
        const temperature = Math.min(dense.epsilon, dense.rho[side]);
        const { weights } = dense[side];
        return (
          weights.reduce((sum, a, i) => sum + a * Math.abs(Math.exp(off[i] / temperature) - 1), 0) / massOf(dense[side])
        );
      };
      return Math.max(
        errorOf(
          'x',
          x.map((f, i) => f - shift - truth.x[i]),
        ),
        errorOf(
          'y',
          y.map((g, j) => g + shift - truth.y[j]),
        ),
      );
    };

    test.each([
      ['hard', hard, 1e-3],
      ['hard', hard, 1e-5],
      ['unbalanced', unbalanced, 1e-3],
      ['unbalanced', unbalanced, 1e-6],
    ])(
      '%s: goes on beyond the tolerance until potentials are no further from their solution',
      (_, dense, largestChange) => {
        const loose = converged([dense], { tolerance: 0.05 });
        const {
          potentials,
          converged: reached,
          change = infinite,
          iterations,
          marginalError,
          newlyHeld,
        } = converged([dense], {
          tolerance: 0.05,
          largestChange,
        });
        expect(reached).toBe(true);
        expect(iterations).toBeGreaterThan(loose.iterations);
        expect(marginalError).toBeLessThanOrEqual(largestChange);
        // It goes by what sweeps show, which is no bound: within a factor of 2.
        const far = farFrom(dense, potentials[0]);
        expect(far).toBeLessThanOrEqual(2 * change);
        expect(change).toBeGreaterThanOrEqual(marginalError);
        expect(change).toBeLessThanOrEqual(Math.max(6 * marginalError, largestChange));
        expect(loose.change).toBeUndefined();
        expect(newlyHeld).toBe(2);
      },
    );

    test('the potentials are where the last sweeps point to, and not where the last one ended', () => {
      const { potentials, sweeps } = converged([hard], { tolerance: 0.05, largestChange: 1e-4 });
      const [one, two] = sweeps[sweeps.length - 1];
      expect(potentials[0].x).not.toEqual(one.after);
      expect(farFrom(hard, potentials[0])).toBeLessThan(farFrom(hard, { x: one.after, y: two.after }));
    });

    test('is not met before three differences of sweeps tell where they lead', () => {
      const { iterations } = converged([easy], { tolerance: infinite, largestChange: infinite });
      expect(iterations).toBe(4);
    });

    test('ends where sweeps change nothing any more, and at the most sweeps, without having been met', () => {
      const alone = { points: [[0.3, 0.1]], weights: [1] };
      const exact = converged([{ ...easy, x: alone }], { tolerance: 1e-3, largestChange: 1e-300 });
      expect(exact).toMatchObject({ converged: true, marginalError: 0 });
      const { converged: reached, iterations } = converged([hard], {
        tolerance: 1,
        largestChange: 1e-12,
        maxIterations: 9,
      });
      expect({ reached, iterations }).toEqual({ reached: false, iterations: 9 });
    });

    test('is as far as the slowest sweeps of late make it: six errors at most', () => {
      const slow = converged([{ ...hard, epsilon: 0.1 }], { tolerance: 1, largestChange: 10, maxIterations: 400 });
      expect(slow.converged).toBe(true);
      const errors = slow.progress.map(({ marginalError }) => marginalError ?? Number.NaN);
      const last = errors.length - 1;
      const sweeps = Math.min(4, last);
      const rate = (errors[last] / errors[last - sweeps]) ** (1 / sweeps);
      const further = rate < 5 / 6 ? 1 / (1 - rate) : 6;
      expect(slow.change).toBeGreaterThanOrEqual(further * errors[last] * (1 - 1e-12));
    });
  });

  describe('where more sweeps may follow', () => {
    const errorsOf = ({ progress }: ReturnType<typeof converged>) =>
      progress.map(({ marginalError }) => marginalError ?? Number.NaN);
    const all = once(() => errorsOf(converged([easy], { tolerance: 1e-8 })));

    test('they do if as many again would bring the error down to the tolerance', () => {
      const errors = all();
      // The last sweep whose error is above the tolerance, and its square is not.
      const most = errors.findIndex((error) => error ** 2 <= 1e-8) + 1;
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThan(errors.length);
      const found = converged([easy], { tolerance: 1e-8, maxIterations: most, more: errors.length });
      expect(found).toMatchObject({ converged: true, iterations: errors.length });
    });

    test('and are no more than so many', () => {
      const most = all().findIndex((error) => error ** 2 <= 1e-8) + 1;
      expect(converged([easy], { tolerance: 1e-8, maxIterations: most, more: 1 })).toMatchObject({
        converged: false,
        iterations: most + 1,
      });
    });

    test('they do not where the error is still far from it', () => {
      expect(all()[1] ** 2).toBeGreaterThan(1e-8);
      expect(converged([easy], { tolerance: 1e-8, maxIterations: 2, more: 40 }).iterations).toBe(2);
    });
  });

  describe('errors that extrapolations have besides', () => {
    test('keep an iteration from ending while they are larger than the tolerance, and count for what it ends with', () => {
      const plain = converged([easy], { tolerance: 1e-6 });
      const jumping = converged([easy], { tolerance: 1e-6, jump: 0 });
      expect(jumping.iterations).toBe(plain.iterations);
      const held = converged([easy], { tolerance: 1e-6, jump: 2e-6, maxIterations: plain.iterations });
      expect(held).toMatchObject({ converged: false, marginalError: 2e-6 });
    });

    test('are none of the first sweep, which no extrapolation came before', () => {
      const [first, second] = converged([easy], { jump: 1e3, maxIterations: 2 }).progress;
      expect(first.marginalError).toBeLessThan(1e3);
      expect(second.marginalError).toBe(1e3);
    });
  });

  test('judges errors at the scale of the costs where that is less than the temperature', () => {
    const warm = { ...easy, epsilon: 50 };
    const start = [{ x: Array.from(draws(8, 3)), y: Array.from(draws(11, 4)) }];
    const [sweep] = converged([warm], { start, costScale: 2, maxIterations: 1 }).sweeps;
    const { marginalError } = converged([warm], { start, costScale: 2, maxIterations: 1 });
    const errors = sweep.map(({ side, before, against }) => {
      const best = denseUpdate(warm, side, against);
      const { weights } = warm[side];
      return weights.reduce((sum, a, i) => sum + a * Math.abs(Math.exp((before[i] - best[i]) / 2) - 1), 0);
    });
    expect(marginalError).toBeCloseTo(Math.max(...errors), 12);
  });
});

test('of all arrays only the potentials are left', () => {
  expect(hardRun().newlyHeld).toBe(2);
  expect(converged([hard], { maxIterations: 20 }).newlyHeld).toBe(2);
  expect(converged([hard], { maxIterations: 1 }).newlyHeld).toBe(2);
  expect(converged([unbalanced]).newlyHeld).toBe(2);
});
