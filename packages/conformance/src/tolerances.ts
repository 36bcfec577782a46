import type { Backend } from '@sinkhorn/core';

/** How far from the truth a backend may be. Everything that depends on its precision is decided here. */
export interface Tolerances {
  /** Half the distance from 1 to the next number: what one operation may lose. */
  readonly rounding: number;
  /** Of a formula or a reduction: the error over the sum of the sizes of all that was added up on the way. */
  readonly reduction: number;
  /** Of two solves that agree up to rounding: the difference of their values over the largest cost. */
  readonly identity: number;
  /** Of the value of a loss: the error over the largest cost. */
  readonly value: number;
  /** Of a gradient: the error over the largest entry, or over the slope of the largest cost times the largest weight. */
  readonly gradient: number;
  /** The marginal error that solves ask for, where rounding lets them reach it. */
  readonly solver: number;
  /** Of a derivative along a direction, against a central difference in float64: the error over its size. */
  readonly difference: number;
  /** Of the limit for a large blur, which rounding keeps a backend from: at which eps / cost, and the error over the value. */
  readonly largeBlur: { readonly ratio: number; readonly error: number };
}

const DEFAULTS: Readonly<Record<Backend['precision'], Tolerances>> = {
  float64: {
    rounding: 2 ** -53,
    reduction: 1e-13,
    identity: 1e-12,
    value: 1e-12,
    gradient: 1e-10,
    solver: 1e-12,
    difference: 1e-6,
    largeBlur: { ratio: 1e6, error: 1e-5 },
  },
  float32: {
    rounding: 2 ** -24,
    reduction: 4e-6,
    identity: 5e-6,
    value: 1e-4,
    gradient: 2e-4,
    solver: 1e-5,
    difference: 2e-3,
    largeBlur: { ratio: 300, error: 1e-2 },
  },
};

/** The tolerances for a precision; a `value` of your own moves those of results by the same factor. */
export function tolerancesFor(precision: Backend['precision'], value?: number): Tolerances {
  const defaults = DEFAULTS[precision];
  const factor = value === undefined ? 1 : value / defaults.value;
  return {
    ...defaults,
    reduction: defaults.reduction * factor,
    identity: defaults.identity * factor,
    value: defaults.value * factor,
    gradient: defaults.gradient * factor,
    solver: defaults.solver * factor,
    difference: defaults.difference * factor,
  };
}
