import type { Backend, DeviceArray } from '../backend/backend.js';
import { type Workspace, workspace } from '../backend/workspace.js';
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
  sub,
} from '../formula/expression.js';
import { type PairwiseGeometry, type Pass, pairwiseAt } from '../geometry/pairwise/pairwise.js';
import { type DeviceMeasure, shapeOf, uploadMeasure } from '../measure/deviceMeasure.js';
import type { MeasurePair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import { read, report, type Task } from '../tasks/task.js';
import { unitsFor } from './context.js';
import { type HostPotentials, potentialsOf } from './hostPotentials.js';
import type { SinkhornOptions } from './options.js';
import { putBlock, takeBlock, valueBlocks } from './valueBlocks.js';

/** A transport plan pi_ij = a_i b_j exp((f_i + g_j - C_ij) / eps), as its potentials and measures: never as a matrix. */
export interface PlanSource {
  readonly backend: Backend;
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly potentials: HostPotentials;
}

/** a_i exp(f_i / eps + log-sum-exp of the scores): pi_ij summed over j. A pass's score is log(pi_ij / a_i) - f_i / eps. */
export const rowMass = (logSumExp: Expression): Expression =>
  mul(row('weight'), exp(add(mul(parameter('inverseEpsilon'), row('potential')), logSumExp)));

/** What is gathered over the plan's columns; rows bring `weight` and `potential`. */
export type PlanPass = Pick<Pass, 'kind' | 'value' | 'finish'>;

/** Row sums of the plan. */
export const rowSums: PlanPass = { kind: 'logSumExp', finish: rowMass(reduced()) };

/** Sums of columns' vectors `value` under the plan. */
export const weightedSums = (size: number): PlanPass => ({
  kind: 'softmaxMean',
  value: column('value', size),
  finish: mul(rowMass(reducedLogSumExp()), reduced(size)),
});

/** Means of the columns' points under the plan. */
export const pointMeans = (dimension: number): PlanPass => ({
  kind: 'softmaxMean',
  value: column('point', dimension),
});

/** A side's measure on the device, with its potential. */
interface PlanSide extends DeviceMeasure {
  readonly potential: DeviceArray;
}

function uploadSide(space: Workspace, source: PlanSource, side: Side): PlanSide {
  const { frame, energy } = unitsFor(source.backend, source.pair, source.options);
  const { cross } = potentialsOf(source.potentials, side);
  const uploaded = uploadMeasure(space, source.pair[side], frame);
  const scaled = cross.map((value) => value / energy);
  return { ...uploaded, potential: space.upload(scaled, uploaded.weights.shape) };
}

/** A pass at the points of a side over those of the other one; with values, a pass for each block of them. */
function* run(
  source: PlanSource,
  side: Side,
  size: number,
  passOf: (size: number, formulas: PairwiseGeometry['formulas']) => PlanPass,
  values?: ArrayLike<number>,
): Task<Float64Array> {
  const { backend, pair, options } = source;
  const space = workspace(backend);
  try {
    const [rows, columns] = [uploadSide(space, source, side), uploadSide(space, source, other(side))];
    const geometry = pairwiseAt(side, { space, cost: options.cost, rows, columns });
    const epsilon = (options.blur / unitsFor(backend, pair, options).length) ** options.p;
    const found = new Float64Array(pair[side].batch * pair[side].count * size);
    for (const block of values ? valueBlocks(size) : [{ start: 0, width: size }]) {
      yield* report({ stage: 'plan', share: block.start / size });
      const value = values && space.upload(takeBlock(values, size, block), shapeOf(pair[other(side)], block.width));
      const results = geometry.pass(columns, epsilon, {
        ...passOf(block.width, geometry.formulas),
        rows: { weight: rows.weights, potential: rows.potential },
        columns: value && { value },
      });
      putBlock(found, size, block, yield* read(backend, results[0]));
      space.release(value, ...results);
    }
    return found;
  } finally {
    space.releaseAll();
  }
}

/** sum_j pi_ij C_ij for every point i of `side`, [B, N]. */
export function* planCosts(source: PlanSource, side: Side): Task<Float64Array> {
  const sums = yield* run(source, side, 1, (_, { cost }) => ({
    kind: 'softmaxMean',
    value: cost,
    finish: mul(rowMass(reducedLogSumExp()), reduced()),
  }));
  const { energy } = unitsFor(source.backend, source.pair, source.options);
  return sums.map((sum) => energy * sum);
}

/** The mass of every point i of `side` times the entropy of where it goes, -sum_j p_ij log p_ij with p_ij its shares, [B, N]. */
export const planEntropies = (source: PlanSource, side: Side): Task<Float64Array> =>
  run(source, side, 1, (_, { score }) => ({
    kind: 'softmaxMean',
    value: score,
    finish: mul(rowMass(reducedLogSumExp()), sub(reducedLogSumExp(), reduced())),
  }));

/** The masses the plan takes from each point of a side, [B, N]. */
export const planMarginal = (source: PlanSource, side: Side): Task<Float64Array> => run(source, side, 1, () => rowSums);

/** sum_j pi_ij v_j for every point i of `side`, [B, N, size]; `values` is [B, M, size]. */
export const applyPlan = (
  source: PlanSource,
  side: Side,
  values: ArrayLike<number>,
  size: number,
): Task<Float64Array> => run(source, side, size, weightedSums, values);

/**
 * Where the plan sends each point of `side` on average: sum_j pi_ij y_j / sum_j pi_ij, [B, N, D], in the input's
 * coordinates.
 */
export function* barycentricMap(source: PlanSource, side: Side): Task<Float64Array> {
  const { dimension } = source.pair.x;
  const { frame } = unitsFor(source.backend, source.pair, source.options);
  const means = yield* run(source, side, dimension, pointMeans);
  return means.map((value, index) => value * frame.scale + frame.centre[index % dimension]);
}
