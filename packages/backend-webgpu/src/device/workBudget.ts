/** How much work a submission may have: what the device in use does in the time a submission may take. */
export interface WorkBudget {
  readonly operations: number;
  /** Takes note of what a submission took. */
  learn(operations: number, milliseconds: number): void;
}

/** Some of a tenth of a second, as what a formula takes is estimated. */
const SUBMISSION_MS = 60;
/** What every device does in a fraction of that time: more is granted as soon as it has shown what it can do. */
const FIRST_OPERATIONS = 2e7;
/** Bounds of what is granted, in operations: a slow device still gets work, a fast one is not waited for without end. Chosen. */
const FEWEST_OPERATIONS = 1e7;
const MOST_OPERATIONS = 1e12;

export function workBudget(): WorkBudget {
  let budget = FIRST_OPERATIONS;
  return {
    get operations() {
      return budget;
    },
    learn(operations, milliseconds) {
      // Short work is mostly waiting: it says nothing.
      if (operations < budget / 4) return;
      const fitting = (operations / Math.max(milliseconds, 0.1)) * SUBMISSION_MS;
      const next = Math.max(budget / 2, Math.min(budget * 4, fitting));
      budget = Math.max(FEWEST_OPERATIONS, Math.min(MOST_OPERATIONS, next));
    },
  };
}
