import { type ProblemName, problems } from '../clouds/problems.js';
import type { Plan } from './benchmarks.js';

const allProblems = Object.keys(problems) as ProblemName[];
// Its truth takes minutes at this size: blur is far below the distance between points.
const solvable = allProblems.filter((name) => name !== 'sphere, cube, blur .02');
const schedules = [{ scaling: 0.5 }, { scaling: 0.9 }];
const tolerances = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6].map((tolerance) => ({ tolerance }));
const middle = [{ tolerance: 1e-2 }, { tolerance: 1e-3 }];

/** What is written down: some minutes. */
export const fullPlan: Plan = {
  softmin: { n: 10_000, rounds: 5 },
  iterations: { n: 300, problems: allProblems, tolerances: [1e-3, 1e-6], limit: 600 },
  gradientError: {
    n: 200,
    problems: solvable,
    endings: [...schedules, ...tolerances],
    timed: [
      { n: 500, endings: [...middle, ...schedules, { scaling: 0.99 }], rounds: 3, limit: 5 },
      { n: 1000, endings: [...middle, ...schedules], rounds: 3, limit: 10 },
    ],
  },
  warmStarts: {
    n: 300,
    problems: ['sphere, cube', 'gaussians far apart', 'clusters of unequal mass'],
    rates: [0.01, 0.1],
    steps: 8,
  },
  sizes: {
    losses: [
      { loss: 'sinkhorn', sizes: [300, 1000, 3000, 5000] },
      { loss: 'hausdorff', sizes: [300, 1000, 3000] },
      { loss: 'energy', sizes: [300, 1000, 3000, 10_000] },
      { loss: 'gaussian', sizes: [300, 1000, 3000] },
      { loss: 'laplacian', sizes: [300, 1000, 3000] },
      { loss: 'transport', sizes: [300, 3000, 20_000] },
    ],
    rounds: 3,
    limit: 5,
  },
};

/** A look, in less than a minute. */
export const quickPlan: Plan = {
  softmin: { n: 2000, rounds: 3 },
  iterations: {
    n: 100,
    problems: ['sphere, cube', 'clusters of unequal mass'],
    tolerances: [1e-3],
    limit: 600,
  },
  gradientError: {
    n: 100,
    problems: ['sphere, cube'],
    endings: [...schedules, ...tolerances],
    timed: [{ n: 300, endings: [...middle, ...schedules], rounds: 1, limit: 0 }],
  },
  warmStarts: { n: 100, problems: ['sphere, cube'], rates: [0.1], steps: 4 },
  sizes: {
    losses: [
      { loss: 'sinkhorn', sizes: [300, 1000] },
      { loss: 'hausdorff', sizes: [300, 1000] },
      { loss: 'energy', sizes: [300, 1000] },
      { loss: 'gaussian', sizes: [300, 1000] },
      { loss: 'laplacian', sizes: [300, 1000] },
      { loss: 'transport', sizes: [300, 1000] },
    ],
    rounds: 1,
    limit: 1,
  },
};
