import type { CheckedWeights } from '../../measure/measure.js';
import type { Task } from '../../tasks/task.js';
import { annealedNewton } from '../../transport/newton/annealedNewton.js';
import { type HostElement, picked } from '../../transport/newton/hostElement.js';
import { type HostProblem, type HostSide, hostSide } from '../../transport/newton/hostProblem.js';
import type { HostPoints } from '../../transport/newton/pairCosts.js';
import { allPairs } from '../../transport/newton/pairs.js';
import { rowPass } from '../../transport/newton/rowPass.js';
import { sinkhornValue, weightGradient } from '../../transport/value.js';
import { addEntropy } from './entropy.js';
import { gapOf } from './gap.js';
import {
  type HostBarycenter,
  type HostInnerSolution,
  type HostMeasure,
  type HostSupport,
  INNER_STEPS,
  INNER_TARGET,
  ownPotential,
} from './hostBarycenter.js';
import { sharesAsWeights } from './problem.js';

/** The objective at masses of the support, and what is known there. */
export interface HostEvaluation {
  readonly shares: Float64Array;
  readonly value: number;
  /** S(a, b_k), or without debiasing the transport with the entropy of the support's masses. */
  readonly values: readonly number[];
  /** [N]: the gradient in the masses, at every node. */
  readonly gradient: Float64Array;
  readonly gap: number;
  /** The potential of each transport at all nodes, and at the points of the measure that have mass; and that of the masses with themselves. */
  readonly f: readonly Float64Array[];
  readonly g: readonly Float64Array[];
  readonly own?: Float64Array;
  readonly marginalError: number;
  readonly passes: number;
}

/** The masses of a support as a side of host problems, and the nodes that have some. */
function massesOn({ nodes, count, rho }: HostSupport, shares: Float64Array) {
  const support = Uint32Array.from(shares.keys()).filter((node) => shares[node] > 0);
  const whole = sharesAsWeights(shares);
  const side = hostSide(picked(shares, support, 1), whole.masses[0], rho);
  return { support, points: picked(nodes, support, nodes.length / count), whole, side };
}

/** A potential at all nodes of the support, from that of a measure. */
function* extended(
  { nodes, count, rho, costs, costScale, epsilon }: HostSupport,
  over: HostSide,
  at: HostPoints,
  g: Float64Array,
): Task<Float64Array> {
  const everywhere = hostSide(new Float64Array(count).fill(1), count, rho);
  const problem: HostProblem = { costs: costs(nodes, at), x: everywhere, y: over, costScale };
  return (yield* rowPass({ problem, pairs: allPairs(problem), g, epsilon })).f;
}

/** Solves the transport of masses of the support to a measure, from a potential near by where there is one. */
export function* solveInnerOnHost(
  host: HostSupport,
  shares: Float64Array,
  { side: over, support, supportPoints }: HostElement,
  near?: Float64Array,
): Task<HostInnerSolution> {
  const { epsilons, costs, costScale } = host;
  const { points, side } = massesOn(host, shares);
  const problem: HostProblem = { costs: costs(points, supportPoints), x: side, y: over, costScale };
  const stopping = { target: INNER_TARGET, maxIterations: INNER_STEPS, completePairs: Number.POSITIVE_INFINITY };
  const solve = (from: readonly number[], start: Float64Array) => annealedNewton(problem, from, start, stopping);
  let found = near && (yield* solve(epsilons.slice(-1), near));
  if (!found || found.marginalError > ASTRAY) found = yield* solve(epsilons, new Float64Array(support.length));
  if (!found) throw new Error('all pairs are at hand: there is a list of them');
  const { g, marginalError, passes } = found;
  return { f: yield* extended(host, over, supportPoints, g), g, marginalError, passes };
}

/** Solves inner problems one after the other. */
function* oneByOne(
  host: HostBarycenter,
  shares: Float64Array,
  near?: readonly Float64Array[],
): Task<HostInnerSolution[]> {
  const found: HostInnerSolution[] = [];
  for (const [k, { element }] of host.measures.entries())
    found.push(yield* solveInnerOnHost(host, shares, element, near?.[k]));
  return found;
}

/** Evaluates the objective where some nodes have mass, from potentials near by where there are some. */
export function* evaluateOnHost(
  host: HostBarycenter,
  shares: Float64Array,
  near?: Pick<HostEvaluation, 'g' | 'own'>,
): Task<HostEvaluation> {
  const { given, measures, weights, epsilon, rho, penalty, debias, costScale, costs, count, innerSolves } = host;
  const { support, points, whole, side } = massesOn(host, shares);

  let marginalError = 0;
  let passes = measures.length;
  let own: Float64Array | undefined;
  if (debias) {
    const start = near?.own && picked(near.own, support, 1);
    const found = yield* ownPotential(side, costs, points, epsilon, costScale, start);
    own = yield* extended(host, side, points, found.f);
    marginalError = found.marginalError;
    passes += found.passes + 1;
  }
  const gradient = new Float64Array(count);
  const f: Float64Array[] = [];
  const g: Float64Array[] = [];
  const values: number[] = [];
  const solved = yield* innerSolves ? innerSolves(given, shares, near?.g) : oneByOne(host, shares, near?.g);
  for (const [k, { element, own: ofMeasure }] of measures.entries()) {
    const found = solved[k];
    const pair = { x: whole, y: weightsOfSupport(element) };
    const potentials = { f_ba: found.f, g_ab: found.g, f_aa: own, g_bb: ofMeasure };
    const penalties = { x: penalty, y: penalty };
    const [value] = yield* sinkhornValue(pair, potentials, epsilon, penalties);
    values.push(value);
    const slopes = yield* weightGradient(pair, 'x', potentials, epsilon, penalties);
    for (let node = 0; node < count; node++) gradient[node] += weights[k] * slopes[node];
    f.push(found.f);
    g.push(found.g);
    marginalError = Math.max(marginalError, found.marginalError);
    passes += found.passes;
  }
  if (!debias) {
    const entropy = addEntropy(gradient, shares, epsilon);
    for (let k = 0; k < values.length; k++) values[k] += entropy;
  }
  return {
    shares,
    value: values.reduce((sum, value, k) => sum + weights[k] * value, 0),
    values,
    gradient,
    gap: gapOf(shares, gradient, rho < Number.POSITIVE_INFINITY ? host.mostMass : undefined),
    ...{ f, g, own, marginalError, passes },
  };
}

/** A marginal error from near by that says that the start led astray: a solve from nothing is tried then. */
const ASTRAY = 1e-6;

/** The gradient of the objective in the masses of each measure, by the envelope theorem: at all of its points. */
export function* measureGradientsOnHost(
  host: HostBarycenter,
  { shares, f }: HostEvaluation,
): Task<readonly Float64Array[]> {
  const { nodes, measures, weights, epsilon, rho, penalty, costScale, costs, count } = host;
  const support = Uint32Array.from(shares.keys()).filter((node) => shares[node] > 0);
  const points = picked(nodes, support, nodes.length / count);
  const whole = sharesAsWeights(shares);
  const side = hostSide(picked(shares, support, 1), whole.masses[0], rho);
  const found: Float64Array[] = [];
  for (const [k, { element, own }] of measures.entries()) {
    const over = yield* update(side, points, picked(f[k], support, 1), element);
    const self = own && (yield* update(element.side, element.supportPoints, own, element));
    const pair = { x: whole, y: sharesAsWeights(element.weights) };
    const penalties = { x: penalty, y: penalty };
    const potentials = { f_ba: f[k], g_ab: over, g_bb: self };
    const slopes = yield* weightGradient(pair, 'y', potentials, epsilon, penalties);
    found.push(slopes.map((slope) => weights[k] * slope));
  }
  return found;

  /** An update at all points of a measure. */
  function* update(
    columns: HostSide,
    at: HostPoints,
    potential: Float64Array,
    { points: rows, weights: of }: HostElement,
  ) {
    const everywhere = hostSide(new Float64Array(of.length).fill(1), of.length, rho);
    const problem: HostProblem = { costs: costs(rows, at), x: everywhere, y: columns, costScale };
    return (yield* rowPass({ problem, pairs: allPairs(problem), g: potential, epsilon })).f;
  }
}

const weightsOfSupport = ({ side }: HostMeasure['element']): CheckedWeights => sharesAsWeights(side.weights);
