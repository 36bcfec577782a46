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
