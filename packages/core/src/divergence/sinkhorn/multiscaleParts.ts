import { multiscaleGradients, multiscaleSelf, type PointParts, solveMultiscale } from './solveMultiscale.js';

export * from '../../transport/multilevel/options.js';
export type { MultiscaleResult, PointParts } from './solveMultiscale.js';

/** The solvers of transport over cells, with the parts that bring potentials from these to points. */
export const multiscale = (points: Omit<PointParts, 'newton'>, newton: PointParts['newton']) => {
  const { lastStep, estimateErrors, improved, errorsOverPoints, largerOf, weightsError } = points;
  const parts = { lastStep, estimateErrors, improved, errorsOverPoints, largerOf, weightsError, newton };
  return {
    solveMultiscale: solveMultiscale.bind(undefined, parts),
    multiscaleGradients: multiscaleGradients.bind(undefined, parts),
    multiscaleSelf: multiscaleSelf.bind(undefined, parts),
  };
};

export type MultiscaleSolvers = ReturnType<typeof multiscale>;
