import { type Diagnostics, InvalidOptionError, type ParameterValues, type WithRespectTo } from '@sinkhorn/losses';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOnDiagnostics, checkWeights, checkWithRespectTo } from './checkOptions.js';
import { type GivenParameters, givenParameters, type ParameterOptions } from './parameterTensors.js';

/** What every op takes beyond the options of its loss. */
export interface OpOptions {
  /** The weights of either cloud, [N], or [B, N] for a batch, each 0 or more; 1/N where there are none. */
  readonly weights?: { readonly x?: Tensor; readonly y?: Tensor };
  /** The clouds that gradients are wanted of; the other one counts as constant. Default 'both'. */
  readonly wrt?: WithRespectTo;
  /** Hears how each result was reached: iterations, marginal error, whether it converged, the backend. */
  readonly onDiagnostics?: (diagnostics: Diagnostics) => void;
}

/** Options of a loss: those of an op without its own, and with numbers where parameters are tensors. */
export type NumberOptions<Options> = Omit<Options, keyof OpOptions | 'parameters'> & {
  readonly parameters?: ParameterValues;
};

/** Splits what an op was given into what is the op's own and what goes to the loss. */
export function splitOptions<Options extends OpOptions & ParameterOptions>(
  op: string,
  given: Options,
): {
  readonly own: Required<Pick<OpOptions, 'wrt' | 'weights'>> & OpOptions & { readonly parameters: GivenParameters };
  readonly rest: NumberOptions<Options>;
} {
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(`${op} needs options: give { backend } at least`);
  }
  const { weights = {}, wrt = 'both', onDiagnostics, parameters: named, ...others } = given;
  checkWithRespectTo(wrt);
  checkWeights(weights);
  checkOnDiagnostics(onDiagnostics);
  const parameters = givenParameters(named);
  const rest = { ...others, ...(named !== undefined && { parameters: parameters.values }) };
  return { own: { weights, wrt, onDiagnostics, parameters }, rest: rest as unknown as NumberOptions<Options> };
}
