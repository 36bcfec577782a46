import { type Task, UnsupportedError } from '@sinkhorn/core';
import type { Engine } from './engine.js';
import type { Loss } from './loss.js';
import { makeLoss, plainSolution } from './makeLoss.js';
import { sums } from './parts.js';
import type { OnInaccurate } from './whenInaccurate.js';

/** A loss that counts so much, in some columns or in all. */
export interface Term {
  readonly engine: Engine;
  readonly weight: number;
  readonly columns?: readonly number[];
}

/** The weighted sum of losses, as a loss. What adds up is loaded when it is first asked for. */
export function sumOfLosses(name: string, terms: readonly Term[]): Loss {
  const engine: Engine = {
    name,
    onInaccurate: strictest(terms),
    *prepare(y) {
      return yield* (yield* computation()).prepare(y);
    },
    *solve(pair, wrt, precomputed) {
      return yield* (yield* computation()).solve(pair, wrt, precomputed);
    },
  };
  return makeLoss(engine, plainSolution);

  function* computation(): Task<Pick<Engine, 'prepare' | 'solve'>> {
    const part = yield* sums();
    if (part) return part.sumEngine(terms) as Pick<Engine, 'prepare' | 'solve'>;
    throw new UnsupportedError(
      `${name} is not loaded yet: await loss.value(x, y) first, or call readySums() of @sinkhorn/losses/ready`,
    );
  }
}

/** Of what losses do about values that are not accurate, what says most. */
const strictest = (terms: readonly Term[]): OnInaccurate =>
  (['throw', 'warn'] as const).find((one) =>
    terms.some(({ engine: { onInaccurate = 'warn' } }) => onInaccurate === one),
  ) ?? 'ignore';
