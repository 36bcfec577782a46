import {
  type CheckedMeasure,
  checkRunOptions,
  type HostGradient,
  InvalidMeasureError,
  InvalidOptionError,
  type MeasurePair,
  type RunOptions,
  runAsync,
  runSync,
  type Side,
  type Task,
} from '@sinkhorn/core';
import { checkedMeasure } from './checkedMeasure.js';
import { checkChoice, checkNames } from './checkOptions.js';
import type { Engine, LossGradients, Solved } from './engine.js';
import type { GradientOptions, Loss, SolveOptions, TargetLoss, ValueAndGradients } from './loss.js';
import type { Measure } from './measure.js';
import type { Gradients, MeasureGradient, Solution, WithRespectTo } from './solution.js';
import { whenInaccurate } from './whenInaccurate.js';

/** What a solution is made from, kept for warm starts and compositions. */
export interface Origin<Result extends Solved> {
  readonly engine: Engine<unknown, Result>;
  readonly pair: MeasurePair;
  readonly result: Result;
}

/** Adds to a solution what one kind of loss has beyond the others. */
export type Extend<S extends Solution, Result extends Solved> = (solution: Solution, origin: Origin<Result>) => S;

const origins = new WeakMap<Solution, Origin<Solved>>();
/** What a solution was made from; undefined where it is none of this library's. */
export const originOf = (solution: Solution): Origin<Solved> | undefined => origins.get(solution);

interface Made {
  readonly engine: Engine<unknown, Solved>;
  readonly extend: Extend<Solution, Solved>;
}

const losses = new WeakMap<object, Made>();

/** What a loss adds to its solutions. */
export const extendOf = <S extends Solution>(loss: Loss<S>): Extend<S, Solved> =>
  (losses.get(loss) as Made).extend as Extend<S, Solved>;

/** The engine behind a loss. @throws InvalidOptionError when it is not one of this library's losses. */
export function engineOf(loss: Loss, option: string): Engine {
  const made = losses.get(loss);
  if (!made)
    throw new InvalidOptionError(`${option} is no loss: give what sinkhornDivergence or another loss returned`);
  return made.engine;
}

const SIDES: Record<WithRespectTo, readonly Side[]> = { x: ['x'], y: ['y'], both: ['x', 'y'] };

function sidesOf(wrt: WithRespectTo = 'x'): readonly Side[] {
  checkChoice('wrt', wrt, Object.keys(SIDES));
  return SIDES[wrt];
}

/** A loss with the methods users call, around an engine. */
export function makeLoss<S extends Solution, Precomputed, Result extends Solved>(
  engine: Engine<Precomputed, Result>,
  extend: Extend<S, Result>,
): Loss<S> {
  // ValueOf follows from X, which an implementation for every X cannot show: hence the cast.
  const loss = {
    ...(engine.kernelNorm && { kernelNorm: engine.kernelNorm }),
    ...methodsOf(engine, extend),
    target: (y: Measure) => target(engine, extend, y),
  } as unknown as Loss<S>;
  losses.set(loss, { engine, extend } as unknown as Made);
  return loss;
}

const CALL_OPTIONS = ['wrt', 'start', 'parameters', 'signal', 'onProgress'];

/** Each task as a method that returns a promise and one that does not; of x alone where there is a target. */
function methodsOf<S extends Solution, Precomputed, Result extends Solved>(
  engine: Engine<Precomputed, Result>,
  extend: Extend<S, Result>,
  target?: CheckedMeasure,
): object {
  const run = <Returned>(
    drive: (task: Task<unknown>, options: RunOptions) => Returned,
    task: Call<S>,
    [x, ...others]: readonly unknown[],
  ): Returned => {
    const [y, options = {}] = (target ? [target, ...others] : others) as [Measure, CallOptions<S>?];
    checkNames(engine.name, checkRunOptions(options), CALL_OPTIONS);
    return drive(task(x as Measure, y, options), options);
  };
  const methods = Object.entries<Call<S>>(tasksOf(engine, extend, target)).flatMap(([name, task]) => [
    [name, async (...given: unknown[]) => run(runAsync, task, given)],
    [`${name}Sync`, (...given: unknown[]) => run(runSync, task, given)],
  ]);
  return { name: engine.name, ...Object.fromEntries(methods) };
}

function target<S extends Solution, Precomputed, Result extends Solved>(
  engine: Engine<Precomputed, Result>,
  extend: Extend<S, Result>,
  y: Measure,
): TargetLoss<S> {
  // The caller may go on to change its arrays: what is known of y must stay about this y.
  const checked = runSync(checkedMeasure('y', y, true));
  return methodsOf(engine, extend, checked) as TargetLoss<S>;
}

type Value = number | Float64Array;
type CallOptions<S extends Solution> = GradientOptions & SolveOptions<S>;
type Call<S extends Solution> = (x: Measure, y: Measure, options: CallOptions<S>) => Task<unknown>;

/** The tasks behind a loss's methods, one implementation for both kinds of caller; `target` is what every x is compared with. */
function tasksOf<S extends Solution, Precomputed, Result extends Solved>(
  engine: Engine<Precomputed, Result>,
  extend: Extend<S, Result>,
  target?: CheckedMeasure,
) {
  let precomputed: Precomputed | undefined;
  const check = function* (x: Measure, y: Measure, copies?: boolean): Task<MeasurePair> {
    const pair = { x: yield* checkedMeasure('x', x, copies), y: target ?? (yield* checkedMeasure('y', y, copies)) };
    // A grid that meets a cloud is a cloud of its nodes, which is what a copy of its fields is.
    return !pair.x.grid === !pair.y.grid ? pair : { x: { ...pair.x }, y: { ...pair.y } };
  };
  const compute = function* (
    pair: MeasurePair,
    wrt: readonly Side[],
    { parameters }: CallOptions<S>,
    start?: Result,
  ): Task<Result> {
    if (parameters !== undefined && !engine.parameterNames) {
      throw new InvalidOptionError(`parameters: this ${engine.name} was made without; make it with some`);
    }
    if (target) precomputed ??= yield* engine.prepare(target);
    const result = yield* engine.solve(pair, wrt, { precomputed, start, parameters });
    if (result.values.every(Number.isFinite)) return result;
    throw new InvalidMeasureError(
      'x and y give no finite value: rescale the coordinates to about 1, and give a cost or kernel that is finite for all of the points',
    );
  };
  const tell = whenInaccurate(engine);
  return {
    *value(x: Measure, y: Measure, options: CallOptions<S>): Task<Value> {
      const pair = yield* check(x, y);
      const result = yield* compute(pair, [], options);
      tell(result.diagnostics);
      return resultOf(pair, result);
    },
    *valueAndGradients(x: Measure, y: Measure, options: CallOptions<S>): Task<ValueAndGradients<Value>> {
      const began = performance.now();
      const pair = yield* check(x, y);
      const sides = sidesOf(options.wrt);
      const result = yield* compute(pair, sides, options);
      return {
        value: resultOf(pair, result),
        ...toGradients(pair, result.gradients, sides),
        diagnostics: { ...result.diagnostics, milliseconds: performance.now() - began },
      };
    },
    *solve(x: Measure, y: Measure, options: CallOptions<S>): Task<S> {
      const { start, wrt } = options;
      const began = performance.now();
      // Gradients and plans are computed later: they must be those of the clouds as they are now.
      const pair = yield* check(x, y, true);
      const from = start && startFrom(engine, start, pair);
      const result = yield* compute(pair, wrt === undefined ? [] : sidesOf(wrt), options, from);
      return makeSolution(engine, extend, pair, result, performance.now() - began);
    },
  };
}

function startFrom<Precomputed, Result extends Solved>(
  engine: Engine<Precomputed, Result>,
  start: Solution,
  { x, y }: MeasurePair,
): Result {
  const origin = origins.get(start);
  if (!origin || origin.engine.name !== engine.name) {
    throw new InvalidOptionError(`start is no solution of a ${engine.name}: give what its solve returned`);
  }
  for (const measure of [x, y]) {
    const before = measure === x ? origin.pair.x : origin.pair.y;
    if (before.count === measure.count && before.batch === measure.batch) continue;
    throw new InvalidOptionError(
      `start was solved with ${before.count} points in ${measure.name}, which now has ${measure.count}: leave start out when sizes change`,
    );
  }
  return origin.result as Result;
}

const resultOf = ({ x }: MeasurePair, { values }: Solved): Value => (x.batched ? values : values[0]);

/** Numbers in the float width of an input; of a grid, which has no points, in 64 bits. */
export const like = (values: Float64Array, measure: CheckedMeasure): Float32Array | Float64Array =>
  (measure.spanning ?? measure.points) instanceof Float32Array ? Float32Array.from(values) : values;

function toGradients(pair: MeasurePair, gradients: LossGradients, sides: readonly Side[]): Gradients {
  const { parameters } = gradients;
  const convert = (side: Side, gradient: HostGradient): MeasureGradient => ({
    // Nodes of a grid do not move.
    points: pair[side].grid ? new Float64Array() : like(gradient.points, pair[side]),
    weights: gradient.weights,
  });
  // Which sides there are follows from `wrt`, as the types of the public methods say.
  return {
    ...Object.fromEntries(sides.map((side) => [side, convert(side, gradients[side] as HostGradient)])),
    ...(parameters && { parameters }),
  } as Gradients;
}

function makeSolution<S extends Solution, Precomputed, Result extends Solved>(
  engine: Engine<Precomputed, Result>,
  extend: Extend<S, Result>,
  pair: MeasurePair,
  result: Result,
  milliseconds: number,
): S {
  let computed = result.gradients;
  const gradients = function* (wrt?: WithRespectTo): Task<Gradients> {
    const sides = sidesOf(wrt);
    const missing = sides.filter((side) => !computed[side]);
    if (missing.length > 0) computed = { ...computed, ...(yield* result.gradientsOf(missing)) };
    return toGradients(pair, computed, sides);
  };
  const origin = { engine: engine as unknown as Engine<unknown, Result>, pair, result };
  const solution = extend(
    {
      value: resultOf(pair, result),
      // What is computed later has errors of its own.
      get diagnostics() {
        return { ...result.diagnostics, milliseconds };
      },
      gradients: <W extends WithRespectTo>(wrt?: W, options?: RunOptions) =>
        runAsync(gradients(wrt), options) as Promise<Gradients<W>>,
      gradientsSync: <W extends WithRespectTo>(wrt?: W) => runSync(gradients(wrt)) as Gradients<W>,
    },
    origin,
  );
  origins.set(solution, origin as unknown as Origin<Solved>);
  return solution;
}

/**
 * The extension of a loss whose solutions have nothing beyond the common.
 *
 * @example
 * ```ts
 * import { energyDistance } from '@sinkhorn/losses';
 * import { plainSolution } from '@sinkhorn/losses/extend';
 * import { cpu } from '@sinkhorn/backend-cpu';
 *
 * const solution = await energyDistance({ backend: cpu() }).solve([[0]], [[1]]);
 * if (plainSolution(solution) !== solution) throw new Error('unexpected');
 * ```
 */
export const plainSolution = (solution: Solution): Solution => solution;
