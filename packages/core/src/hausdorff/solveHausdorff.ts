import type { Backend } from '../backend/backend.js';
import { workspace } from '../backend/workspace.js';
import { mul, parameter, row } from '../formula/expression.js';
import { mapOnHost } from '../formula/mapOnHost.js';
import { kullbackLeibler } from '../marginal/kullbackLeibler/kullbackLeibler.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../measure/hostGradients.js';
import type { CheckedMeasure } from '../measure/measure.js';
import { checkEqualMasses, checkPair, compareContent, type MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import { checkSymmetric } from '../measure/symmetry.js';
import { dualTerm } from '../sinkhorn/dualTerm.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from '../sinkhorn/options.js';
import { selfProblem, type TransportProblem } from '../sinkhorn/problem.js';
import { convergeSelf, zeroPotential } from '../sinkhorn/selfPotential.js';
import type { SelfResult } from '../sinkhorn/selfResult.js';
import { prepare } from '../sinkhorn/setting.js';
import { softmin } from '../sinkhorn/softmin.js';
import { readScaled, report, type Task } from '../tasks/task.js';
import { hausdorffGradient, type SymmetricPotentials } from './hausdorffGradient.js';

/** A Hausdorff divergence solved, with everything on the host and in the coordinates of the input. */
export interface HausdorffResult {
  /** [B] */
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  readonly iterations: number;
  readonly reductions: number;
  readonly epsilon: number;
  /** The largest L1 marginal error of the two symmetric problems. */
  readonly marginalError: number;
  readonly converged: boolean;
}

/** Potentials on the host, in the input's units, as SymmetricPotentials names them. */
type HostSymmetric = Readonly<Record<'own' | 'visiting', Readonly<Record<Side, Float64Array>>>>;

/**
 * The Hausdorff divergence H = 1/2 <a - b, dF(a) - dF(b)>, F(a) = -1/2 OT(a, a) + eps/2 m_a^2 the Sinkhorn negentropy
 * (Feydy et al. 2019, section 3.2), with its exact gradients: no cross problem is solved.
 *
 * @throws InvalidMeasureError when the measures do not go together.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkMeasure, powerCost, runAsync, solveHausdorff } from '@sinkhorn/core';
 *
 * const pair = { x: checkMeasure('x', [[0, 0]]), y: checkMeasure('y', [[3, 4]]) };
 * const { values } = await runAsync(
 *   solveHausdorff(cpu(), pair, {
 *     cost: powerCost(2),
 *     p: 2,
 *     homogeneous: true,
 *     blur: 0.1,
 *     reach: { x: Infinity, y: Infinity },
 *     scaling: 0.5,
 *     debias: true,
 *     tolerance: 1e-3,
 *     maxIterations: 100,
 *   }),
 * );
 * if (values[0] !== 12.5) throw new Error('unexpected');
 * ```
 */
export function* solveHausdorff(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  wanted: readonly Side[] = [],
  knownY?: SelfResult,
): Task<HausdorffResult> {
  checkPair(pair);
  if (options.reach.x === Number.POSITIVE_INFINITY) checkEqualMasses(pair);
  if (!options.homogeneous)
    checkSymmetric('cost', options.cost, pair, 'the Hausdorff divergence needs C(x, y) = C(y, x)');
  const space = workspace(backend);
  try {
    const { problem, units, epsilon, costScale } = prepare(space, pair, options);
    const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
    const stopping = { tolerance, maxIterations: options.maxIterations, costScale };
    const solve = (side: Side) => {
      const own = selfProblem(problem, side);
      return convergeSelf(own, zeroPotential(own, 'x'), epsilon, stopping);
    };
    const x = yield* solve('x');
    const same = compareContent(pair.x, pair.y) === 0;
    const y = same
      ? x
      : knownY
        ? {
            ...knownY,
            iterations: 0,
            potential: space.upload(
              knownY.iterate.map((value) => value / units.energy),
              shapeOf(pair.y, 1),
            ),
          }
        : yield* solve('y');
    const potentials = extend(problem, { x: x.potential, y: y.potential }, epsilon);
    const host: HostSymmetric = {
      own: {
        x: yield* readScaled(space.backend, potentials.own.x, units.energy),
        y: yield* readScaled(space.backend, potentials.own.y, units.energy),
      },
      visiting: {
        x: yield* readScaled(space.backend, potentials.visiting.x, units.energy),
        y: yield* readScaled(space.backend, potentials.visiting.y, units.energy),
      },
    };
    const temperature = options.blur ** options.p;
    const rho = options.reach.x ** options.p;
    const gradients: { [S in Side]?: HostGradient } = {};
    for (const side of wanted) {
      yield* report({ stage: 'gradients', iteration: side === 'x' ? 1 : 2, epsilon: temperature });
      const { points, implicitWeights } = yield* hausdorffGradient(problem, side, potentials, epsilon, tolerance);
      const implicit = yield* readScaled(space.backend, implicitWeights, temperature);
      const direct = directWeights(host, side, temperature, rho);
      gradients[side] = {
        points: yield* readScaled(space.backend, points, units.energy / units.length),
        weights: direct.map((value, index) => value - implicit[index]),
      };
    }
    return {
      values: hausdorffValue(pair, host, temperature, rho),
      gradients,
      iterations: Math.max(x.iterations, y.iterations),
      reductions: space.reductions,
      epsilon: temperature,
      marginalError: Math.max(x.marginalError, y.marginalError),
      converged: x.converged && y.converged,
    };
  } finally {
    space.releaseAll();
  }
}

/** A full update of both symmetric potentials, at their own points and at the other measure's. */
function extend(
  problem: TransportProblem,
  iterate: SymmetricPotentials['iterate'],
  epsilon: number,
): SymmetricPotentials {
  return {
    iterate,
    own: {
      x: softmin(selfProblem(problem, 'x'), 'x', iterate.x, epsilon),
      y: softmin(selfProblem(problem, 'y'), 'x', iterate.y, epsilon),
    },
    visiting: {
      x: softmin(problem, 'x', iterate.y, epsilon),
      y: softmin(problem, 'y', iterate.x, epsilon),
    },
  };
}

/** 1/2 (visiting - own), or (rho + eps)/2 (exp(-own/rho) - exp(-visiting/rho)): what a unit of weight adds. */
function directWeights({ own, visiting }: HostSymmetric, side: Side, epsilon: number, rho: number): Float64Array {
  const penalty = kullbackLeibler(rho, 'float64');
  const term = mul(0.5, dualTerm(penalty, row('visiting'), row('own'), parameter('epsilon')));
  return mapOnHost(term, { own: own[side], visiting: visiting[side] }, { ...penalty.parameters, epsilon });
}

function hausdorffValue(pair: MeasurePair, host: HostSymmetric, epsilon: number, rho: number): Float64Array {
  const sumOf = (side: Side) => {
    const { weights, batch, count }: CheckedMeasure = pair[side];
    const sums = new Float64Array(batch);
    directWeights(host, side, epsilon, rho).forEach((value, index) => {
      if (weights[index] > 0) sums[Math.floor(index / count)] += weights[index] * value;
    });
    return sums;
  };
  // Each side is summed on its own: their sum is then the same in either order.
  const y = sumOf('y');
  return sumOf('x').map((value, element) => value + y[element]);
}
