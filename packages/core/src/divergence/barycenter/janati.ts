import type { DeviceArray } from '../../backend/backend.js';
import { add, column, div, mul, neg, parameter, row, sub } from '../../formula/expression.js';
import type { Update } from '../../geometry/update.js';
import { numbersChunked } from '../../tasks/chunked.js';
import { readAll, report, type Task } from '../../tasks/task.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import type { BarycenterProblem } from './problem.js';

/** Shares of the support, and the potentials that go with them. */
export interface Beginning {
  readonly shares: Float64Array;
  readonly starts: readonly HostPotentials[];
}

/** log sum_j exp(h_j - C_ij / eps), from a softmin of h in place of log weights, and the same with its sign turned and log b added. */
const logSum: Update['formula'] = (softmin, epsilon) => neg(div(softmin, epsilon));
const scaling: Update['formula'] = (softmin, epsilon) => add(row('logWeight'), div(softmin, epsilon));
const ADDED = add(row('sum'), mul(parameter('weight'), row('next')));
const LESS = sub(row('value'), row('less'));
const NORMALISED = sub(row('value'), column('total'));
const DEBIASED = mul(0.5, add(row('debiasing'), sub(row('log'), row('blurred'))));
const NOTHING = mul(0, row('weight'));

/**
 * Iterates for the debiased barycenter from a uniform one (Janati, Cuturi, Gramfort 2020, algorithm 1, in the log domain): its fixed point
 * has a gradient of 0 at every node. It is quick at first and slow where shares vanish. Without debiasing these are iterative Bregman
 * projections (Benamou et al. 2015).
 */
export function* janati(problem: BarycenterProblem, iterations: number): Task<Beginning> {
  const { space, geometries, onDevice, weights, debias, epsilon, count } = problem;
  const ones = space.upload(new Float64Array(count).fill(1), [count, 1]);
  const zero = space.map(NOTHING, { weight: ones });
  const zeros = onDevice.map((measure) => space.map(NOTHING, { weight: measure.weights }));
  const own = debias ? ownOf(geometries[0]) : undefined;
  let debiasing = space.map(NOTHING, { weight: ones });
  let scalings = geometries.map(() => space.map(NOTHING, { weight: ones }));
  let logs = zero;
  let lifted: DeviceArray[] = [];
  let others: DeviceArray[] = [];
  for (let iteration = 1; iteration <= iterations; iteration++) {
    yield* report({ stage: 'barycenter', iteration, share: (iteration - 1) / iterations }, space.backend);
    space.release(...lifted, ...others);
    others = geometries.map((geometry, k) =>
      geometry.transpose().softmin({ logWeights: scalings[k], potential: zero }, epsilon, {
        formula: scaling,
        rows: { logWeight: onDevice[k].logWeights },
      }),
    );
    lifted = geometries.map((geometry, k) =>
      geometry.softmin({ logWeights: others[k], potential: zeros[k] }, epsilon, { formula: logSum }),
    );
    let sum = space.map(row('value'), { value: debiasing });
    for (const [k, next] of lifted.entries()) {
      const added = space.map(ADDED, { sum, next }, { weight: weights[k] });
      space.release(sum);
      sum = added;
    }
    const total = space.logTotal(column('value'), { value: sum });
    if (logs !== zero) space.release(logs);
    logs = space.map(NORMALISED, { value: sum }, {}, { total });
    space.release(sum, total, ...scalings);
    if (own) {
      const blurred = own.softmin({ logWeights: debiasing, potential: zero }, epsilon, { formula: logSum });
      const next = space.map(DEBIASED, { debiasing, log: logs, blurred });
      space.release(blurred, debiasing);
      debiasing = next;
    }
    scalings = lifted.map((value) => space.map(LESS, { value: logs, less: value }));
  }
  const [log, ...read] = yield* readAll(space.backend, [logs, ...lifted, ...others]);
  space.release(ones, zero, ...zeros, debiasing, ...scalings, ...lifted, ...others, logs);
  const shares = yield* numbersChunked(count, (node) => Math.exp(log[node]));
  const mass = shares.reduce((sum, share) => sum + share, 0);
  const starts: HostPotentials[] = [];
  for (const [k, { weights: masses }] of problem.measures.entries()) {
    const [up, back] = [read[k], read[geometries.length + k]];
    starts.push({
      f_ba: yield* numbersChunked(count, (node) => -epsilon * up[node]),
      g_ab: yield* numbersChunked(masses.length, (node) =>
        masses[node] > 0 ? epsilon * back[node] - epsilon * Math.log(masses[node]) : 0,
      ),
    });
  }
  return { shares: shares.map((share) => share / mass), starts };
}

/** That of the support with itself. */
function ownOf({ ofRows }: BarycenterProblem['geometries'][number]) {
  if (!ofRows) throw new TypeError('the support has no costs with itself');
  return ofRows();
}
