import type { Temperature } from '../geometry/temperature.js';
import type { Side } from '../measure/side.js';
import type { DeviceReader } from '../tasks/deviceReader.js';
import { report, type Task } from '../tasks/task.js';

/** A potential of a divergence: at the points of `rows`, updated from its partner's at those of `columns`. */
export interface Chain {
  readonly rows: Side;
  readonly columns: Side;
  /** The place of that partner among the chains. */
  readonly partner: number;
}

const CROSS: readonly Chain[] = [
  { rows: 'x', columns: 'y', partner: 1 },
  { rows: 'y', columns: 'x', partner: 0 },
];
const SELF: readonly Chain[] = [
  { rows: 'x', columns: 'x', partner: 2 },
  { rows: 'y', columns: 'y', partner: 3 },
];

/** The potentials of x to y and of y to x, and those of each measure to itself where the divergence is debiased. */
export const chainsOf = (debias: boolean): readonly Chain[] => (debias ? [...CROSS, ...SELF] : CROSS);

/** What the schedule does with the potentials of all chains, wherever they are kept. */
export interface ScheduleSteps<Potential, At extends Temperature> {
  /** Softmins of potentials that are 0. */
  first(epsilon: At): Task<readonly Potential[]>;
  /** The mean of each potential and the softmin of its partner's, all of them from the potentials before. */
  next(before: readonly Potential[], epsilon: At, isLast: boolean): Task<readonly Potential[]>;
}

/**
 * GeomLoss's schedule: from softmins of zero potentials, one averaged update of all potentials at each temperature (Feydy et al. 2019,
 * algorithm 1, with epsilon-scaling and symmetric updates).
 *
 * @param told - The stage that progress names, and the backend that work is given to without a read in between.
 */
export function* runSchedule<Potential, At extends Temperature>(
  epsilons: readonly At[],
  { first, next }: ScheduleSteps<Potential, At>,
  { stage = 'annealing', backend }: { readonly stage?: string; readonly backend?: DeviceReader } = {},
): Task<readonly Potential[]> {
  let potentials = yield* first(epsilons[0]);
  for (const [index, epsilon] of epsilons.entries()) {
    const progress = { stage, iteration: index + 1, share: index / epsilons.length };
    yield* report(typeof epsilon === 'number' ? { ...progress, epsilon } : progress, backend);
    potentials = yield* next(potentials, epsilon, index === epsilons.length - 1);
  }
  return potentials;
}
