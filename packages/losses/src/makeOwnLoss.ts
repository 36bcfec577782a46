import { type HostGradients, InvalidOptionError, type MeasurePair, type Side, type Task } from '@sinkhorn/core';
import type { Engine, Solved } from './engine.js';
import type { Loss } from './loss.js';
import { type Extend, makeLoss as makeLossOf } from './makeLoss.js';
import type { Solution } from './solution.js';

/**
 * Makes a loss with all the methods that users call around an engine of your own: values, gradients, solutions with warm starts,
 * and targets. `combine` and `perFeature` take it as they take any loss.
 *
 * @param engine - Computes values [B], and gradients [B, N, D] in points and [B, N] in weights, flat, of checked measures.
 * @param extend - Adds to solutions what this loss has beyond others: `plainSolution` adds nothing.
 * @throws InvalidOptionError when the engine lacks a part; and in calls, when it gives numbers of other sizes.
 *
 * @example
 * ```ts
 * import type { Side, Task } from '@sinkhorn/core';
 * import { combine } from '@sinkhorn/losses';
 * import { makeLoss, plainSolution, type Solved, visitedAll } from '@sinkhorn/losses/extend';
 *
 * // (m_x - m_y)^2 / 2, with m the masses.
 * const massDifference = makeLoss(
 *   {
 *     name: 'massDifference',
 *     *prepare() {},
 *     *solve({ x, y }, wrt): Task<Solved> {
 *       const differences = x.masses.map((mass, element) => mass - y.masses[element]);
 *       const gradientOf = (side: Side) => {
 *         const { points, weights, count } = side === 'x' ? x : y;
 *         const slopes = weights.map((_, k) => (side === 'x' ? 1 : -1) * differences[Math.floor(k / count)]);
 *         return { points: new Float64Array(points.length), weights: slopes };
 *       };
 *       const gradientsOf = function* (sides: readonly Side[]): Task<Solved['gradients']> {
 *         return Object.fromEntries(sides.map((side) => [side, gradientOf(side)]));
 *       };
 *       const work = { iterations: 0, reductions: 0, epsilons: [], marginalError: 0, converged: true, backend: 'none' };
 *       return {
 *         values: differences.map((difference) => difference ** 2 / 2),
 *         gradients: yield* gradientsOf(wrt),
 *         diagnostics: { ...work, ...visitedAll('no pair counts', 1e-15) },
 *         gradientsOf,
 *       };
 *     },
 *   },
 *   plainSolution,
 * );
 * const loss = combine([{ loss: massDifference, weight: 2 }]);
 * const [x, y] = [3, 1].map((weight) => ({ points: [0], dimension: 1, weights: [weight] }));
 * const { value, x: gradient } = await loss.valueAndGradients(x, y);
 * if (value !== 4 || gradient.weights[0] !== 4) throw new Error('unexpected');
 * ```
 */
export function makeLoss<S extends Solution, Known, Result extends Solved>(
  engine: Engine<Known, Result>,
  extend: Extend<S, Result>,
): Loss<S> {
  if (typeof engine?.name !== 'string' || engine.name === '') {
    throw new InvalidOptionError('engine.name is no name: give that of the function that makes the loss');
  }
  for (const part of ['prepare', 'solve'] as const) {
    if (typeof engine[part] === 'function') continue;
    throw new InvalidOptionError(`engine.${part} is no function: give a task, function* ${part}(...) { ... }`);
  }
  if (typeof extend !== 'function') {
    throw new InvalidOptionError('extend is no function: give plainSolution, or what adds to a solution');
  }
  return makeLossOf<S, Known, Result>(
    {
      name: engine.name,
      onInaccurate: engine.onInaccurate,
      ...(engine.kernelNorm && { kernelNorm: engine.kernelNorm }),
      ...(engine.onDevice && { onDevice: engine.onDevice.bind(engine) }),
      prepare: (y) => engine.prepare(y),
      *solve(pair, wrt, precomputed): Task<Result> {
        const result = yield* engine.solve(pair, wrt, precomputed);
        return checkedResult(engine.name, pair, wrt, result);
      },
    },
    extend,
  );
}

/** A result of the sizes that were asked for, whose later gradients have them too. */
function checkedResult<Result extends Solved>(
  name: string,
  pair: MeasurePair,
  wrt: readonly Side[],
  result: Result,
): Result {
  checkLength(`${name}: values`, result?.values, pair.x.batch, 'one number for each element of the batch');
  checkGradients(name, pair, wrt, result.gradients);
  if (typeof result.diagnostics !== 'object' || typeof result.diagnostics?.converged !== 'boolean') {
    throw new InvalidOptionError(`${name}: diagnostics are missing: say how the result was reached`);
  }
  if (typeof result.gradientsOf !== 'function') {
    throw new InvalidOptionError(`${name}: gradientsOf is no function: give the task that computes gradients later`);
  }
  return {
    ...result,
    get diagnostics() {
      return result.diagnostics;
    },
    *gradientsOf(missing): Task<HostGradients> {
      const gradients = yield* result.gradientsOf(missing);
      checkGradients(name, pair, missing, gradients);
      return gradients;
    },
  };
}

function checkGradients(name: string, pair: MeasurePair, wrt: readonly Side[], gradients: HostGradients): void {
  for (const side of wrt) {
    const { points, weights } = pair[side];
    const given = gradients?.[side];
    if (!given) throw new InvalidOptionError(`${name}: gradients.${side} was wanted and is missing: compute it`);
    checkLength(`${name}: gradients.${side}.points`, given.points, points.length, 'one number for each coordinate');
    checkLength(`${name}: gradients.${side}.weights`, given.weights, weights.length, 'one number for each point');
  }
}

function checkLength(what: string, values: Float64Array, length: number, remedy: string): void {
  if (values instanceof Float64Array && values.length === length) return;
  const given = values instanceof Float64Array ? `has ${values.length} numbers` : 'is no Float64Array';
  throw new InvalidOptionError(`${what} ${given}: give a Float64Array of ${length}, ${remedy}`);
}
