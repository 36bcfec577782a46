import { sinkhornDivergence } from '@sinkhorn/losses';
import { onBackend } from '../backends/onBackend.js';
import { type HardPairName, hardPairs } from '../clouds/hardPairs.js';

export interface SmallBlurPasses {
  readonly pair: HardPairName;
  readonly n: number;
  readonly blur: number;
  readonly tolerance: number;
}

/** What it takes to bring entropic transport to a marginal error by the library's own choice of a method, on one thread of wasm. */
export function smallBlurPasses({ pair, n, blur, tolerance }: SmallBlurPasses) {
  const { x, y, dimension } = hardPairs[pair](n);
  return onBackend({ name: 'wasm', threads: 1 }, async (backend) => {
    const loss = sinkhornDivergence({ backend, blur, tolerance, debias: false, onInaccurate: 'ignore' });
    const before = process.cpuUsage();
    const { diagnostics } = await loss.solve({ points: x, dimension }, { points: y, dimension });
    const { user, system } = process.cpuUsage(before);
    const { method = '', reductions, marginalError, converged, valueError } = diagnostics;
    return {
      points: x.length / dimension,
      method,
      passes: reductions,
      marginalError,
      converged: converged ? 'yes' : 'no',
      valueError,
      cpuSeconds: (user + system) / 1e6,
    };
  });
}
