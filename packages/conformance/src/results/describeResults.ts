import type { Backend } from '@sinkhorn/core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { MakeBackend } from '../runConformanceTest.js';
import { check, checkClose, checkEqual, largest } from '../support/check.js';
import { pairOf } from '../support/losses.js';
import { allowedGradient, allowedPotential, allowedValue, scalesOf } from '../support/scales.js';
import { tolerancesFor } from '../tolerances.js';
import { type Result, type Results, resultOf } from './computeResults.js';
import { type ResultProblem, resultProblems } from './problems.js';

export interface ResultsOptions {
  /** What the results have to be, or a way to them: those of `computeResults` elsewhere. */
  readonly expected: Results | (() => Results | Promise<Results>);
  /**
   * How far values may be off, over the largest cost, and gradients, over the largest entry, besides what rounding makes
   * inevitable; 0 for the same bits. 1e-5 when absent.
   */
  readonly tolerance?: number;
}

/**
 * Registers with vitest that the solvers give on a backend what they gave elsewhere: for a place where the whole suite of
 * the solvers (`describeSolver`) would say again what it said in another one.
 *
 * @param name what the tests stand under in reports
 * @param make makes the backend
 */
export function describeResults(name: string, make: MakeBackend, { expected, tolerance = 1e-5 }: ResultsOptions): void {
  describe(`results of ${name}`, () => {
    let backend: Backend;
    let known: Results;
    beforeAll(async () => {
      backend = await make();
      known = typeof expected === 'function' ? await expected() : expected;
    });
    afterAll(() => backend?.dispose());
    for (const problem of resultProblems) {
      it(`results/${problem.id}`, async () => {
        check(problem.id in known, `there is no result to compare '${problem.id}' with`);
        const result = await resultOf(backend, problem);
        if (tolerance === 0) checkBits(result, known[problem.id]);
        else checkNear(result, known[problem.id], problem, tolerance);
      });
    }
  });
}

const PARTS = ['points of x', 'weights of x', 'points of y', 'weights of y'];

function checkBits(result: Result, known: Result): void {
  checkEqual('value', result.values, known.values);
  PARTS.forEach((part, index) => {
    checkEqual(`gradient in ${part}`, result.gradients[index], known.gradients[index]);
  });
}

function checkNear(result: Result, known: Result, { x, y, problem, loss }: ResultProblem, share: number): void {
  const scales = scalesOf(tolerancesFor('float32'), pairOf(x, y), problem);
  const isNorm = typeof loss === 'object';
  const valueLimit = isNorm ? share * Math.max(1, scales.cost) : allowedValue(scales, share);
  checkClose('value', result.values, known.values, valueLimit);
  PARTS.forEach((part, index) => {
    const exact = known.gradients[index];
    const weights = (part.endsWith('x') ? x : y).weights;
    const limit = part.startsWith('points')
      ? isNorm
        ? share * Math.max(largest(weights), largest(exact))
        : allowedGradient(scales, share, weights, exact)
      : 4 * (isNorm ? share * Math.max(1, scales.cost) : allowedPotential(scales, share, 1));
    checkClose(`gradient in ${part}`, result.gradients[index], exact, limit);
  });
}
