export type { KernelKind } from '../../kernelSum/kernelDecay.js';
export type { MultiscaleMmdOptions } from '../../kernelSum/problem.js';
export { measureRounding } from './measureRounding.js';
export * from './solveMmdMultiscale.js';
