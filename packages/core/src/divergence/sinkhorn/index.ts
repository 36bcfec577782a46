export type { Penalty, PenaltyOption } from '../../marginal/penaltyOptions.js';
export type { OtherMarginals } from './otherMarginals.js';
export * from './solve.js';
export * from './solveOnDevice.js';
