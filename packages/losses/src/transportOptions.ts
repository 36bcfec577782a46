import { type Backend, type Cost, InvalidOptionError, powerCost, type SinkhornOptions } from '@sinkhorn/core';
import { checkedFormula } from './checkedFormula.js';
import { checkBackend, checkFunction, checkLength, checkPositive } from './checkOptions.js';
import type { NormalizeOptions } from './normalized.js';
import type { ParametricFormula } from './parameters.js';
import type { ParameterValues } from './parameterValues.js';
import type { InaccurateOptions } from './whenInaccurate.js';

/** The strength of the marginal constraints as a length: one for both sides, or one a side; absent is balanced. */
export type Reach = number | { readonly x?: number; readonly y?: number };

/** The options that all losses of entropic transport share. */
export interface TransportOptions extends NormalizeOptions, InaccurateOptions {
  readonly backend: Backend;
  /**
   * The exponent: the cost is |x - y| for 1 and |x - y|^2 / 2 for 2, temperatures are blur^p. Default 2. With a `cost`
   * of your own any exponent above 0, for temperatures alone.
   */
  readonly p?: number;
  /** A formula of two points, and of `parameters` where there are some, in place of p's. */
  readonly cost?: ParametricFormula;
  /**
   * Numbers, vectors, and matrices as lists of rows, that `cost` reads by name: `cost: (x, y, { scale }) => ..`. Calls may give other values,
   * `loss.value(x, y, { parameters: { scale: 3 } })`, without compiling anything again; gradients, and all derivatives of solutions, are there
   * in them too. Each number costs as much as a coordinate more.
   */
  readonly parameters?: ParameterValues;
  /** The length scale under which points are blurred. Default 0.05. */
  readonly blur?: number;
  /** The length scale up to which mass is moved rather than destroyed and created. Default: all mass is moved. */
  readonly reach?: Reach;
  /** The marginal error to reach. Default 1e-3. */
  readonly tolerance?: number | null;
  /** Sweeps at the last temperature at most. Default 1000. */
  readonly maxIterations?: number;
}

/** The defaults of the transport losses: GeomLoss's where it has them. */
export const TRANSPORT_DEFAULTS = {
  p: 2,
  blur: 0.05,
  scaling: 0.5,
  debias: true,
  tolerance: 1e-3,
  maxIterations: 1000,
} as const;

/** Checks the options the transport losses share and gives the problem's options, with defaults filled in. */
export function transportOptions(
  loss: string,
  options: TransportOptions,
): Omit<SinkhornOptions, 'scaling' | 'diameter' | 'debias'> {
  checkBackend(loss, options.backend);
  const {
    cost,
    p = TRANSPORT_DEFAULTS.p,
    blur = TRANSPORT_DEFAULTS.blur,
    tolerance = TRANSPORT_DEFAULTS.tolerance,
    maxIterations = TRANSPORT_DEFAULTS.maxIterations,
  } = options;
  if (cost !== undefined) {
    checkFunction('cost', cost);
    checkPositive('p', p);
  } else if (p !== 1 && p !== 2) {
    throw new InvalidOptionError(`p is ${p}: give 1 or 2, or a cost formula of your own`);
  }
  checkLength('blur', blur, p);
  if (tolerance !== null) checkPositive('tolerance', tolerance);
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw new InvalidOptionError(`maxIterations is ${maxIterations}: give a whole number, 1 or more`);
  }
  return {
    cost: cost ? checkedFormula('cost', cost as Cost) : powerCost(p as 1 | 2),
    p,
    homogeneous: cost === undefined,
    blur,
    reach: reachOf(options.reach, p),
    tolerance,
    maxIterations,
  };
}

function reachOf(reach: Reach | undefined, p: number): SinkhornOptions['reach'] {
  const balanced = Number.POSITIVE_INFINITY;
  const lengthOf = (name: string, value: number | undefined): number => {
    if (value === undefined || value === balanced) return balanced;
    checkLength(name, value, p);
    return value;
  };
  if (typeof reach === 'object' && reach !== null) {
    if (Object.keys(reach).length === 0) {
      throw new InvalidOptionError('reach has no side: give a length, or one a side as { x, y }');
    }
    for (const side of Object.keys(reach)) {
      if (side !== 'x' && side !== 'y') {
        throw new InvalidOptionError(`reach has a side '${side}': its sides are x and y`);
      }
    }
    return { x: lengthOf('reach.x', reach.x), y: lengthOf('reach.y', reach.y) };
  }
  const length = lengthOf('reach', reach);
  return { x: length, y: length };
}
