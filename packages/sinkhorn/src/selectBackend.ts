import {
  type Backend,
  type BackendCandidate,
  type SelectBackendOptions,
  selectBackend as selectAmong,
} from '@sinkhorn/losses';
import { backendCandidates } from './backendCandidates.js';

/**
 * Opens the first backend that works here, among those of this package when none are named.
 *
 * @param candidates - what to try, in this order.
 * @param options - `onUnavailable` gets those that do not work here, and why.
 * @throws BackendUnavailableError saying why each of them does not work here.
 *
 * @example
 * ```ts
 * import { selectBackend, sinkhornDivergence } from 'sinkhorn';
 *
 * const backend = await selectBackend();
 * const loss = sinkhornDivergence({ backend, p: 2, blur: 0.05 });
 * const value = await loss.value([[0, 0], [1, 0]], [[0, 1], [1, 1]]);
 * if (!(Math.abs(value - 0.5) < 1e-3)) throw new Error('a shift by 1 costs 1/2');
 * ```
 */
export function selectBackend(
  candidates: readonly BackendCandidate[] = backendCandidates,
  options?: SelectBackendOptions,
): Promise<Backend> {
  return selectAmong(candidates, options);
}
