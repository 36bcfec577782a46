import { linearSolve } from './linearSolve.js';

export type Vector = readonly number[];

/** A sweep of one element: for each part its numbers. */
export interface DenseStep {
  readonly outputs: readonly Vector[];
  readonly residuals: readonly Vector[];
}

export const minus = (u: Vector, v: Vector): number[] => u.map((value, k) => value - v[k]);

/** The state to try next: where a combination of the last sweeps has the least residual, by least squares. */
export function denseExtrapolation(steps: readonly DenseStep[], shares: readonly Vector[], memory: number): number[] {
  const residuals = steps.map((step) => step.residuals.flat());
  const outputs = steps.map((step) => step.outputs.flat());
  const [now, output] = [residuals[steps.length - 1], outputs[steps.length - 1]];
  const differences = (list: readonly Vector[]) =>
    list
      .slice(1)
      .map((value, k) => minus(value, list[k]))
      .slice(-memory);
  const [changes, moves] = [differences(residuals), differences(outputs)];
  if (changes.length === 0) return output;
  const weights = shares.flat();
  const product = (u: Vector, v: Vector) => weights.reduce((sum, weight, k) => sum + weight * u[k] * v[k], 0);
  const coefficients = linearSolve(
    changes.map((one) => changes.map((other) => product(one, other))),
    changes.map((one) => product(one, now)),
  );
  return output.map((value, k) => value - coefficients.reduce((sum, c, j) => sum + c * moves[j][k], 0));
}
