import { type Task, UnsupportedError } from '@sinkhorn/core';

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
