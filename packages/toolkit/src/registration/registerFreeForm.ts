import { formula, InvalidOptionError, type Measure } from '@sinkhorn/core';
import type { Backend } from '@sinkhorn/losses';
import { bendDoubts } from './bendDoubts.js';
import { mapPoints } from './linearMap.js';
import { checkRegistration, type RegistrationOptions } from './options.js';
import { pull, reachAt } from './pull.js';
import { rigidMap, rivalDoubts } from './registerRigid.js';
import { type Registration, resultOf } from './registration.js';

/** How a free-form registration runs. */
export interface FreeFormOptions extends RegistrationOptions {
  /** Points closer than this move together: a length in units of the coordinates. Default: twice the blur of each step. */
  readonly stiffness?: number;
  /** Whether a rigid registration comes first. Default true. */
  readonly rigid?: boolean;
}

/** A step of a free-form registration: where points stood, how far they moved, and how wide they were smoothed. */
interface Step {
  readonly points: Float64Array;
  readonly weights: Float64Array;
  readonly shifts: Float64Array;
  readonly width: number;
}

/** Of the way to its partners a point goes so much in a step: the way is looked for anew in each. */
const STRIDE = 0.7;

/**
 * Bends a source onto a target: after a rigid registration, each step moves every point as far as the points around it would go on
 * average, by a Gaussian whose width falls with the blur. Neighbours stay neighbours, and any other point can be moved along: `apply`.
 *
 * The residual tells whether the shapes coincide in the end, not which point belongs to which: partners are those of short ways, and
 * after a strong bend a surface may have slid along itself. Where the source is turned by little, `rigid: false` keeps it from a wrong turn.
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares.
 *
 * @throws What `registerRigid` throws.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { registerFreeForm } from 'sinkhorn/toolkit';
 *
 * const source = Array.from({ length: 40 }, (_, i) => [i / 20, 0]);
 * const target = source.map(([x]) => [x, 0.3 * Math.sin(3 * x)]);
 * const { residual, apply } = await registerFreeForm(source, target, { backend: cpu(), rigid: false });
 * const [, y] = await apply([[0.525, 0]]);
 * if (residual > 0.03 || Math.abs(y - 0.3) > 0.05) throw new Error(`${residual} ${y}`);
 * ```
 */
export async function registerFreeForm(
  source: Measure,
  target: Measure,
  options: FreeFormOptions,
): Promise<Registration> {
  const checked = await checkRegistration('registerFreeForm', source, target, options, ['stiffness', 'rigid']);
  const { stiffness, rigid = true } = options;
  if (stiffness !== undefined && !(stiffness > 0 && Number.isFinite(stiffness))) {
    throw new InvalidOptionError(`stiffness is ${stiffness}: give a finite length above 0`);
  }
  if (typeof rigid !== 'boolean') throw new InvalidOptionError(`rigid is ${rigid}: give true or false`);
  const { backend, reach, blurs, run, onStep, whole } = checked;
  const begin = rigid ? await rigidMap(checked, false) : undefined;
  const map = begin?.map;
  const placed = (points: ArrayLike<number>) => (map ? mapPoints(map, points) : Float64Array.from(points));
  const steps: Step[] = [];
  const { weights, dimension } = checked.source;
  const start = placed(checked.source.points);
  let points = start;
  for (const [index, blur] of blurs.entries()) {
    const progress = { stage: 'bending', share: index / blurs.length };
    run.onProgress?.(progress);
    const cloud = { ...checked.source, points };
    const found = await pull(cloud, checked.target, { backend, blur, reach: reachAt(blur, reach), signal: run.signal });
    // What has no partner has no say, and is moved along.
    const step = { points, weights: found.masses, shifts: found.shifts, width: stiffness ?? 2 * blur };
    if (!step.weights.some((mass) => mass > 0)) break;
    const aims = points.map((value, k) => value + found.shifts[k]);
    await onStep?.({ ...progress, blur, points, from: points, aims });
    steps.push(step);
    points = await moved(backend, dimension, step, points);
    run.signal?.throwIfAborted();
  }
  const apply = async (others: ArrayLike<number>) => {
    let at = placed(others);
    for (const step of steps) at = await moved(backend, dimension, step, at);
    return at;
  };
  const isWhole = weights.length === whole.count;
  const doubts = [
    ...(begin ? rivalDoubts(begin) : []),
    ...bendDoubts(checked.source, start, points, checked.target, checked.spread),
  ];
  return resultOf(checked, { points: isWhole ? points : await apply(whole.points), sample: points, apply, doubts });
}

/** Points after a step: each moved by sum_j k(x, x_j) w_j v_j / sum_j k(x, x_j) w_j, with a Gaussian k. */
async function moved(backend: Backend, dimension: number, step: Step, at: Float64Array): Promise<Float64Array> {
  const count = step.weights.length;
  const heavy = step.weights.reduce((most, weight) => Math.max(most, weight), 0);
  const rows = backend.array(at, [at.length / dimension, dimension]);
  const columns = backend.array(step.points, [count, dimension]);
  const values = backend.array(step.shifts, [count, dimension]);
  // A weight of 0 has no logarithm: so light that it has no say.
  const logs = backend.array(
    step.weights.map((weight) => Math.log(Math.max(weight / heavy, 1e-12))),
    [count, 1],
  );
  const { add, column, mul, row, squaredDistance } = formula;
  const results = backend.reduce({
    kind: 'softmaxMean',
    score: add(
      column('logs'),
      mul(-0.5 / step.width ** 2, squaredDistance(row('at', dimension), column('points', dimension))),
    ),
    value: column('values', dimension),
    rows: { at: rows },
    columns: { points: columns, values, logs },
    parameters: {},
  });
  try {
    const mean = await backend.read(results[0]);
    return at.map((value, k) => value + STRIDE * mean[k]);
  } finally {
    for (const array of [rows, columns, values, logs, ...results]) backend.release(array);
  }
}
