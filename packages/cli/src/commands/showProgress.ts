import type { Progress } from 'sinkhorn';
import type { ProgressLine } from '../progress.js';
import { formatNumber } from '../writers/numbers.js';

/** Shows where a solver stands: its stage, its iteration, the temperature and the marginal error. */
export function showProgress(line: ProgressLine, what: string): (progress: Progress) => void {
  return ({ stage, iteration, epsilon, marginalError }) => {
    const error = marginalError === undefined ? '' : `, marginal error ${formatNumber(marginalError, 2)}`;
    line.show(`${what}: ${stage}, iteration ${iteration}, epsilon ${formatNumber(epsilon, 2)}${error}`);
  };
}
