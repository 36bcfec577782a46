import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { placesByChance } from '../divergence/mmd/placesByChance.js';
import type { Expression } from '../formula/expression.js';
import type { MmdOptions } from '../kernelSum/kernel.js';
import { norm } from '../linear/norm.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import { rawFrame, toFrame, unitFrame } from '../measure/frame.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, other, type Side } from '../measure/side.js';
import { read, type Task } from '../tasks/task.js';
import { MOST_FORMULAS } from '../transport/planPrecision.js';
import { ROUNDING } from './rounding.js';
import { rowsOnHost } from './rowsOnHost.js';

/** How a side moves: what formulas know beside `point` and `weight`. */
export interface SideMove {
  /** [B, N, D] */
  readonly move: Float64Array;
  /** [B, N] */
  readonly weightMove: Float64Array;
}

/** A formula of kernels, and whether it is one of their slopes, over a length more. */
export interface Term {
  readonly value: Expression;
  readonly isSlope: boolean;
}

type Moves = { readonly [S in Side]?: SideMove };

export interface SignedSums {
  /** Sums of a formula over the points of a side less those over the other one, at each point of the side: [B, N, size]. */
  of(side: Side, term: Term, moves?: Moves): Task<Float64Array>;
  /** How far off a sum may be, relative: the largest so far. */
  lost(): number;
}

/**
 * Points at which float32 sums are compared with float64 ones, of each element. Raising it makes estimates steadier, in proportion to its root,
 * and dearer. Chosen.
 */
const SAMPLES = 32;

/**
 * Standard errors that what a sample tells is taken to be off by. Raising it makes estimates safer and larger. Chosen on clouds of 600 points.
 */
const STANDARD_ERRORS = 3;

/** Sums over the points of both sides of a kernel and its derivatives. */
export function signedSums(space: Workspace, pair: MeasurePair, options: MmdOptions): SignedSums {
  const { backend } = space;
  const { x, y } = pair;
  const isCoarse = backend.precision === 'float32';
  let lost = 0;
  const note = (difference: Float64Array, off: (element: number) => number) => {
    const length = difference.length / x.batch;
    for (let element = 0; element < x.batch; element++) {
      const left = norm(difference.subarray(element * length, (element + 1) * length));
      if (left > 0) lost = Math.max(lost, off(element) / left);
    }
  };
  const parameters = options.blur === undefined ? undefined : { inverseBlur: 1 / options.blur };
  const onHost = (side: Side, { value }: Term, moves: Moves, rows: ArrayLike<number>) =>
    rowsOnHost(
      pair,
      side,
      value,
      (at) => ({ point: pair[at].points, weight: pair[at].weights, ...moves[at] }),
      parameters ?? {},
      rows,
    );
  if (isCoarse && x.batch * (x.count + y.count) ** 2 <= MOST_FORMULAS) {
    return {
      lost: () => lost,
      *of(side, term, moves = NO_MOVES) {
        space.reductions += 2;
        const { own, others } = yield* onHost(side, term, moves, Uint32Array.from(pair[side].weights.keys()));
        const sizes = sizesOf(own, others, term.value.size);
        const difference = own.map((sum, k) => sum - others[k]);
        note(difference, (element) => ROUNDING.float64 * norm(partOf(sizes, element, x.batch)));
        return difference;
      },
    };
  }
  const device = onDevice(space, pair, options);
  return {
    lost: () => lost,
    *of(side, term, moves = NO_MOVES) {
      const { own, others } = yield* device(side, term, moves);
      const { size } = term.value;
      const sizes = sizesOf(own, others, size);
      const difference = own.map((sum, k) => sum - others[k]);
      note(difference, (element) => ROUNDING[backend.precision] * norm(partOf(sizes, element, x.batch)));
      if (!isCoarse) return difference;
      // What rounding of points changes, above all where a kernel has a kink, only float64 tells.
      const { count } = pair[side];
      const chances = sizes.map((size, i) => size / total(partOf(sizes, Math.floor(i / count), x.batch)));
      const places = placesByChance(pair[side], chances, SAMPLES);
      const exact = yield* onHost(side, term, moves, places);
      const squares = Array.from(places, (place, at) => {
        let square = 0;
        for (let c = 0; c < size; c++) {
          const k = at * size + c;
          square += (difference[place * size + c] - (exact.own[k] - exact.others[k])) ** 2;
        }
        return square > 0 ? square / chances[place] : 0;
      });
      note(difference, (element) => {
        const of = squares.slice(element * SAMPLES, (element + 1) * SAMPLES);
        const mean = total(of) / SAMPLES;
        const spread = total(of.map((square) => (square - mean) ** 2)) / SAMPLES ** 2;
        return Math.sqrt(mean + STANDARD_ERRORS * Math.sqrt(spread));
      });
      return difference;
    },
  };
}

const NO_MOVES: Moves = {};

const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);

const partOf = (all: Float64Array, element: number, batch: number): Float64Array =>
  all.subarray((element * all.length) / batch, ((element + 1) * all.length) / batch);

/** How large the numbers are that sums at a point are the difference of, [B, N]. */
const sizesOf = (own: Float64Array, others: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: own.length / size }, (_, i) => {
    const of = (all: Float64Array) => norm(all.subarray(i * size, (i + 1) * size));
    return Math.hypot(of(own), of(others));
  });

/** Sums over each side, by a device, in the units of points. */
function onDevice(space: Workspace, pair: MeasurePair, { blur, scalingPower }: MmdOptions) {
  const scale = scalingPower !== undefined && space.backend.precision === 'float32';
  const frame = scale ? unitFrame([pair.x, pair.y]) : rawFrame(pair.x.dimension);
  const parameters: Readonly<Record<string, number>> = blur === undefined ? {} : { inverseBlur: frame.scale / blur };
  const upload = (side: Side, values: ArrayLike<number>) =>
    space.upload(values, shapeOf(pair[side], values.length / pair[side].weights.length));
  const uploaded = bySide((side) => ({
    point: upload(side, toFrame(pair[side], frame)),
    weight: upload(side, pair[side].weights),
  }));
  return function* (side: Side, { value, isSlope }: Term, moves: Moves) {
    const moved = bySide((at): Readonly<Record<string, DeviceArray>> => {
      const one = moves[at];
      if (!one) return {};
      const move = upload(
        at,
        one.move.map((entry) => entry / frame.scale),
      );
      return { move, weightMove: upload(at, one.weightMove) };
    });
    const unit = frame.scale ** ((scalingPower ?? 0) - (isSlope ? 1 : 0));
    const over = function* (at: Side): Task<Float64Array> {
      const [result] = space.reduce({
        kind: 'sum',
        value,
        rows: { ...uploaded[side], ...moved[side] },
        columns: { ...uploaded[at], ...moved[at] },
        parameters,
      });
      const values = yield* read(space.backend, result);
      space.release(result);
      return Float64Array.from(values, (sum) => sum * unit);
    };
    const own = yield* over(side);
    const others = yield* over(other(side));
    space.release(...Object.values(moved.x), ...Object.values(moved.y));
    return { own, others };
  };
}
