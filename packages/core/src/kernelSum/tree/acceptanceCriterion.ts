import type { Side } from '../../measure/side.js';
import { report, type Task } from '../../tasks/task.js';
import { KERNEL_DECAYS } from '../kernelDecay.js';
import type { MmdProblem } from '../problem.js';
import { errorAt, type MmdSamples, rootMeanSquare } from '../samples.js';
import type { NodeColumns } from './nodeColumns.js';
import { firstBelow, openingDistances } from './openingDistances.js';
import { pairsOver, pointBoxes } from './traverseForRows.js';
import { type AcceptanceCriterion, nearSums, type SourceTree } from './treeSums.js';

/**
 * How often nodes are opened farther away, at most, until the samples are as exact as was asked for. Raising it takes time where rounding
 * is what is left. Chosen, not measured.
 */
const MOST_TRIALS = 8;
/**
 * The first trial's errors of single nodes against the gradient's accuracy: most nodes' errors cancel. Raising it begins with less work
 * and more trials. Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the whole.
 */
const FIRST = 8;
/**
 * The tolerance of a trial over that of the one before it, at most; errors go about as the root of it. Raising it makes smaller steps,
 * and more of them. Chosen, not measured.
 */
const LEAST_STEP = 0.7;
/** And at least: lower, and one bad sample makes the next trial too dear. Chosen, not measured. */
const MOST_STEP = 0.05;
/** The share of the accuracy that what is left out altogether may take. Raising it makes the reach shorter. Chosen, not measured. */
const LEFT_OUT = 0.1;
/**
 * Errors below so much of a kernel's mass are rounding, which no opening changes. Raising it ends trials sooner. About a last digit, as
 * errors of many terms cancel.
 */
const ROUNDING = { float32: 1e-8, float64: 1e-16 } as const;

/** Opens nodes farther and farther away, until sums at the samples are off by `accuracy` at most, or by rounding alone. */
export function* findAcceptanceCriterion(
  problem: MmdProblem,
  source: SourceTree,
  samples: MmdSamples,
  accuracy: number,
  wrt: readonly Side[],
): Task<AcceptanceCriterion> {
  const { kind, blur, space, dimension } = problem;
  const decay = KERNEL_DECAYS[kind];
  const root = (of: (side: Side) => number) => Math.hypot(of('x'), of('y')) / Math.SQRT2;
  const slope = root((side) => rootMeanSquare(samples[side].exact.gradients, dimension));
  const height = root((side) => rootMeanSquare(samples[side].exact.values, 1));
  const mass = samples.x.mass + samples.y.mass;
  const leftOut = (s: number) => mass * Math.max(decay.slope(s) / blur / slope, decay.value(s) / height);
  const falls = decay.value(Number.MAX_VALUE) === 0;
  const reach = falls ? blur * firstBelow(leftOut, LEFT_OUT * accuracy) : Number.POSITIVE_INFINITY;
  let tolerance = FIRST * accuracy * slope * blur;
  for (let trial = 1; ; trial++) {
    yield* report({ stage: 'estimating', iteration: trial });
    const criterion = { openingDistances: yield* openingDistances(source.columns, decay, blur, tolerance), reach };
    const found = {
      x: yield* nearSums(problem, source, pointBoxes(samples.x.points, dimension), samples.x.points, criterion),
      y: yield* nearSums(problem, source, pointBoxes(samples.y.points, dimension), samples.y.points, criterion),
    };
    const error = errorAt(samples, found, wrt);
    const exhausted = trial === MOST_TRIALS || tolerance <= ROUNDING[space.backend.precision] * mass;
    if (error <= accuracy || exhausted) return criterion;
    tolerance *= Math.max(MOST_STEP, Math.min(LEAST_STEP, (accuracy / error) ** 2));
  }
}

/** The pairs that a pass over columns takes for each of the samples, on average. */
export function* pairsAt(
  columns: Pick<NodeColumns, 'tree' | 'blockStarts'>,
  { x, y }: MmdSamples,
  { openingDistances, reach }: AcceptanceCriterion,
): Task<number> {
  const { dimension } = columns.tree;
  let pairs = 0;
  for (const { points } of [x, y])
    pairs += yield* pairsOver(pointBoxes(points, dimension), columns, openingDistances, reach);
  return (pairs * dimension) / (x.points.length + y.points.length);
}
