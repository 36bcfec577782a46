import type { Engine } from './engine.js';
import { lazyEngine, loaded } from './loaded.js';
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
  const engine = lazyEngine(name, strictest(terms), () =>
    loaded(sums, name, 'readySums', (part) => part.sumEngine(terms)),
  );
  return makeLoss(engine, plainSolution);
}

/** Of what losses do about values that are not accurate, what says most. */
const strictest = (terms: readonly Term[]): OnInaccurate =>
  (['throw', 'warn'] as const).find((one) =>
    terms.some(({ engine: { onInaccurate = 'warn' } }) => onInaccurate === one),
  ) ?? 'ignore';
