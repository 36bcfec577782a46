import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { v128 } from '../encoding/v128.js';
import { accumulators } from './accumulators.js';
import { type Component, UNROLLED_SIZE } from './formulaCode.js';
import { longValues, storeOnes } from './longValues.js';
import type { PairContext } from './pairContext.js';
import type { Reducer } from './reducer.js';

const ONES = 0;

/** Sums of values; a state is a sum for each component. */
export function sumReducer(context: PairContext): Reducer {
  const { frame, formula, rowsAtOnce, value, valueSize } = context;
  const { builder, lanes, constants } = frame;
  if (value === undefined) throw new Error('a sum has a value');
  const sums = accumulators(frame);
  const stateBytes = valueSize * sums.bytes;
  const rows = Array.from({ length: rowsAtOnce }, (_, row) => row);
  const long = valueSize > UNROLLED_SIZE;
  const components = Array.from({ length: long ? 0 : valueSize }, (_, component) => component);
  return {
    stateBytes,
    reducedCount: valueSize,
    begin(state, offset) {
      if (!long) {
        for (const component of components) sums.clear(state, offset + component * sums.bytes);
        return;
      }
      formula.eachComponent(valueSize, (component) => {
        sums.clear(builder.local(i32.add(state, i32.mul(component, i32.constant(sums.bytes)))), offset);
      });
    },
    addTile(tile) {
      if (long) {
        const isProduct = context.productOf(value) !== undefined;
        if (!isProduct) storeOnes(context, tile, ONES);
        longValues(context, value, tile, isProduct ? undefined : ONES, (component, row, sum) => {
          if (typeof component === 'number') {
            sums.add(tile.state, row * stateBytes + component * sums.bytes, sum);
            return;
          }
          const place = builder.local(i32.add(tile.state, i32.mul(component, i32.constant(sums.bytes))));
          sums.add(place, row * stateBytes, sum);
        });
        return;
      }
      const totals = rows.map(() => components.map(() => builder.local(constants(0))));
      context.eachVector(tile, [value], (vector) => {
        context.emitPairs(value);
        const values = rows.map((row) =>
          components.map((component) => builder.local(formula.value(value, row, component))),
        );
        vector.atEdges((mask) => {
          for (const held of values.flat()) builder.set(held, v128.and(held, mask));
        });
        for (const row of rows) {
          for (const component of components) {
            const total = totals[row][component];
            builder.set(total, lanes.add(total, values[row][component]));
          }
        }
      });
      for (const row of rows) {
        for (const component of components) {
          sums.add(tile.state, row * stateBytes + component * sums.bytes, totals[row][component]);
        }
      }
    },
    end(state, place, stride) {
      const store = (from: Local<'i32'>, offset: number, to: Local<'i32'>, at: number) =>
        builder.add(lanes.storeLane(builder.local(sums.total(from, offset)), to, 0, at));
      if (!long) {
        for (const component of components) store(state, component * sums.bytes, place, component * stride);
        return;
      }
      formula.eachComponent(valueSize, (component) => {
        const from = builder.local(i32.add(state, i32.mul(component, i32.constant(sums.bytes))));
        const to = builder.local(i32.add(place, i32.mul(component, i32.constant(stride))));
        store(from, 0, to, 0);
      });
    },
    results: (place, stride) => ({
      main: (component: Component) =>
        typeof component === 'number'
          ? v128.load(place, component * stride)
          : v128.load(i32.add(place, i32.mul(component, i32.constant(stride)))),
    }),
  };
}
