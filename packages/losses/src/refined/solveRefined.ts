import {
  checkPair,
  InvalidMeasureError,
  InvalidOptionError,
  type MeasurePair,
  type Side,
  type Task,
  UnsupportedError,
} from '@sinkhorn/core';
import type { MultiscaleOptions } from '@sinkhorn/core/multiscale';
import { solvePenalized } from '@sinkhorn/core/penalty';
import { checkBoolean, checkNames, checkPositive } from '../checkOptions.js';
import type { Engine } from '../engine.js';
import { medianOf } from '../median/medianDistance.js';
import type { PrecomputedSelf } from '../sinkhorn/sinkhornContext.js';
import type { SinkhornDivergenceOptions } from '../sinkhornDivergence.js';
import { type SinkhornSolved, solvedSinkhorn } from '../solvedSinkhorn.js';
import { rooted } from './rooted.js';

/** A loss with options that few ask for. */
export interface RefinedLoss {
  readonly options: SinkhornDivergenceOptions;
  readonly problem: MultiscaleOptions;
  /** The loss without them. */
  engineFor(problem: MultiscaleOptions): Pick<Engine<never, SinkhornSolved>, 'solve'>;
}

/** What computes the Sinkhorn divergence with them. */
export const refinedEngine = (
  loss: RefinedLoss,
): Pick<Engine<PrecomputedSelf | undefined, SinkhornSolved>, 'prepare' | 'solve'> => ({
  *prepare(): Task<undefined> {},
  solve: (pair, wrt, { start }) => solveRefined(loss, pair, wrt, start),
});

/** Solves with a penalty, a root, or a blur by the median distance. @throws InvalidOptionError for such an option that is out of range. */
function* solveRefined(
  { options, problem, engineFor }: RefinedLoss,
  pair: MeasurePair,
  wrt: readonly Side[],
  start: SinkhornSolved | undefined,
): Task<SinkhornSolved> {
  const { blur, penalty, root = false } = options;
  checkBoolean('root', root);
  const at = typeof blur === 'object' ? { ...problem, blur: byMedian(blur, problem, pair) } : problem;
  const solved: SinkhornSolved =
    penalty === undefined
      ? yield* engineFor(at).solve(pair, wrt, { start })
      : yield* penalized(options, at, pair, wrt, start);
  const known = solvedWith(solved, at);
  return root ? rooted(known, problem.p, problem.accuracy) : known;
}

/** The same, with the blur that was found told. */
function solvedWith(solved: SinkhornSolved, { blur }: MultiscaleOptions): SinkhornSolved {
  return Object.defineProperty({ ...solved }, 'diagnostics', {
    enumerable: true,
    get: () => ({ ...solved.diagnostics, blur }),
  });
}

function byMedian(
  blur: { readonly median: number } | null,
  { homogeneous }: MultiscaleOptions,
  pair: MeasurePair,
): number {
  checkNames('blur', blur ?? {}, ['median']);
  const factor = blur?.median;
  checkPositive('blur.median', factor as number);
  if (!homogeneous) {
    throw new InvalidOptionError(
      'blur.median is a distance, and the cost is a formula of its own: give blur as a number',
    );
  }
  checkPair(pair);
  const median = medianOf(pair);
  if (median > 0) return (factor as number) * median;
  throw new InvalidMeasureError(
    'half of the points of x and y or more coincide, so that their median distance is 0: give blur as a number',
  );
}

function* penalized(
  options: SinkhornDivergenceOptions,
  problem: MultiscaleOptions,
  pair: MeasurePair,
  wrt: readonly Side[],
  start: SinkhornSolved | undefined,
): Task<SinkhornSolved> {
  const { backend, method, strategy, penalty = 'balanced' } = options;
  if (strategy === 'multiscale') {
    throw new UnsupportedError("strategy 'multiscale' is not for this: there is a penalty; use 'auto' or 'dense'");
  }
  const from = { iterates: start?.result.iterates };
  const result = yield* solvePenalized(backend, pair, { ...problem, penalty, method }, wrt, from);
  const approximation = {
    strategy: 'dense',
    strategyReason: strategy === 'dense' ? 'asked for' : 'there is a penalty',
    estimatedError: 0,
    truncatedMass: 0,
  } as const;
  const { gradientsOf } = result;
  if (!gradientsOf) throw new Error('a penalized result has gradients of its own');
  return solvedSinkhorn(backend, problem, pair, result, approximation, wrt, gradientsOf);
}
