import { type Expression, InvalidOptionError } from '@sinkhorn/core';
import { checkFunction } from './checkOptions.js';
import type { Solved } from './engine.js';
import { lazyEngine, loaded } from './loaded.js';
import type { Loss } from './loss.js';
import { engineOf, makeLoss } from './makeLoss.js';
import type { ParameterValues } from './parameterValues.js';
import { parametric } from './parts.js';
import type { Solution } from './solution.js';

/** Parameters as a formula sees them: a number is one, a vector is a vector, and a matrix is the list of its rows, which are vectors. */
// biome-ignore lint/suspicious/noExplicitAny: which of them a name represents follows from the values, which types do not tell.
export type GivenParameters = Readonly<Record<string, any>>;

/** A formula of two points that may read parameters. */
export type ParametricFormula = (x: Expression, y: Expression, parameters: GivenParameters) => Expression;

/** The options of a loss that takes parameters. */
export interface ParametricOptions {
  readonly parameters?: ParameterValues;
  readonly cost?: ParametricFormula;
  readonly kernel?: ParametricFormula;
}

/** What a loss with parameters is made from. */
export interface ParametricSource<S extends Solution> {
  /** The option that the formula is. */
  readonly option: 'cost' | 'kernel';
  readonly options: ParametricOptions;
  /** Makes the loss from options without parameters. */
  make(options: ParametricOptions): Loss<S>;
}

/** A loss computed with some values of its parameters. */
export interface ParametricSolved<S extends Solution> extends Solved {
  /** Of points that carry the parameters. */
  readonly inner: Solved;
  /** What users get. */
  solution(plain: Solution): S;
}

/** A loss whose formula reads parameters. What gives them their values is loaded when it is first asked for. */
export function parametricLoss<S extends Solution, Options extends ParametricOptions>(
  option: 'cost' | 'kernel',
  options: Options,
  of: (options: Options) => Loss<S>,
): Loss<S> {
  if (!options[option]) {
    throw new InvalidOptionError(`parameters need a ${option} that reads them: give ${option}: (x, y, { .. }) => ..`);
  }
  checkFunction(option, options[option]);
  const make = (changed: ParametricOptions) => of({ ...options, ...changed, parameters: undefined });
  // Made once without parameters, so that all other options are checked now.
  const { name, onInaccurate = 'warn' } = engineOf(make({}), 'loss');
  let engine: ReturnType<typeof import('@sinkhorn/losses/parameters')['parametricEngine']> | undefined;
  const lazy = lazyEngine(name, onInaccurate, () =>
    loaded(parametric, 'what reads parameters', 'readyParameters', (part) => {
      engine ??= part.parametricEngine({ option, options, make });
      return engine;
    }),
  );
  const parameterNames = Object.keys(options.parameters ?? {});
  return makeLoss({ ...lazy, parameterNames }, (solution, { result }) =>
    (result as ParametricSolved<S>).solution(solution),
  );
}
