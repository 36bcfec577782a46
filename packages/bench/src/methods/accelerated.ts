import { Matrix, solve } from 'ml-matrix';
import { annealed, sweep } from './alternating.js';
import type { Method } from './method.js';

/**
 * Anderson acceleration of alternating updates (Anderson 1965, type II), with a memory of some sweeps and nothing that
 * takes a bad step back. What is extrapolated is g alone, since f follows from it.
 */
export const accelerated = (memory: number): Method =>
  function* (problem) {
    const { epsilons } = problem;
    const last = epsilons[epsilons.length - 1];
    const potentials = annealed(problem);
    const outputs: Float64Array[] = [];
    const residuals: Float64Array[] = [];
    while (true) {
      const before = potentials.y;
      yield sweep(problem, potentials, last, 1);
      outputs.push(potentials.y);
      residuals.push(potentials.y.map((value, i) => value - before[i]));
      if (outputs.length > memory + 1) {
        outputs.shift();
        residuals.shift();
      }
      if (outputs.length > 1) potentials.y = extrapolate(outputs, residuals);
    }
  };

/** The combination of outputs whose residuals combine to the smallest one. */
function extrapolate(outputs: readonly Float64Array[], residuals: readonly Float64Array[]): Float64Array {
  const newest = residuals[residuals.length - 1];
  const target = Matrix.columnVector(newest);
  const coefficients = solve(differences(residuals), target, true).to1DArray();
  const correction = differences(outputs).mmul(Matrix.columnVector(coefficients)).to1DArray();
  return outputs[outputs.length - 1].map((value, i) => value - correction[i]);
}

const differences = (arrays: readonly Float64Array[]): Matrix =>
  new Matrix(arrays.slice(1).map((array, k) => Array.from(array, (value, i) => value - arrays[k][i]))).transpose();
