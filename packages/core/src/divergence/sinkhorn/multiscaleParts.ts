import { type LastStep, multiscaleGradients, multiscaleSelf, solveMultiscale } from './solveMultiscale.js';

export * from '../../transport/multilevel/options.js';
export type { LastStep, MultiscaleResult } from './solveMultiscale.js';

/** The solvers of transport over cells, with the part that brings potentials from these to points. */
export const multiscale = ({ lastStep: update }: { readonly lastStep: LastStep }) => ({
  solveMultiscale: solveMultiscale.bind(undefined, update),
  multiscaleGradients: multiscaleGradients.bind(undefined, update),
  multiscaleSelf: multiscaleSelf.bind(undefined, update),
});

export type MultiscaleSolvers = ReturnType<typeof multiscale>;
