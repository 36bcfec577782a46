import type { Backend, DeviceArray } from '../backend/backend.js';
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
import { type Pass, pairwiseAt } from '../geometry/pairwise/pairwise.js';
import { type DeviceMeasure, uploadMeasure } from '../measure/deviceMeasure.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { read, type Task } from '../tasks/task.js';
import { type HostPotentials, potentialsOf } from './hostPotentials.js';
import type { SinkhornOptions } from './options.js';
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
export type PlanPass = Pick<Pass, 'kind' | 'value' | 'finish'> & { readonly size: number };

/** Row sums of the plan. */
export const rowSums: PlanPass = { kind: 'logSumExp', finish: rowMass(reduced()), size: 1 };

/** Sums of columns' vectors `value` under the plan. */
export const weightedSums = (size: number): PlanPass => ({
  kind: 'softmaxMean',
  value: column('value', size),
  finish: mul(rowMass(reducedLogSumExp()), reduced(size)),
  size,
});

/** Means of the columns' points under the plan. */
export const pointMeans = (dimension: number): PlanPass => ({
  kind: 'softmaxMean',
  value: column('point', dimension),
  size: dimension,
});

/** A side's measure on the device, with its potential. */
interface PlanSide extends DeviceMeasure {
  readonly potential: DeviceArray;
}

/** A side, or one of its points alone. */
function uploadSide(space: Workspace, source: PlanSource, side: Side, only?: number): PlanSide {
  const { frame, energy } = unitsFor(source.backend, source.pair, source.options);
  const { cross } = potentialsOf(source.potentials, side);
  const whole = source.pair[side];
  const measure = only === undefined ? whole : pointOf(whole, only);
  const potential = only === undefined ? cross : every(cross, whole.count, 1, only);
  const uploaded = uploadMeasure(space, measure, frame);
  const scaled = potential.map((value) => value / energy);
  return { ...uploaded, potential: space.upload(scaled, uploaded.weights.shape) };
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

/** A pass at the points of a side over some of the other one, or over all. */
function passOver(
  space: Workspace,
  { backend, pair, options }: PlanSource,
  side: Side,
  { kind, value, finish }: PlanPass,
  rows: PlanSide,
  columns: PlanSide,
  values?: DeviceArray,
): readonly DeviceArray[] {
  const epsilon = (options.blur / unitsFor(backend, pair, options).length) ** options.p;
  return pairwiseAt(side, { space, cost: options.cost, rows, columns }).pass(columns, epsilon, {
    kind,
    value,
    finish,
    rows: { weight: rows.weights, potential: rows.potential },
    columns: values && { value: values },
  });
}

function* run(source: PlanSource, side: Side, wanted: PlanPass, values?: ArrayLike<number>): Task<Float64Array> {
  const space = workspace(source.backend);
  try {
    const { batched, batch, count } = source.pair[other(side)];
    const shape = batched ? [batch, count, wanted.size] : [count, wanted.size];
    const [rows, columns] = [uploadSide(space, source, side), uploadSide(space, source, other(side))];
    const uploaded = values && space.upload(values, shape);
    const [result] = passOver(space, source, side, wanted, rows, columns, uploaded);
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
    const rows = uploadSide(space, source, side);
    for (let j = 0; j < to.count; j++) {
      const columns = uploadSide(space, source, other(side), j);
      const [entry] = passOver(space, source, side, rowSums, rows, columns);
      const values = yield* read(space.backend, entry);
      values.forEach((value, i) => {
        dense[i * to.count + j] = value;
      });
      const { points, weights, logWeights, shares, potential } = columns;
      space.release(entry, points, weights, logWeights, shares, potential);
    }
    return dense;
  } finally {
    space.releaseAll();
  }
}
