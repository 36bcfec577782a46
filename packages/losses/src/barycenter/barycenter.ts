import {
  type Backend,
  type CheckedMeasure,
  checkRunOptions,
  InvalidMeasureError,
  InvalidOptionError,
  lazily,
  type RunOptions,
  runAsync,
  type Task,
  UnsupportedError,
  withNormalizedWeights,
} from '@sinkhorn/core';
import { solveBarycenter } from '@sinkhorn/core/barycenter';
import type { HostInnerSolves } from '@sinkhorn/core/barycenter-newton';
import type { InnerSolves } from '@sinkhorn/core/free-barycenter';
import { checkGrid, type GridMeasure } from '@sinkhorn/core/grids';
import { checkedMeasure } from '../checkedMeasure.js';
import { checkNames, checkPositive } from '../checkOptions.js';
import type { Measure } from '../measure.js';
import { checkNormalize, type NormalizeOptions } from '../normalized.js';
import { transportOptions } from '../transportOptions.js';

export interface BarycenterOptions extends NormalizeOptions {
  readonly backend: Backend;
  /** The exponent: the cost is |x - y| for 1 and |x - y|^2 / 2 for 2. Default 2. */
  readonly p?: 1 | 2;
  /** The length scale under which measures are blurred, and no blur is left in the result. Default 0.05. */
  readonly blur?: number;
  /** Whether S is debiased, without which results are blurred by about the blur, for comparison. Default true. */
  readonly debias?: boolean;
  /** The length up to which mass is moved rather than destroyed and created: masses of the measures may differ then. Default: all mass is moved. */
  readonly reach?: number;
  /** How much each measure counts: one number above 0 for each, adding up to 1. Default: all alike. */
  readonly weights?: readonly number[];
  /**
   * On a fixed support, the gap to reach, relative to the objective, or to blur^p / 100 where that is larger; of moving points, the longest
   * step left, relative to the blur. Default 1e-3.
   */
  readonly tolerance?: number;
  /** Evaluations of the objective at most. Default 200. */
  readonly maxIterations?: number;
}

/** The nodes of a grid, without masses. */
export type GridNodes = Omit<GridMeasure, 'grid'>;

/** Where the barycenter may have mass: on the grid of the measures, which all have, on another grid, or at points, whose weights count for nothing. */
export interface FixedSupport extends RunOptions {
  readonly support: 'grid' | GridNodes | Measure;
}

/** The points to move, with weights that stay as they are. */
export interface FreeSupport extends RunOptions {
  readonly free: true;
  readonly start: Measure;
}

export interface BarycenterDiagnostics {
  /**
   * The objective is above its minimum by no more than this: the Frank-Wolfe gap, with what errors of inner problems may add to it. With
   * `reach`, among masses that add up to no more than those of the largest measure or of the result.
   */
  readonly gap: number;
  /** Whether the gap met the tolerance. */
  readonly converged: boolean;
  /** Evaluations of the objective with its gradient. */
  readonly iterations: number;
  /** Passes over pairs, or along axes of grids. */
  readonly reductions: number;
  /** The largest marginal error of the inner problems. */
  readonly marginalError: number;
  /** The least mass of a node. */
  readonly smallestMass: number;
  /** What took the last step: Janati's iteration, mirror descent or Newton's method. */
  readonly method: 'janati' | 'mirror' | 'newton';
  readonly backend: string;
  readonly milliseconds: number;
}

/** A barycenter on a fixed support. */
export interface Barycenter {
  /** The mass of each node or point of the support. Without `reach` they have the mass of each measure together; with `normalize`, 1. */
  readonly weights: Float64Array;
  /** The objective sum_k w_k S(a, b_k). Without debiasing S is transport with the entropy of the plan next to the support's nodes. */
  readonly value: number;
  /** S(a, b_k): the derivatives of the least objective in w_k. */
  readonly values: Float64Array;
  /** The gradient of the objective in the masses of the result, without `reach` up to a constant. */
  readonly gradient: Float64Array;
  /** Those of the least objective in the masses of each measure, by the envelope theorem; with `normalize` in its shares. */
  readonly measureGradients: readonly Float64Array[];
  readonly diagnostics: BarycenterDiagnostics;
}

export interface FreeBarycenterDiagnostics
  extends Omit<BarycenterDiagnostics, 'gap' | 'smallestMass' | 'method' | 'converged'> {
  /** The longest step that is left, a length. The objective is not convex in the points: other starts may end lower. */
  readonly step: number;
  /** Whether that step met the tolerance. */
  readonly converged: boolean;
}

/** A barycenter whose points have moved. */
export interface MovedBarycenter {
  /** [N, D], flat. */
  readonly points: Float64Array;
  readonly weights: Float64Array;
  readonly value: number;
  readonly values: Float64Array;
  /** [N, D]: the gradient of the objective in the points. */
  readonly gradient: Float64Array;
  readonly diagnostics: FreeBarycenterDiagnostics;
}

/** What solves the inner problems of barycenters elsewhere: those of moving points, and those of up to 2000 nodes of a fixed support. */
export interface BarycenterInnerSolves {
  readonly free?: InnerSolves;
  readonly fixed?: HostInnerSolves;
}

/** What finds barycenters. */
export interface BarycenterSolver {
  solve(measures: readonly Measure[], on: FixedSupport): Promise<Barycenter>;
  solve(measures: readonly Measure[], on: FreeSupport): Promise<MovedBarycenter>;
}

/**
 * Barycenters of measures: the a with the least sum_k w_k S(a, b_k), S being the Sinkhorn divergence, which has no entropic bias (Janati,
 * Cuturi, Gramfort 2020). A result says how far its objective may be above the minimum.
 *
 * On a fixed support, a grid or points, masses are found; or points move, for p = 2, and their masses stay. Masses of the measures must agree,
 * or `normalize` compares shares, or `reach` lets mass come and go. From a blur of about two spacings on, masses of single nodes are hardly determined, as in a deconvolution;
 * the objective is.
 *
 * @param innerSolves - What solves the inner problems, where that is not this process: a fleet, each measure on another machine.
 * @throws InvalidOptionError when an option is unknown or out of range; `solve` rejects with InvalidMeasureError where measures do not go
 * together.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { barycenter } from '@sinkhorn/losses/barycenter';
 *
 * const at = (node: number) => ({ grid: Array.from({ length: 9 }, (_, k) => Number(k === node)), shape: [9], spacing: 1 });
 * const mean = barycenter({ backend: cpu(), blur: 1, weights: [0.25, 0.75] });
 * const { weights, value, diagnostics } = await mean.solve([at(0), at(8)], { support: 'grid' });
 * if (!diagnostics.converged || weights.indexOf(Math.max(...weights)) !== 6) throw new Error('three quarters of the way');
 * if (!(value - 6 <= diagnostics.gap)) throw new Error('0.25 of 6^2 / 2 and 0.75 of 2^2 / 2 make 6');
 * ```
 */
export function barycenter(options: BarycenterOptions, innerSolves: BarycenterInnerSolves = {}): BarycenterSolver {
  checkNames('barycenter', options, OPTIONS);
  const { backend, weights, tolerance = 1e-3, maxIterations = 200 } = options;
  if (![undefined, 1, 2].includes(options.p)) throw new InvalidOptionError(`p is ${options.p}: give 1 or 2`);
  const { p, blur, reach } = transportOptions('barycenter', { ...options, tolerance, maxIterations });
  checkPositive('tolerance', tolerance);
  const debias = options.debias ?? true;
  if (typeof debias !== 'boolean') throw new InvalidOptionError(`debias is ${debias}: give true or false`);
  if (reach.x !== reach.y) throw new InvalidOptionError('reach has two sides: a barycenter takes one number');
  if (!debias && reach.x < Number.POSITIVE_INFINITY) {
    throw new InvalidOptionError('debias: false is for balanced barycenters: leave out reach, or debias');
  }
  const normalize = checkNormalize(options);
  const given = weights && checkWeights(weights);

  function* checkAll(measures: readonly Measure[]): Task<CheckedMeasure[]> {
    if (!Array.isArray(measures) || measures.length === 0) {
      throw new InvalidMeasureError('measures is no list of measures: give one or more');
    }
    const checked: CheckedMeasure[] = [];
    for (const [k, measure] of measures.entries()) {
      const one = yield* checkedMeasure(`measures[${k}]`, measure);
      checked.push(normalize ? withNormalizedWeights(one) : one);
    }
    return checked;
  }

  const settingFor = (count: number) => ({
    p: p as 1 | 2,
    blur,
    debias,
    reach: reach.x,
    weights: given ?? new Array<number>(count).fill(1 / count),
    tolerance,
    maxIterations,
  });

  function* onFixed(measures: readonly Measure[], { support }: FixedSupport) {
    const checked = yield* checkAll(measures);
    const nodes = yield* supportOf(support, checked);
    const setting = settingFor(checked.length);
    const { weights, value, values, gradient, measureGradients, ...found } = yield* solveBarycenter(
      backend,
      checked,
      nodes,
      setting,
      newtonParts,
      innerSolves.fixed,
    );
    const { gap, converged, iterations, reductions, marginalError, method } = found;
    const smallestMass = weights.reduce((least, weight) => Math.min(least, weight), Number.POSITIVE_INFINITY);
    return {
      ...{ weights, value, values, gradient, measureGradients },
      diagnostics: {
        gap,
        converged,
        iterations,
        reductions,
        marginalError,
        smallestMass,
        method,
        backend: backend.name,
      },
    };
  }

  function* onFree(measures: readonly Measure[], { start }: FreeSupport) {
    if (p !== 2) throw new InvalidOptionError(`p is ${p}: points move for p = 2 alone; give a support`);
    const checked = yield* checkAll(measures);
    const points = yield* checkedMeasure('start', start, true);
    const parts = yield* freeParts();
    if (!parts) throw new UnsupportedError('points are moved by methods that return a promise');
    const { step, converged, iterations, reductions, marginalError, ...found } = yield* parts.solveFreeBarycenter(
      backend,
      checked,
      { ...points },
      settingFor(checked.length),
      innerSolves.free,
    );
    return { ...found, diagnostics: { step, converged, iterations, reductions, marginalError, backend: backend.name } };
  }

  return {
    async solve(measures: readonly Measure[], on: FixedSupport | FreeSupport) {
      const isFree = 'free' in Object(on);
      if (isFree ? (on as FreeSupport).free !== true : !('support' in Object(on))) {
        throw new InvalidOptionError('solve needs { support }, or { free: true, start }');
      }
      checkNames('solve', on, [...(isFree ? ['free', 'start'] : ['support']), 'signal', 'onProgress']);
      const { signal, onProgress } = on;
      const began = performance.now();
      const task: Task<object & { readonly diagnostics: object }> = isFree
        ? onFree(measures, on as FreeSupport)
        : onFixed(measures, on as FixedSupport);
      const found = await runAsync(task, checkRunOptions({ signal, onProgress }));
      return { ...found, diagnostics: { ...found.diagnostics, milliseconds: performance.now() - began } };
    },
  } as BarycenterSolver;
}

const OPTIONS = ['backend', 'p', 'blur', 'debias', 'reach', 'weights', 'normalize', 'tolerance', 'maxIterations'];

/** What finds masses of few nodes. */
const newtonParts = lazily(() => import('@sinkhorn/core/barycenter-newton'));
/** What moves points, which is not what finds masses. */
const freeParts = lazily(() => import('@sinkhorn/core/free-barycenter'));

/** How far weights may be from adding up to 1. */
const ROUNDING = 1e-6;

/** The weights of measures, adding up to 1 to the last digit. */
function checkWeights(weights: readonly number[]): readonly number[] {
  if (!Array.isArray(weights)) throw new InvalidOptionError('weights is no list: give a number for each measure');
  const wrong = weights.findIndex((weight) => !(weight > 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0) {
    throw new InvalidOptionError(
      `weights[${wrong}] is ${weights[wrong]}: give numbers above 0, and leave out what has none`,
    );
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(total - 1) > ROUNDING) {
    throw new InvalidOptionError(`weights add up to ${total}: divide them by that, so that they add up to 1`);
  }
  return weights.map((weight) => weight / total);
}

/** Whether it is the nodes of a grid, or was meant to be, and no measure. */
const isNodes = (support: Exclude<FixedSupport['support'], 'grid'>): support is GridNodes =>
  ['shape', 'spacing'].some((name) => name in Object(support)) &&
  !['grid', 'points', 'data'].some((name) => name in support);

function* supportOf(support: FixedSupport['support'], measures: readonly CheckedMeasure[]): Task<CheckedMeasure> {
  if (support === 'grid') {
    const [first] = measures;
    const grid = JSON.stringify(first.grid);
    const other = measures.find((measure) => JSON.stringify(measure.grid) !== grid);
    if (!first.grid || other) {
      throw new InvalidMeasureError(
        `support is 'grid', but ${first.grid ? `${other?.name} is not on the grid of ${first.name}` : `${first.name} is on no grid`}: give a grid { shape, spacing } or points`,
      );
    }
    return first;
  }
  if (!isNodes(support)) return yield* checkedMeasure('support', support);
  const { shape } = support;
  const count = Array.isArray(shape) ? shape.reduce((product, length) => product * length, 1) : 0;
  return yield* checkGrid('support', { ...support, grid: new Float64Array(Math.max(0, count)).fill(1) });
}
