import { type ProblemName, problems } from '../clouds/problems.js';
import { type MethodName, methods } from '../methods/methods.js';
import { reductionsTo } from '../methods/reductionsTo.js';
import { transport } from '../methods/transport.js';

export interface MethodReductions {
  readonly problem: ProblemName;
  readonly n: number;
  readonly method: MethodName;
  readonly tolerances: readonly number[];
  readonly limit: number;
}

/** The reductions a method spends until each tolerance is met; null where it takes more than the limit. */
export const methodReductions = ({ problem, n, method, tolerances, limit }: MethodReductions): (number | null)[] =>
  reductionsTo(methods[method], transport(problems[problem], n), tolerances, limit);
