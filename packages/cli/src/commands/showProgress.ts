import type { Progress } from 'sinkhorn';
import type { ProgressLine } from '../progress.js';
import { formatNumber } from '../writers/numbers.js';

/** Shows where a solver stands: its stage, and what is known of its iteration, the temperature, the marginal error and the share done. */
export function showProgress(line: ProgressLine, what: string): (progress: Progress) => void {
  return ({ stage, iteration, epsilon, marginalError, share }) => {
    const known = [
      stage,
      iteration !== undefined && `iteration ${iteration}`,
      epsilon !== undefined && `epsilon ${formatNumber(epsilon, 2)}`,
      marginalError !== undefined && `marginal error ${formatNumber(marginalError, 2)}`,
      share !== undefined && `${Math.floor(100 * share)} %`,
    ];
    line.show(`${what}: ${known.filter(Boolean).join(', ')}`);
  };
}
