import {
  type CheckedMeasure,
  checkMeasure,
  checkRunOptions,
  type HostGradient,
  type HostGradients,
  InvalidOptionError,
  type Measure,
  type MeasurePair,
  type RunOptions,
  runAsync,
  runSync,
  type Side,
  type Task,
} from '@sinkhorn/core';
import type { Engine, Solved } from './engine.js';
import type { GradientOptions, Loss, SolveOptions, TargetLoss, ValueAndGradients } from './loss.js';
import type { Diagnostics, Gradients, MeasureGradient, Solution, WithRespectTo } from './solution.js';

/** What a solution is made from, kept for warm starts and compositions. */
export interface Origin<Result extends Solved> {
  readonly engine: Engine<unknown, Result>;
  readonly pair: MeasurePair;
  readonly result: Result;
}

/** Adds to a solution what one kind of loss has beyond the others. */
export type Extend<S extends Solution, Result extends Solved> = (solution: Solution, origin: Origin<Result>) => S;

const origins = new WeakMap<Solution, Origin<Solved>>();
const engines = new WeakMap<object, Engine<unknown, Solved>>();

/** The engine behind a loss. @throws InvalidOptionError when it is not one of this library's losses. */
export function engineOf(loss: Loss, option: string): Engine {
  const engine = typeof loss === 'object' && loss !== null ? engines.get(loss) : undefined;
  if (!engine)
    throw new InvalidOptionError(`${option} is no loss: give what sinkhornDivergence or another loss returned`);
  return engine;
}

const SIDES: Record<WithRespectTo, readonly Side[]> = { x: ['x'], y: ['y'], both: ['x', 'y'] };

function sidesOf(wrt: WithRespectTo): readonly Side[] {
  const sides = SIDES[wrt];
  if (!sides) throw new InvalidOptionError(`wrt is '${wrt}': it is one of ${Object.keys(SIDES).join(', ')}`);
  return sides;
}

/** The options of a call, once it is clear that they are some. */
function usable<Options extends RunOptions>(options: Options): Options {
  checkRunOptions(options);
  return options;
}

/** A loss with the methods users call, around an engine. */
export function makeLoss<S extends Solution, Known, Result extends Solved>(
  engine: Engine<Known, Result>,
  extend: Extend<S, Result>,
): Loss<S> {
  const checked = (x: Measure, y: Measure): MeasurePair => ({ x: checkMeasure('x', x), y: checkMeasure('y', y) });
  const call = caller(engine, extend);
  // ValueOf follows from X, which an implementation for every X cannot show: hence the cast.
  const loss = {
    name: engine.name,
    ...(engine.kernelNorm && { kernelNorm: engine.kernelNorm }),
    value: async (x: Measure, y: Measure, options: RunOptions = {}) =>
      resultOf(await runAsync(call.value(checked(x, y)), options)),
    valueSync: (x: Measure, y: Measure, options: RunOptions = {}) =>
      resultOf(runSync(call.value(checked(x, y)), options)),
    valueAndGradients: async (x: Measure, y: Measure, options: GradientOptions = {}) =>
      await runAsync(call.valueAndGradients(checked(x, y), usable(options).wrt), options),
    valueAndGradientsSync: (x: Measure, y: Measure, options: GradientOptions = {}) =>
      runSync(call.valueAndGradients(checked(x, y), usable(options).wrt), options),
    solve: async (x: Measure, y: Measure, options: SolveOptions<S> = {}) =>
      await runAsync(call.solve(checked(x, y), usable(options)), options),
    solveSync: (x: Measure, y: Measure, options: SolveOptions<S> = {}) =>
      runSync(call.solve(checked(x, y), usable(options)), options),
    target: (y: Measure) => target(engine, extend, checkMeasure('y', y)),
  } as unknown as Loss<S>;
  engines.set(loss, engine as unknown as Engine<unknown, Solved>);
  return loss;
}

function target<S extends Solution, Known, Result extends Solved>(
  engine: Engine<Known, Result>,
  extend: Extend<S, Result>,
  given: CheckedMeasure,
): TargetLoss<S> {
  // The caller may go on to change its arrays: what is known of y must stay about this y.
  const y = { ...given, points: given.points.slice() };
  let known: Known | undefined;
  const call = caller(engine, extend, function* () {
    known ??= yield* engine.prepare(y);
    return known;
  });
  const pairWith = (x: Measure): MeasurePair => ({ x: checkMeasure('x', x), y });
  return {
    name: engine.name,
    value: async (x: Measure, options: RunOptions = {}) => resultOf(await runAsync(call.value(pairWith(x)), options)),
    valueSync: (x: Measure, options: RunOptions = {}) => resultOf(runSync(call.value(pairWith(x)), options)),
    valueAndGradients: async (x: Measure, options: RunOptions = {}) =>
      await runAsync(call.valueAndGradients(pairWith(x)), options),
    valueAndGradientsSync: (x: Measure, options: RunOptions = {}) =>
      runSync(call.valueAndGradients(pairWith(x)), options),
    solve: async (x: Measure, options: SolveOptions<S> = {}) =>
      await runAsync(call.solve(pairWith(x), usable(options)), options),
    solveSync: (x: Measure, options: SolveOptions<S> = {}) =>
      runSync(call.solve(pairWith(x), usable(options)), options),
  } as unknown as TargetLoss<S>;
}

/** The tasks behind a loss's methods, one implementation for both kinds of caller. */
function caller<S extends Solution, Known, Result extends Solved>(
  engine: Engine<Known, Result>,
  extend: Extend<S, Result>,
  prepare?: () => Task<Known>,
) {
  const compute = function* (pair: MeasurePair, wanted: readonly Side[], start?: Result): Task<Result> {
    const known = prepare && (yield* prepare());
    return yield* engine.solve(pair, wanted, { known, start });
  };
  return {
    *value(pair: MeasurePair): Task<{ pair: MeasurePair; result: Result }> {
      return { pair, result: yield* compute(pair, []) };
    },
    *valueAndGradients(pair: MeasurePair, wrt: WithRespectTo = 'x'): Task<ValueAndGradients<number | Float64Array>> {
      const began = performance.now();
      const result = yield* compute(pair, sidesOf(wrt));
      return {
        value: resultOf({ pair, result }),
        ...toGradients(pair, result.gradients),
        diagnostics: diagnosticsOf(result, began),
      };
    },
    *solve(given: MeasurePair, { start, wrt }: SolveOptions<S>): Task<S> {
      const began = performance.now();
      // Gradients and plans are computed later: they must be those of the clouds as they are now.
      const pair = { x: copy(given.x), y: prepare ? given.y : copy(given.y) };
      const from = start && startFrom(engine, start, pair);
      const result = yield* compute(pair, wrt === undefined ? [] : sidesOf(wrt), from);
      return makeSolution(engine, extend, pair, result, diagnosticsOf(result, began));
    },
  };
}

const copy = (measure: CheckedMeasure): CheckedMeasure => ({ ...measure, points: measure.points.slice() });

function startFrom<Known, Result extends Solved>(
  engine: Engine<Known, Result>,
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

function resultOf({ pair, result }: { pair: MeasurePair; result: Solved }): number | Float64Array {
  return pair.x.batched ? result.values : result.values[0];
}

const diagnosticsOf = ({ diagnostics }: Solved, began: number): Diagnostics => ({
  ...diagnostics,
  milliseconds: performance.now() - began,
});

/** Numbers in the float width of an input. */
export const like = (values: Float64Array, { points }: CheckedMeasure): Float32Array | Float64Array =>
  points instanceof Float32Array ? Float32Array.from(values) : values;

function toGradients(pair: MeasurePair, gradients: HostGradients): Gradients {
  const convert = (side: Side, gradient: HostGradient): MeasureGradient => ({
    points: like(gradient.points, pair[side]),
    weights: like(gradient.weights, pair[side]),
  });
  // Which sides there are follows from `wrt`, as the types of the public methods say.
  return {
    ...(gradients.x && { x: convert('x', gradients.x) }),
    ...(gradients.y && { y: convert('y', gradients.y) }),
  } as Gradients;
}

function makeSolution<S extends Solution, Known, Result extends Solved>(
  engine: Engine<Known, Result>,
  extend: Extend<S, Result>,
  pair: MeasurePair,
  result: Result,
  diagnostics: Diagnostics,
): S {
  let computed = result.gradients;
  const gradients = function* (wrt: WithRespectTo = 'x'): Task<Gradients> {
    const wanted = sidesOf(wrt);
    const missing = wanted.filter((side) => !computed[side]);
    if (missing.length > 0) computed = { ...computed, ...(yield* result.gradientsOf(missing)) };
    return toGradients(pair, {
      ...(wanted.includes('x') && { x: computed.x }),
      ...(wanted.includes('y') && { y: computed.y }),
    });
  };
  const origin = { engine: engine as unknown as Engine<unknown, Result>, pair, result };
  const solution = extend(
    {
      value: resultOf({ pair, result }),
      diagnostics,
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
