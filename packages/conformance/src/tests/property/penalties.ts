import { runAsync } from '@sinkhorn/core';
import { checkWeights, type PenaltyOption, penaltiesOf, planOfMatrix, solveMatrix } from '@sinkhorn/core/matrix';
import { solvePenalized } from '@sinkhorn/core/penalty';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check, checkClose } from '../../support/check.js';
import { cloud } from '../../support/clouds.js';
import { optionsFor, pairOf } from '../../support/losses.js';
import { random } from '../../support/random.js';

const ACCURACY = 1e-3;
const STRENGTH = 0.5;
const BLUR = 0.4;
const MASSES = [1, 0.7] as const;

type Phi = (share: number) => number;
/** What a unit of mass pays where the plan takes a share t of it (Séjourné et al. 2019, section 3). */
const PHI: Readonly<Record<string, Phi>> = {
  kl: (t) => STRENGTH * (t * Math.log(t) - t + 1),
  tv: (t) => STRENGTH * Math.abs(t - 1),
  berg: (t) => STRENGTH * (t - 1 - Math.log(t)),
  hellinger: (t) => STRENGTH * (Math.sqrt(t) - 1) ** 2,
  quadratic: (t) => (STRENGTH / 2) * (t - 1) ** 2,
  range: (t) => (t >= 0.4 && t <= 1.1 ? 0 : Number.POSITIVE_INFINITY),
};

/** The least value of a convex function between two numbers. */
function least(of: (at: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 200; step++) {
    const [one, two] = [low + (high - low) / 3, high - (high - low) / 3];
    if (of(one) <= of(two)) high = two;
    else low = one;
  }
  return of((low + high) / 2);
}

function solve(
  subject: Subject,
  x: Parameters<typeof pairOf>[0],
  y: Parameters<typeof pairOf>[1],
  penalty: PenaltyOption,
) {
  const pair = pairOf(x, y);
  const options = {
    ...optionsFor(subject, pair, { blur: BLUR, debias: false }),
    accuracy: ACCURACY,
    largestChange: ACCURACY,
  };
  return runAsync(solvePenalized(subject.backend, pair, { ...options, penalty }));
}

const kinds = Object.keys(PHI).map(
  (kind): ConformanceTest => ({
    id: `property/18-penalties-${kind}`,
    title: `${kind}: between single points the value is the least over the mass that goes, to the error that is told`,
    async run(subject) {
      // Without a way to go a range leaves all as it is: the value is 0, and errors relative to it are not small.
      const ways = [0.3, 0.5, 1, 1.5, 3];
      const [a, b] = MASSES;
      const of = (at: readonly number[], mass: number) => ({
        data: at,
        shape: [ways.length, 1, 1] as const,
        weights: at.map(() => mass),
      });
      const penalty = (
        kind === 'range' ? { kind, low: 0.4, high: 1.1 } : { kind, strength: STRENGTH }
      ) as PenaltyOption;
      const { values, errors } = await solve(
        subject,
        of(
          ways.map(() => 0),
          a,
        ),
        of(ways, b),
        penalty,
      );
      const epsilon = BLUR ** 2;
      const [low, high] = kind === 'range' ? [0.4 * a, 1.1 * b] : [1e-12, 3];
      const exact = ways.map((way) =>
        least(
          (mass) =>
            (mass * way ** 2) / 2 +
            epsilon * (mass * Math.log(mass / (a * b)) - mass + a * b) +
            a * PHI[kind](mass / a) +
            b * PHI[kind](mass / b),
          low * (1 + 1e-12),
          high * (1 - 1e-12),
        ),
      );
      check(errors.value <= ACCURACY, `the error that is told is ${errors.value}`);
      exact.forEach((value, k) => {
        const allowed = 2 * errors.value * Math.abs(value) + 1e-9;
        checkClose(`a way of ${ways[k]}`, values.subarray(k, k + 1), [value], allowed);
      });
    },
  }),
);

/** Properties 18 and 19: penalties by what they are of, and costs as a matrix by the points that they are of. */
export const penaltyTests: readonly ConformanceTest[] = [
  ...kinds,
  {
    id: 'property/19-cost-matrix',
    title:
      'a matrix of costs gives what the points give that the costs are of, with its plan, balanced and with penalties',
    async run(subject) {
      const draw = random(19);
      const x = cloud(draw, { count: 7, dimension: 2 });
      const y = cloud(draw, { count: 5, dimension: 2, from: 0.3 });
      const pair = pairOf(x, y);
      const costs = Float64Array.from({ length: 35 }, (_, k) => {
        const [i, j] = [Math.floor(k / 5), k % 5];
        return [0, 1].reduce((sum, c) => sum + (pair.x.points[2 * i + c] - pair.y.points[2 * j + c]) ** 2 / 2, 0);
      });
      const weights = { x: checkWeights('x', pair.x.weights), y: checkWeights('y', pair.y.weights) };
      for (const penalty of ['balanced', { kind: 'kl', strength: 0.3 }, { kind: 'tv', strength: 0.2 }] as const) {
        const name = typeof penalty === 'string' ? penalty : penalty.kind;
        const wanted = await solve(subject, x, y, penalty);
        const found = await runAsync(
          solveMatrix(subject.backend, weights, {
            costs: { xy: costs },
            epsilon: BLUR ** 2,
            penalty: penaltiesOf(penalty, 1),
            debias: false,
            accuracy: ACCURACY,
            maxIterations: 2000,
          }),
        );
        const off = 2 * (found.errors.value + wanted.errors.value);
        check(off <= 4 * ACCURACY, `${name}: the errors that are told add up to ${off / 2}`);
        checkClose(`${name}: the value`, found.values, wanted.values, off * Math.abs(wanted.values[0]) + 1e-9);
        const { f_ba, g_ab } = found.potentials;
        const plan = planOfMatrix(costs, pair.x.weights, pair.y.weights, f_ba, g_ab, BLUR ** 2);
        const mass = plan.reduce((sum, entry) => sum + entry, 0);
        checkClose(`${name}: the mass that goes`, [mass], [found.masses[0]], 1e-2 * found.masses[0]);
      }
    },
  },
];
