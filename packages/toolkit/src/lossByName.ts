import { type CheckedMeasure, InvalidOptionError } from '@sinkhorn/core';
import {
  type Backend,
  energyDistance,
  gaussianMmd,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { autoBlur } from './autoBlur.js';

/** The losses that go by a name, for people who do not want to make one. */
export type LossName = 'energy' | 'gaussian' | 'laplacian' | 'sinkhorn';

/** Which loss: one that a function of this library returned, or a name with a backend. */
export interface LossByName {
  /**
   * A loss, or the name of one: 'energy' has no length scale to choose; 'gaussian' and 'laplacian' are MMDs; 'sinkhorn' is the Sinkhorn
   * divergence with the cost |x - y|^2 / 2. Weights are then taken as shares. Default 'energy'.
   */
  readonly loss?: Loss | LossName;
  /** What computes it. Needed where `loss` is a name. */
  readonly backend?: Backend;
  /** The length scale of a loss by name, in units of the coordinates, or 'auto', the default: see `loss.blurRule` of the result. */
  readonly blur?: number | 'auto';
}

/** The loss that was used, in words and numbers. */
export interface ToldLoss {
  readonly name: string;
  /** In units of the coordinates; absent where the loss has none, or it is not known. */
  readonly blur?: number;
  /** How the blur was found, where nobody gave it. */
  readonly blurRule?: string;
}

export interface FoundLoss {
  readonly loss: Loss;
  readonly told: ToldLoss;
}

const names: readonly LossName[] = ['energy', 'gaussian', 'laplacian', 'sinkhorn'];

/** Shares of the median distance: what a kernel compares, and below what transport need not tell points apart. */
const KERNEL_SHARE = 1;
const TRANSPORT_SHARE = 0.1;

/**
 * The loss for some clouds, with its blur.
 *
 * @throws InvalidOptionError where it is neither a loss nor a name, or a name comes without a backend, or a loss with one.
 */
export function lossByName(
  of: string,
  { loss = 'energy', backend, blur = 'auto' }: LossByName,
  clouds: readonly CheckedMeasure[],
): FoundLoss {
  if (typeof loss === 'object' && typeof loss?.value === 'function') {
    if (backend !== undefined || blur !== 'auto') {
      throw new InvalidOptionError(
        `loss has a ${backend ? 'backend' : 'blur'} already: leave ${backend ? 'backend' : 'blur'} out`,
      );
    }
    const known = loss.kernelNorm?.blur;
    return { loss, told: { name: loss.name, ...(known !== undefined && { blur: known }) } };
  }
  if (!names.includes(loss as LossName)) {
    throw new InvalidOptionError(
      `loss is ${typeof loss === 'string' ? `'${loss}'` : loss}: give what energyDistance or another loss returned, or one of ${names.map((name) => `'${name}'`).join(', ')}`,
    );
  }
  if (!backend)
    throw new InvalidOptionError(
      `${of} needs a backend for the loss '${loss}': give what selectBackend() or cpu() returned`,
    );
  if (blur !== 'auto' && !(typeof blur === 'number' && blur > 0 && Number.isFinite(blur))) {
    throw new InvalidOptionError(`blur is ${blur}: give a finite number above 0, or 'auto'`);
  }
  // What is not accurate is told in results.
  const common = { backend, normalize: true, onInaccurate: 'ignore' } as const;
  if (loss === 'energy') {
    if (blur !== 'auto')
      throw new InvalidOptionError("blur is not for the loss 'energy', which has no length scale: leave it out");
    const made = energyDistance(common);
    return { loss: made, told: { name: made.name } };
  }
  const share = loss === 'sinkhorn' ? TRANSPORT_SHARE : KERNEL_SHARE;
  const { blur: length, rule } = blur === 'auto' ? autoBlur(clouds, share) : { blur, rule: undefined };
  const make = { gaussian: gaussianMmd, laplacian: laplacianMmd, sinkhorn: sinkhornDivergence }[loss as 'gaussian'];
  const made = make({ ...common, blur: length });
  return { loss: made, told: { name: made.name, blur: length, ...(rule && { blurRule: rule }) } };
}
