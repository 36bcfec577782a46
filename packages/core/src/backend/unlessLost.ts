import { DeviceLostError } from '../errors.js';

/**
 * What a function gives, or undefined where it throws a DeviceLostError: for `release`, which has nothing to do on a device that is
 * gone, and must not hide what ended a computation.
 *
 * @example
 * ```ts
 * import { DeviceLostError, unlessLost } from '@sinkhorn/core';
 *
 * const gone = unlessLost((): number => {
 *   throw new DeviceLostError('this backend was disposed of');
 * });
 * if (gone !== undefined) throw new Error('unexpected');
 * ```
 */
export function unlessLost<Result>(body: () => Result): Result | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof DeviceLostError) return undefined;
    throw error;
  }
}
