import { InvalidMeasureError, InvalidOptionError, type RunOptions } from '@sinkhorn/core';
import type { Plan } from '../plan.js';

/** Shares at most, 1 GB of them: more are labels that are no numbers of classes. Chosen. */
const MOST_SHARES = 2 ** 27;

/** Labels that a plan brings to the points of its rows. */
export interface TransferredLabels {
  /** [N, K], row by row: the share of each label in what the point exchanges mass with; NaN where it exchanges none. */
  readonly shares: Float64Array;
  /** [N]: the label with the largest share, the least one of several; NaN where the point exchanges no mass. */
  readonly labels: Float64Array;
  /** K */
  readonly classes: number;
}

/**
 * The labels of y at the points of x, by a plan between them: each point gets the labels of what it is transported to, in shares (Courty
 * et al. 2017, section 4.2).
 *
 * @param labels - One for each point of y: whole numbers from 0 on.
 * @throws InvalidMeasureError for labels that are none, not as many as points, or so large that shares of all of them do not fit in memory;
 * InvalidOptionError for what is no plan.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { transferLabels } from '@sinkhorn/losses/labels';
 *
 * const loss = sinkhornDivergence({ backend: cpu(), blur: 0.1, debias: false });
 * const { plan } = await loss.solve([[0], [1]], [[1.1], [0.1]]);
 * const { labels } = await transferLabels(plan, [7, 3]);
 * if (labels.join() !== '3,7') throw new Error('unexpected');
 * ```
 */
export async function transferLabels(
  plan: Pick<Plan, 'apply'>,
  labels: ArrayLike<number>,
  options?: RunOptions,
): Promise<TransferredLabels> {
  if (typeof plan !== 'object' || typeof plan?.apply !== 'function') {
    throw new InvalidOptionError('transferLabels needs a plan: give the plan of a solution, as of loss.solve(x, y)');
  }
  const largest = checkLabels('labels', labels);
  const classes = 1 + largest;
  if (labels.length * classes > MOST_SHARES) {
    const index = Array.prototype.indexOf.call(labels, largest);
    throw new InvalidMeasureError(
      `labels[${index}] is ${largest}: shares of ${classes} labels for each point would not fit in memory; number the labels from 0 on without gaps`,
    );
  }
  const oneHot = new Float64Array(labels.length * classes);
  for (let j = 0; j < labels.length; j++) oneHot[j * classes + labels[j]] = 1;
  const masses = await plan.apply(oneHot, options);
  const count = masses.length / classes;
  const shares = new Float64Array(masses.length);
  const found = new Float64Array(count).fill(Number.NaN);
  for (let i = 0; i < count; i++) {
    const row = masses.subarray(i * classes, (i + 1) * classes);
    let total = 0;
    for (const mass of row) total += mass;
    let best = -1;
    row.forEach((mass, k) => {
      shares[i * classes + k] = mass / total;
      if (total > 0 && (best < 0 || mass > row[best])) best = k;
    });
    if (best >= 0) found[i] = best;
  }
  return { shares, labels: found, classes };
}

/** The largest label. @throws InvalidMeasureError naming `name`, the index and the remedy. */
export function checkLabels(name: string, labels: ArrayLike<number>): number {
  if (typeof labels?.length !== 'number' || labels.length === 0) {
    throw new InvalidMeasureError(`${name} is no list of labels: give one whole number for each point`);
  }
  let largest = 0;
  for (let k = 0; k < labels.length; k++) {
    if (!Number.isInteger(labels[k]) || labels[k] < 0) {
      throw new InvalidMeasureError(`${name}[${k}] is ${labels[k]}: labels are whole numbers from 0 on`);
    }
    largest = Math.max(largest, labels[k]);
  }
  return largest;
}
