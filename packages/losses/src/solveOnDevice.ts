import {
  type DeviceCloud,
  type DeviceSolution,
  runSync,
  type Side,
  solveMmdOnDevice,
  solveNormalizedOnDevice,
  solveSinkhornOnDevice,
  UnsupportedError,
} from '@sinkhorn/core';
import type { DeviceSolvers } from './engine.js';
import type { Loss } from './loss.js';
import { engineOf } from './makeLoss.js';

const solvers: DeviceSolvers = {
  sinkhorn: solveSinkhornOnDevice,
  mmd: solveMmdOnDevice,
  normalized: solveNormalizedOnDevice,
};

/**
 * A loss between clouds whose numbers are on its backend's device, in arrays of that backend: value and the gradients in
 * `wrt` stay there, and nothing is read back. What libraries build on that share a device with tensors.
 *
 * Nobody looks at the numbers: coordinates must be finite, weights 0 or more, and masses equal where transport is balanced.
 * The Sinkhorn divergence runs so with `tolerance: null`, and with an estimate where there is no `diameter`; MMDs always do. The arrays of the result are
 * the caller's to release.
 *
 * @throws UnsupportedError for a loss that has to read numbers on its way.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { energyDistance } from '@sinkhorn/losses';
 * import { solveOnDevice } from '@sinkhorn/losses/on-device';
 *
 * const backend = cpu();
 * const x = { points: backend.array([0, 2], [2, 1]) };
 * const y = { points: backend.array([1], [1, 1]) };
 * const { value } = solveOnDevice(energyDistance({ backend }), { x, y }, ['x']);
 * if ((await backend.read(value))[0] !== 0.5) throw new Error('unexpected');
 * ```
 */
export function solveOnDevice(
  loss: Loss,
  clouds: { readonly x: DeviceCloud; readonly y: DeviceCloud },
  wrt: readonly Side[] = [],
): DeviceSolution {
  const engine = engineOf(loss, 'loss');
  if (!engine.onDevice) {
    throw new UnsupportedError(
      `${engine.name} reads numbers back from the device on its way: give it measures on the host, and a backend that can be read`,
    );
  }
  return runSync(engine.onDevice(solvers, clouds, wrt));
}
