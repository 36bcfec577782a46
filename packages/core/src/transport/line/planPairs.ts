import type { SolvedElement } from './solvedElement.js';

/** The pairs of a plan, those of each element of a batch after the other. */
export interface PlanPairs {
  /** Points of x, and of y, counted within their element. */
  readonly i: Uint32Array;
  readonly j: Uint32Array;
  readonly mass: Float64Array;
  /** [B + 1]: where the pairs of each element begin, and where the last ones end. */
  readonly starts: Uint32Array;
}

/** Gathers the pairs of all elements, as points of the input. */
export function planOf(elements: readonly SolvedElement[]): PlanPairs {
  const total = elements.reduce((sum, { steps }) => sum + steps.count, 0);
  const plan = {
    i: new Uint32Array(total),
    j: new Uint32Array(total),
    mass: new Float64Array(total),
    starts: new Uint32Array(elements.length + 1),
  };
  let into = 0;
  elements.forEach(({ x, y, steps }, element) => {
    for (let step = 0; step < steps.count; step++, into++) {
      plan.i[into] = x.order[steps.i[step]];
      plan.j[into] = y.order[steps.j[step]];
      plan.mass[into] = steps.mass[step];
    }
    plan.starts[element + 1] = into;
  });
  return plan;
}
