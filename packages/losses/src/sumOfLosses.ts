import type { SecondDerivatives } from './derivatives.js';
import type { Engine, Solved } from './engine.js';
import { lazyEngine, loaded } from './loaded.js';
import type { Loss } from './loss.js';
import { type Extend, makeLoss } from './makeLoss.js';
import type { OnInaccurate } from './onInaccurate.js';
import { sums } from './parts.js';
import type { Solution } from './solution.js';

/** A loss that counts so much, in some columns or in all. */
export interface Term {
  readonly engine: Engine;
  /** What its solutions have beyond the common. */
  readonly extend: Extend<Solution, Solved>;
  readonly weight: number;
  readonly columns?: readonly number[];
}

/** A sum of losses computed for one pair. */
export interface SumSolved extends Solved {
  readonly parts: readonly Solved[];
  /** The Hessian, where all parts have one. */
  extend(solution: Solution): SumSolution;
}

/** A solved sum of losses. */
export interface SumSolution extends Solution, SecondDerivatives {}

/** The weighted sum of losses, as a loss. What adds up is loaded when it is first asked for. */
export function sumOfLosses(name: string, terms: readonly Term[]): Loss<SumSolution> {
  const engine = lazyEngine<readonly unknown[], SumSolved>(name, strictest(terms), () =>
    loaded(sums, name, 'readySums', (part) => part.sumEngine(name, terms)),
  );
  const parameterNames = [...new Set(terms.flatMap((term) => term.engine.parameterNames ?? []))];
  return makeLoss({ ...engine, ...(parameterNames.length > 0 && { parameterNames }) }, (solution, { result }) =>
    result.extend(solution),
  );
}

/** Of what losses do about values that are not accurate, what says most. */
const strictest = (terms: readonly Term[]): OnInaccurate =>
  (['throw', 'warn'] as const).find((one) =>
    terms.some(({ engine: { onInaccurate = 'warn' } }) => onInaccurate === one),
  ) ?? 'ignore';
