import { expectTypeOf, test } from 'vitest';
import { solveGrids } from '../../src/divergence/grids/index.js';
import type {
  MultiscaleOptions,
  MultiscaleResult,
  MultiscaleSolvers,
} from '../../src/divergence/sinkhorn/multiscaleParts.js';
import { newton, onlyNewton } from '../../src/divergence/sinkhorn/newtonParts.js';
import { type PenalizedOptions, solvePenalized } from '../../src/divergence/sinkhorn/solvePenalized.js';
import { type DualSolver, type SinkhornResult, solveSinkhorn } from '../../src/index.js';

// Checked by the compiler, with all other types: a solver of another signature does not build.
test('every solver of the dual has one signature', () => {
  expectTypeOf(solveSinkhorn).toExtend<DualSolver>();
  expectTypeOf(solveGrids).toExtend<DualSolver>();
  expectTypeOf(newton).toExtend<DualSolver<SinkhornResult | undefined>>();
  expectTypeOf(onlyNewton).toExtend<DualSolver>();
  expectTypeOf(solvePenalized).toExtend<DualSolver<SinkhornResult, PenalizedOptions>>();
  expectTypeOf<MultiscaleSolvers['solveMultiscale']>().toExtend<DualSolver<MultiscaleResult, MultiscaleOptions>>();
});
