import { LARGEST_SHIFT, weightFactors, weightOrZero, weightShift } from '../arithmetic/exponential.js';
import { logarithm } from '../arithmetic/logarithm.js';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { type Vector, v128 } from '../encoding/v128.js';
import { accumulators } from './accumulators.js';
import { type Component, UNROLLED_SIZE } from './formulaCode.js';
import { acrossLanes } from './horizontal.js';
import { VECTOR_BYTES } from './kernelFrame.js';
import { longValues } from './longValues.js';
import type { ColumnVector, PairContext } from './pairContext.js';
import type { Reducer, Tile } from './reducer.js';

/** Where a tile's scores stand, and then its weights. */
const SCORES = 0;

/**
 * Log-sum-exps of scores in powers of two, and means of values under the weights they give. A tile's scores are stored
 * while their maximum is found; then the sums so far are scaled to the new maximum, if it is one, and the tile's
 * exponentials are added.
 *
 * A state is the largest score so far, the sum of weights and those of weighted values.
 */
export function softmaxReducer(context: PairContext): Reducer {
  const { frame, formula, rowsAtOnce, score, value, valueSize } = context;
  const { builder, lanes, constants } = frame;
  if (score === undefined) throw new Error('a softmax has a score');
  const sums = accumulators(frame);
  const TOTAL = VECTOR_BYTES;
  const VALUES = TOTAL + sums.bytes;
  const stateBytes = VALUES + valueSize * sums.bytes;
  const rows = Array.from({ length: rowsAtOnce }, (_, row) => row);
  const lowest = Number.NEGATIVE_INFINITY;

  /** Stores the scores of a tile, and gives each row's largest, lane by lane. */
  const storeScores = (tile: Tile): readonly Local<'v128'>[] => {
    const largest = rows.map(() => builder.local(constants(lowest)));
    context.eachVector(tile, [score], (vector) => {
      context.emitPairs(score);
      const scores = rows.map((row) => builder.local(formula.value(score, row)));
      vector.atEdges((mask) => {
        for (const held of scores) builder.set(held, v128.select(held, constants(lowest), mask));
      });
      rows.forEach((row) => {
        builder.set(largest[row], lanes.pmax(largest[row], scores[row]));
        vector.store(SCORES, row, scores[row]);
      });
    });
    return largest;
  };

  /** Scales a row's sums to its largest score so far, rounded, which it gives; 0 while every score is -Infinity. */
  const rescale = (tile: Tile, row: number, tileLargest: Vector): Local<'v128'> => {
    const offset = row * stateBytes;
    const before = builder.local(v128.load(tile.state, offset));
    const largestHere = lanes.nearest(acrossLanes(builder, lanes, lanes.pmax, tileLargest));
    const now = builder.local(lanes.pmax(before, largestHere));
    builder.if(v128.anyTrue(lanes.gt(now, before)), () => {
      const step = weightShift(builder, lanes, constants, constants(0));
      const difference = builder.local(lanes.sub(before, now));
      const factor = weightOrZero(builder, lanes, constants, difference, step);
      sums.scale(tile.state, offset + TOTAL, 1 + valueSize, factor);
      builder.add(v128.store(tile.state, now, offset));
    });
    return builder.local(v128.and(now, lanes.ne(now, constants(lowest))));
  };

  /** Takes a tile's scores relative to their shifts where those are too large for weights to be taken so directly. */
  const rebase = (tile: Tile, shifts: readonly Local<'v128'>[]) => {
    const tooLarge = shifts
      .map((shift) => lanes.gt(lanes.abs(shift), constants(LARGEST_SHIFT)))
      .reduce((some, one) => v128.or(some, one));
    builder.if(v128.anyTrue(tooLarge), () => {
      context.eachVector(tile, [], (vector) => {
        for (const row of rows) vector.store(SCORES, row, lanes.sub(vector.load(SCORES, row), shifts[row]));
      });
      for (const shift of shifts) builder.set(shift, constants(0));
    });
  };

  /** The values of a vector; where there is no column, 0 and not whatever memory holds, as 0 times that may be NaN. */
  const valuesOf = (vector: ColumnVector, output: number): readonly (readonly Local<'v128'>[])[] => {
    context.emitPairs(output);
    const values = rows.map((row) =>
      Array.from({ length: valueSize }, (_, component) => builder.local(formula.value(output, row, component))),
    );
    vector.atEdges((mask) => {
      for (const held of values.flat()) builder.set(held, v128.and(held, mask));
    });
    return values;
  };

  return {
    stateBytes,
    reducedCount: 2 + valueSize,
    begin(state, offset) {
      builder.add(v128.store(state, constants(lowest), offset));
      sums.clear(state, offset + TOTAL);
      if (valueSize > UNROLLED_SIZE) {
        formula.eachComponent(valueSize, (component) => {
          sums.clear(builder.local(i32.add(state, i32.mul(component, i32.constant(sums.bytes)))), offset + VALUES);
        });
      } else {
        for (let k = 0; k < valueSize; k++) sums.clear(state, offset + VALUES + k * sums.bytes);
      }
    },
    addTile(tile) {
      const largest = storeScores(tile);
      const shifts = rows.map((row) => rescale(tile, row, largest[row]));
      rebase(tile, shifts);
      const relative = shifts.map((shift) => weightShift(builder, lanes, constants, shift));
      const unrolled = value !== undefined && valueSize <= UNROLLED_SIZE;
      const totals = rows.map(() => builder.local(constants(0)));
      const weighted = rows.map(() =>
        Array.from({ length: unrolled ? valueSize : 0 }, () => builder.local(constants(0))),
      );
      context.eachVector(tile, unrolled ? [value] : [], (vector) => {
        const values = unrolled ? valuesOf(vector, value) : [];
        rows.forEach((row) => {
          const scored = vector.load(SCORES, row);
          if (value === undefined) {
            const factors = weightFactors(builder, lanes, constants, scored, relative[row]);
            builder.set(totals[row], lanes.madd(...factors, totals[row]));
            return;
          }
          const w = builder.local(weightOrZero(builder, lanes, constants, scored, relative[row]));
          builder.set(totals[row], lanes.add(totals[row], w));
          weighted[row].forEach((sum, component) => {
            builder.set(sum, lanes.madd(w, values[row][component], sum));
          });
          if (!unrolled) vector.store(SCORES, row, w);
        });
      });
      rows.forEach((row) => {
        sums.add(tile.state, row * stateBytes + TOTAL, totals[row]);
        weighted[row].forEach((sum, component) => {
          sums.add(tile.state, row * stateBytes + VALUES + component * sums.bytes, sum);
        });
      });
      if (value !== undefined && !unrolled) {
        longValues(context, value, tile, SCORES, (component, row, sum) => {
          if (typeof component === 'number') {
            sums.add(tile.state, row * stateBytes + VALUES + component * sums.bytes, sum);
            return;
          }
          const place = builder.local(i32.add(tile.state, i32.mul(component, i32.constant(sums.bytes))));
          sums.add(place, row * stateBytes + VALUES, sum);
        });
      }
    },
    end(state, place, stride) {
      builder.add(lanes.storeLane(v128.load(state), place, 0));
      const storeTotal = (from: Local<'i32'>, offset: number, to: Local<'i32'>, at: number) =>
        builder.add(lanes.storeLane(builder.local(sums.total(from, offset)), to, 0, at));
      storeTotal(state, TOTAL, place, stride);
      if (valueSize > UNROLLED_SIZE) {
        formula.eachComponent(valueSize, (component) => {
          const from = builder.local(i32.add(state, i32.mul(component, i32.constant(sums.bytes))));
          const to = builder.local(i32.add(place, i32.mul(component, i32.constant(stride))));
          storeTotal(from, VALUES, to, 2 * stride);
        });
      } else {
        for (let k = 0; k < valueSize; k++) storeTotal(state, VALUES + k * sums.bytes, place, (2 + k) * stride);
      }
    },
    results(place, stride) {
      const total = builder.local(v128.load(place, stride));
      const logTotal = builder.local(logarithm(builder, lanes, constants, total));
      const logSumExp = builder.local(lanes.madd(v128.load(place), constants(Math.LN2), logTotal));
      if (value === undefined) return { main: () => logSumExp };
      const counted = builder.local(lanes.gt(total, constants(0)));
      const main = (component: Component) => {
        const [at, offset] =
          typeof component === 'number'
            ? [place, component * stride]
            : [i32.add(place, i32.mul(component, i32.constant(stride))), 0];
        return v128.and(lanes.div(v128.load(at, offset + 2 * stride), total), counted);
      };
      return { main, second: logSumExp };
    },
  };
}
