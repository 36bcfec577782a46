import type { HostGradient, HostGradients, Side } from '@sinkhorn/core';
import type { EngineDiagnostics } from '../engine.js';
import type { SinkhornSolved } from '../solvedSinkhorn.js';

/**
 * A divergence as a distance, v = (p S)^(1 / p) with the gradient (p S)^(1 / p - 1) dS: 0 with gradients of 0 where S is 0 or less, which
 * is rounding.
 */
export function rooted(solved: SinkhornSolved, p: number, accuracy: number): SinkhornSolved {
  const root = (value: number) => (value > 0 ? (p * value) ** (1 / p) : 0);
  const values = solved.values.map(root);
  const slopes = solved.values.map((value) => (value > 0 ? (p * value) ** (1 / p - 1) : 0));
  const through = ({ points, weights }: HostGradient): HostGradient => {
    const scaled = (numbers: Float64Array) =>
      numbers.map((number, k) => number * slopes[Math.floor((k * slopes.length) / numbers.length)]);
    return { points: scaled(points), weights: scaled(weights) };
  };
  const throughAll = (gradients: HostGradients): HostGradients =>
    Object.fromEntries(
      Object.entries(gradients).flatMap(([side, gradient]) => (gradient ? [[side, through(gradient)]] : [])),
    );
  return {
    result: solved.result,
    problem: solved.problem,
    backend: solved.backend,
    pair: solved.pair,
    values,
    gradients: throughAll(solved.gradients),
    get diagnostics() {
      return ofRoots(solved.diagnostics, solved.values, root, accuracy);
    },
    *gradientsOf(missing: readonly Side[]) {
      return throughAll(yield* solved.gradientsOf(missing));
    },
  };
}

/** Errors of roots from those of the values: the worst of what lies within a value's error. */
function ofRoots(
  diagnostics: EngineDiagnostics,
  values: Float64Array,
  root: (value: number) => number,
  accuracy: number,
): EngineDiagnostics {
  const { valueError: error, gradientError, weightsError, floor } = diagnostics;
  const least = root(floor);
  let [valueError, inSlope] = [0, 0];
  for (const value of values) {
    const off = error * Math.max(Math.abs(value), floor);
    if (off === 0) continue;
    const most = Math.max(root(value + off) - root(value), root(value) - root(value - off));
    valueError = Math.max(valueError, most / Math.max(root(value), least, Number.MIN_VALUE));
    // At 0 a distance has a kink: a value that may be 0 says nothing of the gradient.
    inSlope = Math.max(inSlope, value > off ? off / (value - off) : Number.POSITIVE_INFINITY);
  }
  const through = (told: number | undefined) => (told === undefined ? undefined : told + inSlope);
  const ofGradients = through(gradientError);
  return {
    ...diagnostics,
    valueError,
    gradientError: ofGradients,
    weightsError: through(weightsError),
    floor: least,
    accurate: Math.max(valueError, ofGradients ?? 0) <= accuracy,
  };
}
