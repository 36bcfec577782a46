/** Sums of many numbers, each as good as its last digit: what additions round off is added up beside them (Neumaier 1974). */
export interface CompensatedSums {
  add(group: number, term: number): void;
  totals(): Float64Array;
}

export function compensatedSums(groups: number): CompensatedSums {
  const sums = new Float64Array(groups);
  const lost = new Float64Array(groups);
  return {
    add(group, term) {
      const before = sums[group];
      const after = before + term;
      lost[group] += Math.abs(before) >= Math.abs(term) ? before - after + term : term - after + before;
      sums[group] = after;
    },
    // Of a sum beyond all numbers nothing is left to be made up for.
    totals: () => sums.map((sum, group) => (Number.isFinite(sum) ? sum + lost[group] : sum)),
  };
}

/**
 * The sum of `count` numbers from a place on, as good as its last digit (Neumaier 1974).
 *
 * @example
 * ```ts
 * import { compensatedSum } from '@sinkhorn/core';
 *
 * if (compensatedSum([1, 1e100, 1, -1e100], 0, 4) !== 2) throw new Error('unexpected');
 * ```
 */
export function compensatedSum(numbers: ArrayLike<number>, from: number, count: number): number {
  let [sum, lost] = [0, 0];
  for (let k = from; k < from + count; k++) {
    const term = numbers[k];
    const after = sum + term;
    lost += Math.abs(sum) >= Math.abs(term) ? sum - after + term : term - after + sum;
    sum = after;
  }
  // Of a sum that is no number, or beyond all, nothing is left to be made up for.
  return Number.isFinite(sum) ? sum + lost : sum;
}
