import { InvalidOptionError } from '../errors.js';
import type { RunOptions } from './runOptions.js';

/**
 * Checks what a caller gave to follow and stop a computation, and gives it back.
 *
 * @throws InvalidOptionError where the options are no object, `signal` cannot be aborted or `onProgress` cannot be called.
 */
export function checkRunOptions<Options extends Pick<RunOptions, 'signal'> & { readonly onProgress?: unknown }>(
  options: Options,
): Options {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(`options is ${String(options)}: give an object, such as { signal }, or leave it out`);
  }
  const { signal, onProgress } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw new InvalidOptionError('signal is no AbortSignal: give the signal of an AbortController');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidOptionError(`onProgress is ${String(onProgress)}: give a function`);
  }
  return options;
}
