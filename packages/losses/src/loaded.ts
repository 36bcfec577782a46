import { type Task, UnsupportedError } from '@sinkhorn/core';
import type { Engine, Solved } from './engine.js';
import type { OnInaccurate } from './onInaccurate.js';

/**
 * Takes something from a part that is loaded when it is first asked for.
 *
 * @throws UnsupportedError from a Sync method, which cannot wait for it.
 */
export function* loaded<Part, Result>(
  load: () => Task<Part | undefined>,
  what: string,
  ready: string,
  take: (part: Part) => Result,
): Task<Result> {
  const part = yield* load();
  if (part) return take(part);
  throw new UnsupportedError(
    `${what} is not loaded yet: await loss.value(x, y) first, or call ${ready}() of @sinkhorn/losses/ready`,
  );
}

/** Does something with a part that is loaded first. @throws UnsupportedError where that needs a promise. */
export function* passing<Module, Result>(
  load: () => Task<Module | undefined>,
  pass: (solvers: Module) => Task<Result>,
): Task<Result> {
  const solvers = yield* load();
  if (!solvers) throw new UnsupportedError('this part is not loaded yet: await a method that returns a promise first');
  return yield* pass(solvers);
}

/** An engine whose work is done by a part that is loaded when it is first asked for. */
export const lazyEngine = <Precomputed, Result extends Solved>(
  name: string,
  onInaccurate: OnInaccurate,
  load: () => Task<Pick<Engine<Precomputed, Result>, 'prepare' | 'solve'>>,
): Engine<Precomputed, Result> => ({
  name,
  onInaccurate,
  *prepare(y) {
    return yield* (yield* load()).prepare(y);
  },
  *solve(pair, wrt, precomputed) {
    return yield* (yield* load()).solve(pair, wrt, precomputed);
  },
});
