export type { Penalty, PenaltyOption } from '../../marginal/penaltyOptions.js';
export { better } from './better.js';
export type { OtherMarginals } from './otherMarginals.js';
export * from './solve.js';
export * from './solveOnDevice.js';
