import type { Expression } from '../formula/expression.js';
import type { DeviceArray, DeviceReader } from '../tasks/deviceReader.js';
import type { BlockPattern } from './blockPattern.js';

export type { DeviceArray, Values } from '../tasks/deviceReader.js';

/**
 * What is done with the pairs of a row:
 * - `logSumExp`: log sum_j exp(score)
 * - `softmaxMean`: sum_j exp(score) value / sum_j exp(score), and the log-sum-exp
 * - `sum`: sum_j value
 * - `min`: min_j score, and the least j that attains it, in whatever order blocks are listed
 */
export type ReductionKind = 'logSumExp' | 'softmaxMean' | 'sum' | 'min';

/**
 * One reduction over the columns j, for every row i: out_i = finish(reduce_j formula(x_i, y_j)).
 *
 * Arrays have the shape [N, size] or [B, N, size]; in a batch, an array without the leading axis serves every element.
 * With no row arrays there is one row, with no column arrays one column: so sums over a cloud and elementwise steps
 * are reductions too. A row that no column block reaches gives -Infinity for `logSumExp`, 0 for `sum` and
 * `softmaxMean`, Infinity and -1 for `min`.
 */
export interface Reduction {
  readonly kind: ReductionKind;
  /** A number for each pair: for `logSumExp`, `softmaxMean` and `min`. */
  readonly score?: Expression;
  /** A vector for each pair: for `sum` and `softmaxMean`. */
  readonly value?: Expression;
  /** Replaces the main result: an expression of `reduced()`, row variables and parameters. */
  readonly finish?: Expression;
  readonly rows: Readonly<Record<string, DeviceArray>>;
  readonly columns: Readonly<Record<string, DeviceArray>>;
  readonly parameters: Readonly<Record<string, number>>;
  /** The pairs to visit; every pair when absent. */
  readonly blocks?: BlockPattern;
  /** A number for each pair, [N, M] or [B, N, M]: for backends that have `pairs`. */
  readonly pairs?: Readonly<Record<string, DeviceArray>>;
}

/** A formula whose value for every pair is kept: what a reduction reads as a `pair` variable. */
export interface KeptPairs extends Pick<Reduction, 'rows' | 'columns' | 'parameters'> {
  /** A number for each pair. */
  readonly value: Expression;
  /** Whether the same with rows and columns exchanged is wanted besides. */
  readonly transposed?: boolean;
}

/** Nodes at equal distances along an axis. */
export interface EvenNodes {
  readonly count: number;
  readonly first: number;
  /** The distance from each node to the next; more than 0. */
  readonly spacing: number;
}

/**
 * The lines of a grid along one of its axes, and what is summed along each: for every row i
 * log sum_j exp(score_j - rate (x_i - y_j)^2), over the columns j of its line.
 */
export interface AxisSoftmax {
  /** A number for each node, [N, 1] or [B, N, 1]: all together, those of an array of the shape [outer, columns.count, inner]. */
  readonly scores: DeviceArray;
  /** How far apart neighbours along the axis are in that array: the product of the lengths of the axes that follow. */
  readonly inner: number;
  readonly rows: EvenNodes;
  readonly columns: EvenNodes;
  readonly rate: number;
  /**
   * How exact sums have to be; as the backend's arrays are when absent. 'float32' lets a float64 backend sum in float32: results are off by
   * some 1e-6 then, and not by what float32 rounds off numbers as large as scores may be.
   */
  readonly sums?: 'float32';
}

/**
 * What a backend is: it uploads, reduces and reads. It knows nothing of transport.
 *
 * `reduce` dispatches at once and work runs in order, so nothing but `read` ever waits.
 */
export interface Backend extends DeviceReader {
  readonly precision: 'float32' | 'float64';
  /**
   * For a float32 backend whose device can do better: the same device in float64, for what float32 is too coarse for. Its arrays are
   * its own; it ends when this backend is disposed of.
   */
  readonly inFloat64?: Backend;
  /** How it runs on this machine, for people: threads or adapter, and why not more. */
  readonly description?: string;
  /** Copies numbers to the device. */
  array(values: ArrayLike<number>, shape: readonly number[]): DeviceArray;
  /**
   * An array whose numbers `write` gives it piece by piece, so that other work has its turn while very many are copied. Where it is
   * absent, `array` copies them at once; a backend has both or none.
   */
  room?(shape: readonly number[]): DeviceArray;
  /** Writes numbers of an array that `room` made, from a place on that is counted through all rows: before a reduction uses it. */
  write?(array: DeviceArray, values: Float32Array | Float64Array, from: number): void;
  /**
   * Dispatches a reduction. The main result comes first, as [N, size] or [B, N, size]; `softmaxMean` adds the
   * log-sum-exp and `min` the index of the column, the least one where several attain the minimum, each of size 1.
   */
  reduce(reduction: Reduction): readonly DeviceArray[];
  /**
   * An array whose row k is the row order[k] of another one, in each element of a batch: dispatched as `reduce` is, with the order as it
   * is now. Rows may come more than once, or not at all. Where it is absent, arrays are read, put in order and uploaded again.
   *
   * Exchanging the axes of a grid is such an order too, as rows are counted through all of them.
   */
  permute?(array: DeviceArray, order: Uint32Array): DeviceArray;
  /**
   * A softmax along an axis of a grid whose nodes are at equal distances, [N', 1] or [B, N', 1] with as many entries as an array of the shape
   * [outer, rows.count, inner] has: a backend may know a faster way than over all pairs of a line. A score of -Infinity is no part of
   * sums, and where all are, so is the result. Where it is absent, or throws an UnsupportedError, which it does for nodes that its way
   * does not allow, such as those of two unrelated spacings, `reduce` takes its place.
   */
  logSumExpAlongAxis?(given: AxisSoftmax): DeviceArray;
  /**
   * The same where the cost along the axis is the distance: log sum_j exp(score_j - rate |x_i - y_j|) for every row i, which sums that go from
   * column to column give in a few operations a node.
   */
  logSumExpByDistance?(given: AxisSoftmax): DeviceArray;
  /**
   * The numbers of a formula for all pairs, [N, M] or [B, N, M], and behind them those of the exchanged pairs, [M, N] or [B, M, N], where they
   * are wanted: dispatched as `reduce` is. A backend that has it takes `pair` variables in reductions; where it is absent, formulas are
   * computed in each pass. It throws an UnsupportedError where there is no memory for them.
   */
  pairs?(given: KeptPairs): readonly DeviceArray[];
  /**
   * Frees an array; its use afterwards is an error. After `dispose`, or where the device was lost, it does nothing: computations
   * release what they hold when they end, and must not hide what ended them.
   */
  release(array: DeviceArray): void;
  /** Frees everything; any later use but `release` and `dispose` throws a DeviceLostError. */
  dispose(): void;
}
