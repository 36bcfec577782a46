import { type Cloud, countOf, massOf } from './cloud.js';
import { solveCross } from './cross.js';
import { add, type DoubleDouble, DoubleDoubles, from, multiply, ROUNDING, subtract, toNumber } from './doubleDouble.js';
import { damping, dualValue, rowsFor, type Solved, share, type Transport, totalOf, widthOf } from './transport.js';

/** The L1 marginal error, relative to the mass, from which kernels are not positive definite enough for averaged updates. */
const MOST_ERROR = 1e-20;
/** Averaged updates halve the error at least, for kernels that are positive definite: enough for doubles. */
const UPDATES = 60;
/** Steps of Newton in 32 digits at most; each gives about as many digits as doubles have. */
const MOST_STEPS = 8;

/** Solves the transport of a cloud to itself: one potential, f = g, but where exp(-C / eps) is no positive definite kernel. */
export function solveSelf(cloud: Cloud, cost: DoubleDoubles, epsilon: DoubleDouble, rho: DoubleDouble): Solved {
  const transport: Transport = { x: cloud, y: cloud, cost, epsilon, rhoX: rho, rhoY: rho };
  let now = look(transport, DoubleDoubles.from(averaged(transport)));
  for (let taken = 0; taken < MOST_STEPS; taken++) {
    const f = new DoubleDoubles(countOf(cloud));
    for (let i = 0; i < f.length; i++) f.set(i, add(now.f.get(i), from(now.step[i])));
    const next = look(transport, f);
    if (!(next.error < 0.5 * now.error)) break;
    now = next;
  }
  const { f, rows, step } = now;
  if (!(now.error < MOST_ERROR * toNumber(massOf(cloud)) * toNumber(epsilon)))
    return symmetric(solveCross(transport, 0));
  const { value, rounding } = dualValue(transport, f, rows.f, totalOf(rows.moved));
  const mass = toNumber(massOf(cloud));
  const noise = ROUNDING * 10 * (toNumber(epsilon) + widthOf(transport) + Math.max(...f.hi.map(Math.abs)));
  let left = 0;
  step.forEach((entry, i) => {
    left += (cloud.weights.hi[i] * Math.max(1, share(f.get(i), rho).hi) * entry * entry) / toNumber(epsilon);
  });
  return {
    transport,
    f,
    g: f,
    plan: rows.plan,
    value,
    valueError: rounding + 4 * left,
    doubts: [{ f: step, g: step }],
    noise,
    marginalError: now.error / (mass * toNumber(epsilon)),
  };
}

/** Of potentials that solve a transport to itself their mean does too: the dual is concave, and the same with f and g exchanged. */
function symmetric(solved: Solved): Solved {
  const f = new DoubleDoubles(solved.f.length);
  for (let i = 0; i < f.length; i++) f.set(i, multiply(from(0.5), add(solved.f.get(i), solved.g.get(i))));
  const doubts = solved.doubts.map((doubt) => {
    const both = doubt.f.map((entry, i) => (entry + doubt.g[i]) / 2);
    return { f: both, g: both };
  });
  return { ...solved, f, g: f, plan: rowsFor(solved.transport, f).plan, doubts };
}

/** In doubles: f after averaged updates f <- (f + damped softmin of f) / 2. */
function averaged({ x, cost, epsilon, rhoX }: Transport): Float64Array {
  const count = countOf(x);
  const costs = cost.numbers();
  const logs = x.weights.numbers().map(Math.log);
  const eps = toNumber(epsilon);
  const damp = toNumber(damping(epsilon, rhoX));
  let f = new Float64Array(count);
  for (let update = 0; update < UPDATES; update++) {
    f = f.map((own, i) => {
      let largest = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < count; j++) largest = Math.max(largest, logs[j] + (f[j] - costs[i * count + j]) / eps);
      let sum = 0;
      for (let j = 0; j < count; j++) sum += Math.exp(logs[j] + (f[j] - costs[i * count + j]) / eps - largest);
      return (own - damp * eps * (largest + Math.log(sum))) / 2;
    });
  }
  return f;
}

function look(transport: Transport, f: DoubleDoubles) {
  const rows = rowsFor(transport, f);
  const count = f.length;
  const damp = toNumber(damping(transport.epsilon, transport.rhoX));
  const residual = new Float64Array(count);
  let error = 0;
  for (let i = 0; i < count; i++) {
    residual[i] = toNumber(subtract(rows.f.get(i), f.get(i)));
    error += transport.x.weights.hi[i] * Math.abs(residual[i]);
  }
  const plan = rows.plan.numbers();
  const sums = rows.moved.numbers();
  // (I + damp Q) step = residual, Q the plan with rows of sum 1: the same averaging solves it.
  let step = new Float64Array(count);
  for (let update = 0; update < UPDATES; update++) {
    step = step.map((own, i) => {
      let sum = 0;
      for (let j = 0; j < count; j++) sum += plan[i * count + j] * step[j];
      return (own + residual[i] - (damp * sum) / sums[i]) / 2;
    });
  }
  return { f, rows, step, error };
}
