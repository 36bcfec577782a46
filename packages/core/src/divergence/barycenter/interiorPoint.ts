import { report, type Task } from '../../tasks/task.js';
import { curvature, solverOf } from './curvature.js';
import type { HostBarycenter } from './hostBarycenter.js';
import { evaluateOnHost, type HostEvaluation } from './hostObjective.js';

/** Where the interior points ended. */
export interface InteriorPoint {
  readonly at: HostEvaluation;
  readonly evaluations: number;
  readonly steps: number;
  readonly passes: number;
}

/** The share of the way to the first mass or slack that would vanish. Raising it leaves the middle of the feasible set sooner. Chosen, not measured. */
const TO_BOUNDARY = 0.99;
/** Halvings of a step at most: to a thousandth of it. Raising it makes evaluations in vain. Chosen, not measured. */
const MOST_HALVINGS = 10;
/** The share of the first-order decrease that a step has to bring (Armijo 1966). */
const SUFFICIENT = 1e-4;
/** What an objective is rounded by, relative: it is a difference of potentials of the size of the largest cost. */
const ROUNDING = 2 ** -48;
/** Slacks begin at least this large, in temperatures. */
const LEAST_SLACK = 1e-3;
/**
 * Nodes whose curvature is below this share of their slack move by themselves, and are left out of the system. Raising it makes systems smaller
 * and steps shorter: with 0.03 three shapes of 32 x 32 nodes take twice the steps.
 */
const ALONE = 1e-3;
/** Bounds of how much of the mean product of mass and slack a step aims at. */
const AIM = { least: 1e-4, most: 1 };
/** The least mass of a node, relative to the mean: where it vanishes it is no interior point. */
const LEAST_SHARE = 1e-250;

/**
 * The masses with the least objective among those that are 0 or more, with a given sum where all mass is met: a primal-dual interior point
 * method (Mehrotra 1992; Nocedal and Wright 2006, section 19.3). With slacks s of the gradient, G - l = s >= 0 and a s = 0 at the
 * solution; each Newton step of a s = m, m falling, solves with the exact Hessian, scaled by masses.
 *
 * Where the support of the solution thins out, at the edges of thin shapes, it needs masses of 1e-30 and less to be right in the logarithm:
 * methods that guess which nodes are empty go astray there. It ends where `isDone`, after so many evaluations, or where rounding keeps it.
 */
export function* interiorPoint(
  host: HostBarycenter,
  start: Float64Array,
  isDone: (at: HostEvaluation) => boolean,
  most: number,
): Task<InteriorPoint> {
  const { count, epsilon } = host;
  const isMet = host.rho === Number.POSITIVE_INFINITY;
  let at = yield* evaluateOnHost(host, start);
  let { passes } = at;
  let best = at;
  let evaluations = 1;
  let steps = 0;
  let level = isMet ? least(at.gradient) : 0;
  let slacks = at.gradient.map((slope) => Math.max(slope - level, LEAST_SLACK * epsilon));
  while (!isDone(best) && evaluations < most) {
    yield* report({ stage: 'barycenter', iteration: evaluations });
    const { shares, gradient } = at;
    const mean = dot(shares, slacks) / count;
    const nodes = yield* nodesThatBend(host, at, slacks);
    const direction = yield* directions(host, at, slacks, level, nodes);

    // A step that aims at 0 tells how far to aim (Mehrotra 1992).
    const [straight, straightSlacks] = direction(0);
    const [across, along] = [longest(shares, straight, 1), longest(slacks, straightSlacks, 1)];
    let left = 0;
    for (let i = 0; i < count; i++)
      left += (shares[i] + across * straight[i]) * (slacks[i] + along * straightSlacks[i]);
    const aim = mean * Math.min(AIM.most, Math.max(AIM.least, (left / count / mean) ** 3));
    const [move, moveSlacks, moveLevel] = direction(aim);

    const barrier = ({ value, shares: of }: HostEvaluation) =>
      value - aim * of.reduce((sum, share) => sum + Math.log(share), 0);
    const before = barrier(at);
    const slope = move.reduce((sum, by, i) => sum + by * (gradient[i] - aim / shares[i]), 0);
    const rounding = ROUNDING * (host.costScale * Math.max(1, host.mostMass) + Math.abs(before));
    let length = longest(shares, move, TO_BOUNDARY);
    let found: HostEvaluation | undefined;
    for (let halving = 0; halving < MOST_HALVINGS && evaluations < most; halving++, length /= 2) {
      const there = moved(shares, move, length, isMet);
      const one = yield* evaluateOnHost(host, there, at);
      evaluations += 1;
      passes += one.passes;
      if (one.gap < best.gap) best = one;
      if (barrier(one) > before + SUFFICIENT * length * slope + rounding) continue;
      found = one;
      break;
    }
    if (!found) break;
    at = found;
    steps += 1;
    const slackLength = longest(slacks, moveSlacks, TO_BOUNDARY);
    slacks = slacks.map((slack, i) => slack + slackLength * moveSlacks[i]);
    if (isMet) level += slackLength * moveLevel;
  }
  return { at: best, evaluations, steps, passes };
}

/** Nodes that a Newton step has to look at together: those that bend next to their slack. */
function* nodesThatBend(
  host: HostBarycenter,
  { shares, own, f, g }: HostEvaluation,
  slacks: Float64Array,
): Task<Uint32Array> {
  const { epsilon, count, weights, measures, nodes, costs, debias } = host;
  const bending = shares.map((share, i) =>
    debias ? epsilon * share * Math.exp((2 * (own?.[i] ?? 0)) / epsilon) : epsilon,
  );
  for (const [k, { element }] of measures.entries()) {
    const between = costs(nodes, element.supportPoints);
    const row = new Float64Array(element.support.length);
    const scores = element.side.logWeights.map((log, j) => log + (2 * g[k][j]) / epsilon);
    for (let i = 0; i < count; i++) {
      between.row(i, row);
      let sum = 0;
      for (let j = 0; j < row.length; j++) sum += Math.exp(scores[j] + (2 * (f[k][i] - row[j])) / epsilon);
      bending[i] += epsilon * weights[k] * shares[i] * sum;
    }
  }
  return Uint32Array.from(shares.keys()).filter((i) => bending[i] > ALONE * slacks[i]);
}

/** The moves of masses, slacks and their level that aim at a product of mass and slack, by one factorisation. */
function* directions(
  host: HostBarycenter,
  at: HostEvaluation,
  slacks: Float64Array,
  level: number,
  nodes: Uint32Array,
): Task<(aim: number) => readonly [Float64Array, Float64Array, number]> {
  const { shares, gradient } = at;
  const isMet = host.rho === Number.POSITIVE_INFINITY;
  const solve = yield* solverOf(
    yield* curvature(host, at, nodes),
    Float64Array.from(nodes, (i) => slacks[i]),
  );
  const roots = Float64Array.from(nodes, (i) => Math.sqrt(shares[i]));
  const uniform = roots.slice();
  solve(uniform);
  const isTogether = new Uint8Array(host.count);
  for (const i of nodes) isTogether[i] = 1;
  const missing = isMet ? 1 - sum(shares) : 0;
  return (aim) => {
    const move = shares.map((share, i) =>
      isTogether[i] ? 0 : Math.max(-TO_BOUNDARY * share, aim / slacks[i] - share),
    );
    const toFind = missing - sum(move);
    const scaled = roots.map((root, l) => aim / root - root * (gradient[nodes[l]] - level));
    solve(scaled);
    const rise = isMet ? (toFind - dot(roots, scaled)) / dot(roots, uniform) : 0;
    for (const [l, i] of nodes.entries()) move[i] = roots[l] * (scaled[l] + rise * uniform[l]);
    const slackMove = slacks.map((slack, i) => (aim - slack * move[i]) / shares[i] - slack);
    return [move, slackMove, rise];
  };
}

/** The longest length, up to 1, after which all values are above 0 still, by what is left of such a share of the way there. */
function longest(values: Float64Array, moves: Float64Array, share: number): number {
  let length = 1;
  for (let i = 0; i < values.length; i++) if (moves[i] < 0) length = Math.min(length, (-share * values[i]) / moves[i]);
  return length;
}

function moved(shares: Float64Array, move: Float64Array, length: number, isMet: boolean): Float64Array {
  const smallest = (LEAST_SHARE * sum(shares)) / shares.length;
  const there = shares.map((share, i) => Math.max(smallest, share + length * move[i]));
  const total = isMet ? sum(there) : 1;
  return there.map((share) => share / total);
}

const least = (values: Float64Array): number => values.reduce((smallest, value) => Math.min(smallest, value), Infinity);
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const dot = (left: Float64Array, right: Float64Array): number =>
  left.reduce((total, value, i) => total + value * right[i], 0);
