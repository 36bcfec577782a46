import { describe, expect, test } from 'vitest';
import { deviceTemperature } from '../../src/geometry/pairwise/deviceTemperature.js';
import type { Temperature } from '../../src/geometry/temperature.js';
import type { Side } from '../../src/measure/side.js';
import { runSync } from '../../src/tasks/drivers.js';
import type { Progress } from '../../src/tasks/task.js';
import { ANNEALING_TOLERANCE, iterateSchedule, iterateToTolerance, patienceFor } from '../../src/transport/iterate.js';
import { joined, randomCloud } from '../support/clouds.js';
import { asymmetric, distances, halfSquares } from '../support/costs.js';
import {
  BALANCED,
  type DensePotentials,
  type DenseProblem,
  densePotentials,
  denseSelf,
  denseUpdate,
} from '../support/denseTransport.js';
import { onDevice } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';
import { watchedSweeps } from '../support/watchedSweeps.js';

const balanced: DenseProblem = {
  x: randomCloud(7, 1),
  y: randomCloud(10, 2),
  cost: halfSquares,
  epsilon: 0.05,
  rho: BALANCED,
};
const unbalanced: DenseProblem = {
  ...balanced,
  x: randomCloud(7, 3, { mass: 0.7 }),
  y: randomCloud(10, 4, { mass: 1.3 }),
  rho: { x: 0.5, y: 0.2 },
};

describe("iterateSchedule, GeomLoss's loop", () => {
  const epsilons = [1, 1, 0.3, 0.1, 0.05];

  /**
   * Potentials of the problem, by the loop as GeomLoss has it: softmins of zeros at the first temperature, and at each
   * temperature the mean of both potentials and of their updates, each from the other as it was.
   */
  function denseSchedule(dense: DenseProblem): DensePotentials {
    const updated = (epsilon: number, { x, y }: DensePotentials): DensePotentials => ({
      x: denseUpdate({ ...dense, epsilon }, 'x', y),
      y: denseUpdate({ ...dense, epsilon }, 'y', x),
    });
    const mean = (u: readonly number[], v: readonly number[]) => u.map((value, k) => (value + v[k]) / 2);
    let potentials = updated(epsilons[0], { x: dense.x.points.map(() => 0), y: dense.y.points.map(() => 0) });
    for (const epsilon of epsilons) {
      const next = updated(epsilon, potentials);
      potentials = { x: mean(potentials.x, next.x), y: mean(potentials.y, next.y) };
    }
    return potentials;
  }

  const cases: [string, DenseProblem][] = [
    ['balanced', balanced],
    ['unbalanced', unbalanced],
    ['of a cost that is not symmetric', { ...balanced, cost: asymmetric }],
  ];

  describe.each(cases)('for a problem that is %s', (_, dense) => {
    test.each(['known to the host', 'known to the device alone'])('with temperatures %s', (known) => {
      const { backend, space, problem } = onDevice([dense]);
      const temperatures = epsilons.map(
        (epsilon): Temperature =>
          known === 'known to the host' ? epsilon : deviceTemperature(space.upload([1 / epsilon], [1, 1])),
      );
      const { cross, self } = runSync(iterateSchedule(problem, temperatures, true));
      const truth = denseSchedule(dense);
      expectClose(backend.numbers(cross.x), truth.x, 1e-12);
      expectClose(backend.numbers(cross.y), truth.y, 1e-12);
      if (!self.x || !self.y) throw new Error('a divergence that is debiased needs both self potentials');
      expectClose(backend.numbers(self.x), denseSelfSchedule(dense, 'x'), 1e-12);
      expectClose(backend.numbers(self.y), denseSelfSchedule(dense, 'y'), 1e-12);
    });
  });

  /** The loop's potential of a cloud with itself, where both sides have the same one. */
  function denseSelfSchedule(dense: DenseProblem, side: Side): number[] {
    const own = denseSelf(dense, side);
    let potential = denseUpdate(
      { ...own, epsilon: epsilons[0] },
      side,
      own.x.points.map(() => 0),
    );
    for (const epsilon of epsilons) {
      const next = denseUpdate({ ...own, epsilon }, side, potential);
      potential = potential.map((value, k) => (value + next[k]) / 2);
    }
    return potential;
  }

  test('solves no self problem without debiasing', () => {
    const { backend, problem } = onDevice([unbalanced]);
    const { cross, self } = runSync(iterateSchedule(problem, epsilons, false));
    const truth = denseSchedule(unbalanced);
    expect(self).toEqual({});
    expectClose(backend.numbers(cross.x), truth.x, 1e-12);
    expectClose(backend.numbers(cross.y), truth.y, 1e-12);
  });

  test('treats the elements of a batch alike', () => {
    const problems = [balanced, { ...balanced, x: randomCloud(7, 5), y: randomCloud(10, 6) }];
    const { backend, problem } = onDevice(problems);
    const { cross } = runSync(iterateSchedule(problem, epsilons, true));
    expectClose(
      backend.numbers(cross.x),
      problems.flatMap((dense) => denseSchedule(dense).x),
      1e-12,
    );
  });

  test('tells each temperature as it comes, as far as the host knows it', () => {
    const { space, problem } = onDevice([balanced]);
    const told: Progress[] = [];
    const temperatures = [1, deviceTemperature(space.upload([2], [1, 1])), 0.1];
    runSync(iterateSchedule(problem, temperatures, true), { onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([
      { stage: 'annealing', iteration: 1, epsilon: 1, share: 0 },
      { stage: 'annealing', iteration: 2, share: 1 / 3 },
      { stage: 'annealing', iteration: 3, epsilon: 0.1, share: 2 / 3 },
    ]);
  });

  test.each([
    [true, 4],
    [false, 2],
  ])('leaves its results alone (debiased: %s)', (debias, results) => {
    const { backend, problem } = onDevice([balanced]);
    const before = backend.held.size;
    runSync(iterateSchedule(problem, epsilons, debias));
    expect(backend.held.size).toBe(before + results);
  });
});

describe('iterateToTolerance', () => {
  const epsilons = [1, 0.4, 0.15, 0.05];

  function iterated(dense: DenseProblem, first: Side, { start }: { start?: DensePotentials } = {}) {
    const { backend, problem, upload } = onDevice([dense]);
    const before = backend.held.size;
    const told: Progress[] = [];
    const stopping = { tolerance: 1e-10, maxIterations: 300, costScale: 0 };
    const from = start && { x: upload([start.x]), y: upload([start.y]) };
    const result = runSync(iterateToTolerance(problem, from ? epsilons.slice(-1) : epsilons, from, first, stopping), {
      onProgress: (progress) => told.push(progress),
    });
    const { x, y } = result.potentials;
    return {
      ...result,
      potentials: { x: Array.from(backend.numbers(x)), y: Array.from(backend.numbers(y)) },
      told,
      sweeps: watchedSweeps(backend, problem),
      firstReduction: backend.reductions.find(({ reduction }) => reduction.kind === 'logSumExp'),
      problem,
      newlyHeld: backend.held.size - before,
    };
  }

  const cases: [string, DenseProblem][] = [
    ['balanced', balanced],
    ['unbalanced', unbalanced],
    ['of |x - y|', { ...balanced, cost: distances }],
    ['of a cost that is not symmetric', { ...balanced, cost: asymmetric }],
  ];

  describe.each(cases)('for a problem that is %s', (_, dense) => {
    const truth = densePotentials(dense);
    const pairSums = ({ x, y }: DensePotentials) => x.flatMap((f) => y.map((g) => f + g));

    describe.each(['x', 'y'] as const)("'%s' first", (first) => {
      const { potentials, sweeps, told, converged, marginalError, iterations, firstReduction, problem, newlyHeld } =
        iterated(dense, first);

      test('ends at the solution of the last temperature', () => {
        expect(converged).toBe(true);
        expect(marginalError).toBeLessThanOrEqual(1e-10);
        expectClose(pairSums(potentials), pairSums(truth), 1e-8);
        if (dense.rho !== BALANCED) expectClose(potentials.x, truth.x, 1e-8);
      });

      test('updates that side first in every sweep', () => {
        for (const [{ side }] of sweeps) expect(side).toBe(first);
      });

      test('sweeps at every temperature, in their order', () => {
        const visited = sweeps.map(([{ epsilon }]) => epsilon);
        expectClose([...new Set(visited)], epsilons, 1e-15);
        for (const [one, two] of sweeps) expect(two.epsilon).toBe(one.epsilon);
        expect([...visited].sort((a, b) => b - a)).toEqual(visited);
      });

      test('begins with a softmin of zeros, at the first temperature and the points of the first side', () => {
        const [start] = sweeps;
        const zeros = dense[first === 'x' ? 'y' : 'x'].points.map(() => 0);
        expect(firstReduction?.reduction.rows.point).toBe(problem[first].points);
        const best = denseUpdate({ ...dense, epsilon: epsilons[0] }, first, zeros);
        expectClose(start[0].before, best, 1e-12);
        expect(start[1].before).toEqual(zeros);
      });

      test('goes on at each temperature from where the one before it ended', () => {
        sweeps.slice(1).forEach((sweep, k) => {
          if (sweep[0].epsilon === sweeps[k][0].epsilon || dense.rho !== BALANCED) return;
          expect(sweep.map(({ before }) => before)).toEqual(sweeps[k].map(({ after }) => after));
        });
      });

      test('is loose at all temperatures but the last', () => {
        const annealing = told.filter(({ stage }) => stage === 'annealing');
        const converging = told.filter(({ stage }) => stage === 'converging');
        expect([...annealing, ...converging]).toEqual(told);
        expect([...new Set(annealing.map(({ epsilon }) => epsilon))]).toEqual(epsilons.slice(0, -1));
        expect([...new Set(converging.map(({ epsilon }) => epsilon))]).toEqual(epsilons.slice(-1));
        expect(converging).toHaveLength(iterations);
        annealing.forEach(({ marginalError: error = Number.NaN }, k) => {
          const isLast = k + 1 === annealing.length || annealing[k + 1].epsilon !== annealing[k].epsilon;
          expect(error <= ANNEALING_TOLERANCE).toBe(isLast);
        });
      });

      test('leaves its results alone', () => {
        expect(newlyHeld).toBe(2);
      });
    });
  });

  test('given a start and one temperature it stays there', () => {
    const start = { x: Array.from(draws(7, 8)), y: Array.from(draws(10, 9)) };
    const { sweeps, told, potentials, newlyHeld } = iterated(unbalanced, 'x', { start });
    const truth = densePotentials(unbalanced);
    expect(new Set(told.map(({ stage, epsilon }) => `${stage} at ${epsilon}`))).toEqual(
      new Set(['converging at 0.05']),
    );
    expect(sweeps[0].map(({ before }) => before)).toEqual([start.x, start.y]);
    expectClose(potentials.x, truth.x, 1e-8);
    expectClose(potentials.y, truth.y, 1e-8);
    expect(newlyHeld).toBe(2);
  });

  test('gives up on a temperature of the annealing after 60 sweeps', () => {
    // Far clusters that must exchange mass: what takes hundreds of sweeps.
    const far: DenseProblem = {
      ...balanced,
      x: joined(randomCloud(2, 1, { mass: 0.9 }), randomCloud(2, 2, { mass: 0.1, corner: 30 })),
      y: joined(randomCloud(2, 3, { mass: 0.1 }), randomCloud(2, 4, { mass: 0.9, corner: 30 })),
    };
    const { told } = iterated(far, 'x');
    const first = told.filter(({ stage, epsilon }) => stage === 'annealing' && epsilon === 1);
    expect(first).toHaveLength(60);
    expect(told[60].epsilon).toBe(0.4);
  });

  test('annealing saves sweeps at the last temperature', () => {
    const cold = { ...balanced, epsilon: 0.02 };
    const { problem } = onDevice([cold]);
    const run = (temperatures: readonly number[]) =>
      runSync(
        iterateToTolerance(problem, temperatures, undefined, 'x', {
          tolerance: 1e-3,
          maxIterations: 300,
          costScale: 0,
        }),
      );
    expect(run([1, 0.4, 0.15, 0.05, 0.02]).iterations).toBeLessThan(run([0.02]).iterations);
  });
});

describe('patience', () => {
  test('grows with the root of the number of pairs at the last temperature, ten times at most, and not before it', () => {
    const few = patienceFor(100);
    expect(few).toEqual(patienceFor(2 ** 18));
    expect(few.last).toBeGreaterThan(few.annealing);
    expect(patienceFor(9 * 2 ** 18)).toEqual({ annealing: few.annealing, last: 3 * few.last });
    expect(patienceFor(2 ** 40)).toEqual({ annealing: few.annealing, last: 10 * few.last });
  });

  /** Sweeps of a problem that needs many, with so many allowed. */
  function withPatience(patience: { annealing: number; last: number } | undefined, tolerance = 1e-10) {
    const { problem } = onDevice([balanced]);
    const stopping = { tolerance, maxIterations: 300, costScale: 0 };
    return runSync(iterateToTolerance(problem, [1, 0.4, 0.05], undefined, 'x', stopping, patience));
  }

  test('that lasts changes nothing', () => {
    const { iterations, converged, slowAt } = withPatience(undefined);
    expect(converged).toBe(true);
    expect(slowAt).toBeUndefined();
    const patient = withPatience({ annealing: 60, last: 300 });
    expect([patient.iterations, patient.converged, patient.slowAt]).toEqual([iterations, true, undefined]);
  });

  test('that ends at the last temperature gives up there, and says so', () => {
    const { iterations, converged, slowAt, marginalError } = withPatience({ annealing: 60, last: 4 });
    expect([iterations, converged, slowAt]).toEqual([4, false, 2]);
    expect(marginalError).toBeGreaterThan(1e-10);
  });

  test('that ends where sweeps are enough is not missed', () => {
    const { converged, slowAt } = withPatience({ annealing: 60, last: 4 }, 0.5);
    expect([converged, slowAt]).toEqual([true, undefined]);
  });

  test('that ends on the way gives up at that temperature', () => {
    const { problem } = onDevice([{ ...balanced, x: randomCloud(7, 1), y: randomCloud(10, 2, { corner: 4 }) }]);
    const stopping = { tolerance: 1e-10, maxIterations: 300, costScale: 0 };
    const found = runSync(
      iterateToTolerance(problem, [0.02, 0.01, 0.005], undefined, 'x', stopping, { annealing: 1, last: 300 }),
    );
    expect([found.iterations, found.converged, found.slowAt]).toEqual([1, false, 0]);
  });

  test('as many sweeps again are given where the error fell to the root of the tolerance', () => {
    const { iterations } = withPatience(undefined);
    const half = Math.ceil(0.7 * iterations);
    const { converged, slowAt, iterations: taken } = withPatience({ annealing: 60, last: half });
    expect([converged, slowAt]).toEqual([true, undefined]);
    expect(taken).toBeGreaterThan(half);
  });
});

test('without a temperature there is nothing to iterate at', () => {
  const { problem, upload } = onDevice([balanced]);
  const start = { x: upload([balanced.x.points.map(() => 0)]), y: upload([balanced.y.points.map(() => 0)]) };
  const stopping = { tolerance: 1e-3, maxIterations: 3, costScale: 0 };
  expect(() => runSync(iterateToTolerance(problem, [], start, 'x', stopping))).toThrow('no temperature');
});
