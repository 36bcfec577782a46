import type { Progress } from '@sinkhorn/losses';

/** Which parts of a solve's time its stages begin and end at, roughly. */
const PARTS: Readonly<Record<string, readonly [number, number]>> = {
  debiasing: [0, 0.15],
  annealing: [0.15, 0.5],
  converging: [0.5, 0.9],
  'final update': [0.9, 1],
};
/** The marginal error at which iterations about end. */
const SMALLEST_ERROR = 1e-4;

/**
 * How much of a transport solve is done, from 0 to 1, by what it tells: a guess, by logarithms of the temperature and of the error, that
 * never goes back.
 */
export function solveShare(blur: number): (progress: Progress) => number {
  let done = 0;
  let first: number | undefined;
  return ({ stage, epsilon, marginalError, share }) => {
    const [begin, end] = PARTS[stage] ?? [done, done];
    let within = share ?? 0;
    if (stage === 'annealing' && epsilon) {
      first ??= epsilon;
      within = first > blur ** 2 ? Math.log(first / epsilon) / Math.log(first / blur ** 2) : 1;
    } else if (marginalError && share === undefined) {
      within = Math.log(marginalError) / Math.log(SMALLEST_ERROR);
    }
    done = Math.max(done, begin + (end - begin) * Math.min(1, Math.max(0, within)));
    return done;
  };
}
