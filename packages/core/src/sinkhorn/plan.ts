import type { Backend, DeviceArray, Reduction } from '../backend/backend.js';
import { type Workspace, workspace } from '../backend/workspace.js';
import { UnsupportedError } from '../errors.js';
import {
  add,
  column,
  type Expression,
  exp,
  mul,
  parameter,
  reduced,
  reducedLogSumExp,
  row,
} from '../formula/expression.js';
import { uploadMeasure } from '../measure/deviceMeasure.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { read, type Task } from '../tasks/task.js';
import { type HostPotentials, potentialsOf } from './hostPotentials.js';
import type { SinkhornOptions } from './options.js';
import { pairFormulas } from './score.js';
import { unitsFor } from './setting.js';

/** A transport plan pi_ij = a_i b_j exp((f_i + g_j - C_ij) / eps), as its potentials and measures: never as a matrix. */
export interface PlanSource {
  readonly backend: Backend;
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly potentials: HostPotentials;
}

/** The most entries a dense plan may have: 128 MiB of float64. */
export const DENSE_PLAN_LIMIT = 2 ** 24;

/** a_i exp(f_i / eps + log-sum-exp of the scores): pi_ij summed over j. A pass's score is log(pi_ij / a_i) - f_i / eps. */
const rowMass = (logSumExp: Expression): Expression =>
  mul(row('weight'), exp(add(mul(parameter('inverseEpsilon'), row('potential')), logSumExp)));

/** What is gathered over the plan's columns; rows bring `weight` and `potential`. */
export type PlanReduction = Pick<Reduction, 'kind' | 'value' | 'finish'> & { readonly size: number };

/** Row sums of the plan. */
export const rowSums: PlanReduction = { kind: 'logSumExp', finish: rowMass(reduced()), size: 1 };

/** Sums of columns' vectors `value` under the plan. */
export const weightedSums = (size: number): PlanReduction => ({
  kind: 'softmaxMean',
  value: column('value', size),
  finish: mul(rowMass(reducedLogSumExp()), reduced(size)),
  size,
});

/** Means of the columns' points under the plan. */
export const pointMeans = (dimension: number): PlanReduction => ({
  kind: 'softmaxMean',
  value: column('point', dimension),
  size: dimension,
});

/** A side's measure and potential on the device, under the names that formulas of the plan know them by. */
function uploadSide(space: Workspace, source: PlanSource, side: Side, only?: number): Record<string, DeviceArray> {
  const { frame, energy } = unitsFor(source.backend, source.pair, source.options);
  const { cross } = potentialsOf(source.potentials, side);
  const whole = source.pair[side];
  const measure = only === undefined ? whole : pointOf(whole, only);
  const potential = only === undefined ? cross : every(cross, whole.count, 1, only);
  const { points, weights, logWeights } = uploadMeasure(space, measure, frame);
  const scaled = potential.map((value) => value / energy);
  return { point: points, weight: weights, logWeight: logWeights, potential: space.upload(scaled, weights.shape) };
}

/** Entry `index` of every element of a batch: `size` numbers each out of `count` entries. */
function every(values: Float32Array | Float64Array, count: number, size: number, index: number): Float64Array {
  const batch = values.length / (count * size);
  return Float64Array.from({ length: batch * size }, (_, k) => {
    const element = Math.floor(k / size);
    return values[(element * count + index) * size + (k % size)];
  });
}

/** The measure of one point, with its weight, in every element of a batch. */
const pointOf = (measure: CheckedMeasure, index: number): CheckedMeasure => ({
  ...measure,
  count: 1,
  points: every(measure.points, measure.count, measure.dimension, index),
  weights: every(measure.weights, measure.count, 1, index),
});

function prepare(space: Workspace, source: PlanSource, side: Side, reduction: PlanReduction): Reduction {
  const { backend, pair, options } = source;
  const { kind, value, finish } = reduction;
  return {
    kind,
    value,
    finish,
    score: pairFormulas(options.cost, side, pair.x.dimension).score,
    rows: uploadSide(space, source, side),
    columns: uploadSide(space, source, other(side)),
    parameters: { inverseEpsilon: (unitsFor(backend, pair, options).length / options.blur) ** options.p },
  };
}

function* run(source: PlanSource, side: Side, wanted: PlanReduction, values?: ArrayLike<number>): Task<Float64Array> {
  const space = workspace(source.backend);
  try {
    const reduction = prepare(space, source, side, wanted);
    const { batched, batch, count } = source.pair[other(side)];
    const shape = batched ? [batch, count, wanted.size] : [count, wanted.size];
    const columns = { ...reduction.columns, ...(values && { value: space.upload(values, shape) }) };
    const [result] = space.reduce({ ...reduction, columns });
    return Float64Array.from(yield* read(space.backend, result));
  } finally {
    space.releaseAll();
  }
}

/** The masses the plan takes from each point of a side, [B, N]. */
export const planMarginal = (source: PlanSource, side: Side): Task<Float64Array> => run(source, side, rowSums);

/** sum_j pi_ij v_j for every point i of `side`, [B, N, size]; `values` is [B, M, size]. */
export const applyPlan = (
  source: PlanSource,
  side: Side,
  values: ArrayLike<number>,
  size: number,
): Task<Float64Array> => run(source, side, weightedSums(size), values);

/**
 * Where the plan sends each point of `side` on average: sum_j pi_ij y_j / sum_j pi_ij, [B, N, D], in the input's
 * coordinates.
 */
export function* barycentricMap(source: PlanSource, side: Side): Task<Float64Array> {
  const { dimension } = source.pair.x;
  const { frame } = unitsFor(source.backend, source.pair, source.options);
  const means = yield* run(source, side, pointMeans(dimension));
  return means.map((value, index) => value * frame.scale + frame.centre[index % dimension]);
}

/**
 * The plan as a matrix, [B, N, M], row by row.
 *
 * @throws UnsupportedError above DENSE_PLAN_LIMIT entries.
 */
export function* densePlan(source: PlanSource, side: Side): Task<Float64Array> {
  const from = source.pair[side];
  const to = source.pair[other(side)];
  const entries = from.batch * from.count * to.count;
  if (entries > DENSE_PLAN_LIMIT) {
    throw new UnsupportedError(
      `a dense plan of ${from.count} x ${to.count} has more than ${DENSE_PLAN_LIMIT} entries: use apply, marginals or barycentricMap, which never store it`,
    );
  }
  const dense = new Float64Array(entries);
  const space = workspace(source.backend);
  try {
    const reduction = prepare(space, source, side, rowSums);
    for (let j = 0; j < to.count; j++) {
      const columns = uploadSide(space, source, other(side), j);
      const [entry] = space.reduce({ ...reduction, columns });
      const values = yield* read(space.backend, entry);
      values.forEach((value, i) => {
        dense[i * to.count + j] = value;
      });
      space.release(entry, ...Object.values(columns));
    }
    return dense;
  } finally {
    space.releaseAll();
  }
}
