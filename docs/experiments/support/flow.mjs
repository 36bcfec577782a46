/** The steps at which the paper shows its flows. */
export const SNAPSHOTS = [0, 25, 50, 100, 500];
const STEP = 0.01;
const STEPS = 501;

/**
 * The gradient flow of a loss as in the paper: 501 states, Euler steps of 0.01, the gradient per unit of mass.
 *
 * @param {import('./paperLosses.mjs').PaperLoss} paperLoss
 * @param {Float64Array} from points of weight 1/N each
 * @param {{ points: Float64Array, dimension: number }} to
 */
export async function flow({ loss, scale }, from, { points, dimension }) {
  const target = loss.target({ points, dimension });
  const count = from.length / dimension;
  /** @type {Float64Array[]} */
  const snapshots = [];
  /** @type {number[]} */
  const values = [];
  let converged = true;
  let x = from;
  /** @type {import('sinkhorn').Solution | undefined} */
  let start;
  for (let step = 0; step < STEPS; step++) {
    /** @type {import('sinkhorn').Solution} */
    const solution = await target.solve({ points: x, dimension }, { start, wrt: 'x' });
    start = solution;
    values.push(scale * Number(solution.value));
    converged &&= solution.diagnostics.converged;
    if (SNAPSHOTS.includes(step)) snapshots.push(x);
    const { x: gradient } = await solution.gradients('x');
    x = x.map((value, k) => value - STEP * count * scale * gradient.points[k]);
  }
  return { snapshots, values, converged };
}
