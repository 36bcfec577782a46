import { type Diagnostics, InvalidOptionError, type WithRespectTo } from '@sinkhorn/losses';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What every op takes beyond the options of its loss. */
export interface OpOptions {
  /** The weights of either cloud, [N], or [B, N] for a batch, each 0 or more; 1/N where there are none. */
  readonly weights?: { readonly x?: Tensor; readonly y?: Tensor };
  /** The clouds that gradients are wanted of; the other one counts as constant. Default 'both'. */
  readonly wrt?: WithRespectTo;
  /** Hears how each result was reached: iterations, marginal error, whether it converged, the backend. */
  readonly onDiagnostics?: (diagnostics: Diagnostics) => void;
}

const WITH_RESPECT_TO: readonly unknown[] = ['x', 'y', 'both'];

/** Splits what an op was given into what is the op's own and what goes to the loss. */
export function splitOptions<Options extends OpOptions>(
  op: string,
  given: Options,
): {
  readonly own: Required<Pick<OpOptions, 'wrt' | 'weights'>> & OpOptions;
  readonly rest: Omit<Options, keyof OpOptions>;
} {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(`${op} needs options: give { backend } at least`);
  }
  const { weights = {}, wrt = 'both', onDiagnostics, ...rest } = given;
  if (!WITH_RESPECT_TO.includes(wrt)) throw new InvalidOptionError(`wrt is '${wrt}': it is one of x, y, both`);
  if (typeof weights !== 'object' || weights === null || Object.keys(weights).some((name) => !/^[xy]$/.test(name))) {
    throw new InvalidOptionError('weights are by cloud: give { x: tensor, y: tensor }, or one of the two');
  }
  if (onDiagnostics !== undefined && typeof onDiagnostics !== 'function') {
    throw new InvalidOptionError(`onDiagnostics is a ${typeof onDiagnostics}: give a function`);
  }
  return { own: { weights, wrt, onDiagnostics }, rest };
}
