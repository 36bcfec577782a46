import { InaccurateError } from '@sinkhorn/core';
import { checkChoice } from './checkOptions.js';
import type { Engine, EngineDiagnostics } from './engine.js';
import type { OnInaccurate } from './onInaccurate.js';

/** The option of every loss on values that are not as accurate as was asked. */
export interface InaccurateOptions {
  /**
   * What `value` and `valueSync` do when the value may be off by more than the accuracy: 'warn' once on the console, the default,
   * 'throw' an InaccurateError, or 'ignore' it. Methods with diagnostics tell there, and leave it at that.
   */
  readonly onInaccurate?: OnInaccurate;
}

/** What diagnostics say of how accurate a value is. */
type Accuracy = Pick<EngineDiagnostics, 'accurate' | 'converged' | 'valueError' | 'advice'>;

/** The option, with its default. @throws InvalidOptionError where it is none of the three. */
export function checkOnInaccurate({ onInaccurate = 'warn' }: InaccurateOptions): OnInaccurate {
  checkChoice('onInaccurate', onInaccurate, ['warn', 'throw', 'ignore']);
  return onInaccurate;
}

/**
 * Makes what does as a loss was asked to about values that are not accurate: to be called with the diagnostics of each.
 *
 * @param engine - The name to tell of, and what to do: 'warn' when absent, which happens once.
 * @throws InvalidOptionError for what is none of the three; InaccurateError in calls, where that was asked for.
 *
 * @example
 * ```ts
 * import { visitedAll, whenInaccurate } from '@sinkhorn/losses/extend';
 *
 * const work = { iterations: 0, reductions: 2, epsilons: [], marginalError: 0, converged: true, backend: 'cpu' };
 * const tell = whenInaccurate({ name: 'meanDistance', onInaccurate: 'throw' });
 * tell({ ...work, ...visitedAll('the mean distance is always so', 1e-6) }); // accurate: nothing to tell
 * ```
 */
export function whenInaccurate({
  name,
  ...options
}: Pick<Engine, 'name' | 'onInaccurate'>): (diagnostics: Accuracy) => void {
  const onInaccurate = checkOnInaccurate(options);
  let isTold = onInaccurate === 'ignore';
  return ({ accurate, converged, valueError, advice }: Accuracy): void => {
    if (isTold || (accurate && !(advice && converged))) return;
    const message = `${name}: ${accurate ? '' : `this value may be off by ${share(valueError)}; `}${advice ?? 'solve() tells more in its diagnostics'}`;
    if (onInaccurate === 'throw' && !accurate) throw new InaccurateError(message);
    isTold = true;
    console.warn(`${message}. Said once: onInaccurate: 'ignore' is silent, 'throw' throws.`);
  };
}

/** A relative error for people. */
function share(error: number): string {
  if (error < 1) return `${Number((100 * error).toPrecision(2))} % or more`;
  return error < 1e6 ? `${Number(error.toPrecision(2))} times its size or more` : 'any amount';
}
