import { checkPair, checkRunOptions, InvalidOptionError, type Measure } from '@sinkhorn/core';
import { type Backend, type CallOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { checkBackend, checkNames, checkPositive } from '@sinkhorn/losses/extend';
import { autoBlur } from '../autoBlur.js';
import { checkCloud } from './checkCloud.js';

/** How growth is estimated. Lengths are in units of the coordinates. */
export interface GrowthOptions extends CallOptions {
  readonly backend: Backend;
  /** How far a cell may have changed from one time to the next; what is farther off has grown or died. */
  readonly reach: number;
  /** Default 'auto': a tenth of the median distance between points. */
  readonly blur?: number | 'auto';
}

/** What became of points between two times. */
export interface Growth {
  /** [N]: how many times as heavy each point's descendants are, 1 for the mean point; 0 where it has none. */
  readonly rates: Float64Array;
  /** [M]: the share of each later point that has an ancestor within reach; the mean of these is `explained`. */
  readonly ancestry: Float64Array;
  /** The share of the later mass that has an ancestor within reach. */
  readonly explained: number;
  readonly blur: { readonly length: number; readonly rule?: string };
}

/**
 * How much each point of an earlier cloud grew until a later one, as for cells at two time points: the masses that unbalanced transport
 * takes from each point, over their mean (Schiebinger et al. 2019 for the question; Séjourné et al. 2019 for the transport).
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares.
 *
 * @throws InvalidMeasureError for clouds of different dimensions; InvalidOptionError without a reach.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { growth } from 'sinkhorn/toolkit';
 *
 * const { rates } = await growth([[0], [10]], [[0.1], [0.2], [0], [10]], { backend: cpu(), reach: 2 });
 * if (!(rates[0] > 1.2 && rates[1] < 0.8)) throw new Error(rates.join());
 * ```
 */
export async function growth(earlier: Measure, later: Measure, options: GrowthOptions): Promise<Growth> {
  checkNames('growth', options, ['backend', 'reach', 'blur', 'signal', 'onProgress']);
  const { backend, reach, blur = 'auto', signal, onProgress } = checkRunOptions(options);
  checkBackend('growth', backend);
  if (reach === undefined) {
    throw new InvalidOptionError('growth needs a reach: how far a point may have changed, in units of the coordinates');
  }
  checkPositive('reach', reach);
  const pair = { x: checkCloud('earlier', earlier), y: checkCloud('later', later) };
  checkPair(pair);
  const found = blur === 'auto' ? autoBlur([pair.x, pair.y], 0.1) : { blur, rule: undefined };
  checkPositive('blur', found.blur);
  const loss = sinkhornDivergence({
    backend,
    blur: found.blur,
    reach,
    debias: false,
    normalize: true,
    onInaccurate: 'ignore',
  });
  const { plan } = await loss.solve(earlier, later, { signal, onProgress });
  const { rows, columns } = await plan.marginals({ signal });
  const [x, y] = [pair.x, pair.y].map(({ weights, masses }) => weights.map((weight) => weight / masses[0]));
  const total = sumOf(rows);
  return {
    rates: x.map((share, i) => (share > 0 && total > 0 ? rows[i] / share / total : 0)),
    ancestry: y.map((share, j) => (share > 0 ? Math.min(1, columns[j] / share) : 0)),
    explained: Math.min(1, sumOf(columns)),
    blur: { length: found.blur, ...(found.rule && { rule: found.rule }) },
  };
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k];
  return sum;
}
