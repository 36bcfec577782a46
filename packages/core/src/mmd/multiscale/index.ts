export type { KernelKind } from './kernelDecay.js';
export { measureRounding } from './measureRounding.js';
export type { MultiscaleMmdOptions } from './problem.js';
export * from './solveMmdMultiscale.js';
