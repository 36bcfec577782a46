import type { Backend, HostGradients, MeasurePair, Side, Task } from '@sinkhorn/core';
import type { PlanPairs } from '@sinkhorn/core/line';
import type { Engine, Solved } from '../engine.js';
import type { Origin } from '../makeLoss.js';
import { checkNormalize, type NormalizeOptions, normalized } from '../normalized.js';
import type { Potentials } from '../sinkhornDivergence.js';
import type { Solution } from '../solution.js';
import { visitedAll } from '../visitedAll.js';
import type { ExactPlan } from './exactPlan.js';
import { planOfPairs } from './planOfPairs.js';

/** A solved problem of exact transport. */
export interface ExactSolution extends Solution {
  /**
   * f_ba at the points of x and g_ab at those of y: f_i + g_j <= C_ij, with equality where the plan has mass, between points that have
   * weight; their weighted means are equal. Points without weight have f_i = min_j C_ij - g_j.
   */
  readonly potentials: Pick<Potentials, 'f_ba' | 'g_ab'>;
  /** The optimal plan. With `normalize` it is the plan of shares. */
  readonly plan: ExactPlan;
}

/** What solvers on the host give. */
interface HostTransport {
  /** [B] */
  readonly values: Float64Array;
  /** The most mass of an element that rounding leaves out of its plan, or that masses of the two sides differ by, over the mass. */
  readonly massError: number;
  readonly largestCost: number;
  /** How far the values may be above the optimum, relative to them: what a dual certificate tells. Default 0. */
  readonly gap?: number;
  readonly iterations?: number;
  /** Gradients that came along. */
  readonly gradients?: HostGradients;
  gradientsOf(sides: readonly Side[]): Task<HostGradients>;
}

/** What solvers of exact transport give. */
interface ExactTransport extends HostTransport {
  plan(): PlanPairs;
  potentials(): { readonly f: Float64Array; readonly g: Float64Array };
}

interface ExactResult<Transport extends HostTransport> extends Solved {
  readonly transport: Transport;
}

/** Only what is done on a device needs one for normalised weights, and exact transport does nothing there. */
const noBackend = undefined as unknown as Backend;
/** Values are sums of so many roundings of costs, to be on the safe side. */
const ROUNDINGS = 16;
/** Errors are relative to this part of the largest cost times the mass where values are less. */
const FLOOR = 1e-10;

/** The engine of a loss that is solved exactly, on the host. */
export function exactEngine<Transport extends HostTransport>(
  name: string,
  options: NormalizeOptions,
  reason: string,
  solve: (pair: MeasurePair, wrt: readonly Side[]) => Task<Transport>,
): Engine<void, ExactResult<Transport>> {
  const engine: Engine<void, ExactResult<Transport>> = {
    name,
    *prepare() {},
    *solve(pair, wrt) {
      const transport = yield* solve(pair, wrt);
      const { values, massError, largestCost, gap = 0, iterations = 0 } = transport;
      const floor = FLOOR * largestCost * Math.max(...pair.x.masses);
      const rounding = ROUNDINGS * Number.EPSILON;
      const error = gap + massError + rounding;
      return {
        transport,
        values,
        gradients: transport.gradients ?? (wrt.length > 0 ? yield* transport.gradientsOf(wrt) : {}),
        diagnostics: {
          iterations,
          reductions: 0,
          epsilons: [],
          marginalError: massError * Math.max(...pair.x.masses),
          converged: true,
          backend: 'host',
          ...visitedAll(reason, error, undefined, floor),
        },
        gradientsOf: (sides) => transport.gradientsOf(sides),
      };
    },
  };
  return checkNormalize(options) ? normalized(noBackend, engine) : engine;
}

/** Adds the plan and the potentials to a solution, each computed when first asked for. */
export function extendExact(solution: Solution, { pair, result }: Origin<ExactResult<ExactTransport>>): ExactSolution {
  const { transport } = result;
  let potentials: ExactSolution['potentials'] | undefined;
  let plan: ExactPlan | undefined;
  return Object.defineProperties(solution, {
    potentials: {
      enumerable: true,
      get() {
        if (!potentials) {
          const { f, g } = transport.potentials();
          potentials = { f_ba: f, g_ab: g };
        }
        return potentials;
      },
    },
    plan: {
      enumerable: true,
      get() {
        plan ??= planOfPairs(pair, transport.plan());
        return plan;
      },
    },
  }) as ExactSolution;
}
