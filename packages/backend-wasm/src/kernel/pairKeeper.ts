import { i32 } from '../encoding/i32.js';
import { type Vector, v128 } from '../encoding/v128.js';
import { SIZE_ENTRIES } from './arguments.js';
import { VECTOR_BYTES } from './kernelFrame.js';
import type { PairContext } from './pairContext.js';
import type { Reducer } from './reducer.js';

/** Keeps the values of all pairs, row by row in the array 'main' and, where both are wanted, column by column in 'second': nothing is reduced. */
export function pairKeeper(context: PairContext, both: boolean): Reducer {
  const { frame, formula, rowsAtOnce, value } = context;
  const { builder, lanes, constants, parameters, address } = frame;
  if (value === undefined) throw new Error('what is kept has a value');
  const { closeness, byDifferences } = context;
  const bytesOf = (count: 'rows' | 'columns') =>
    i32.mul(i32.load(parameters.arguments, SIZE_ENTRIES[count]), i32.constant(lanes.bytes));
  return {
    stateBytes: VECTOR_BYTES,
    reducedCount: 0,
    begin: () => {},
    addTile(tile) {
      const columnBytes = builder.local(bytesOf('rows'));
      const rows = Array.from({ length: rowsAtOnce }, (_, row) => {
        const index = context.rowIndex(row);
        return {
          main: builder.local(i32.add(address('main'), i32.mul(index, bytesOf('columns')))),
          second: both
            ? builder.local(i32.add(address('second'), i32.mul(index, i32.constant(lanes.bytes))))
            : undefined,
        };
      });
      const used = [value, closeness, byDifferences].filter((output) => output !== undefined);
      context.eachVector(tile, used, ({ column }) => {
        context.emitPairs(value);
        const found = rows.map((_, row) => builder.local(formula.value(value, row)));
        if (closeness !== undefined && byDifferences !== undefined) {
          context.emitPairs(closeness);
          const close = rows.map((_, row) => builder.local(lanes.gt(formula.value(closeness, row), constants(0))));
          builder.if(v128.anyTrue(close.reduce<Vector>((any, mask) => v128.or(any, mask), close[0])), () => {
            context.emitPairs(byDifferences);
            // Lane by lane: which other rows are at hand must not show.
            found.forEach((values, row) => {
              builder.set(values, v128.select(formula.value(byDifferences, row), values, close[row]));
            });
          });
        }
        rows.forEach(({ main, second }, row) => {
          const values = found[row];
          const along = builder.local(i32.add(main, i32.mul(column, i32.constant(lanes.bytes))));
          const down = second && builder.local(i32.add(second, i32.mul(column, columnBytes)));
          const storeDown = (lane: number) => {
            if (!down) return;
            builder.add(lanes.storeLane(values, down, lane));
            builder.set(down, i32.add(down, columnBytes));
          };
          const end = builder.local(i32.add(column, lanes.count));
          builder.if(i32.ge(tile.end, end), () => {
            builder.add(v128.store(along, values));
            for (let lane = 0; lane < lanes.count; lane++) storeDown(lane);
          });
          // A vector that goes beyond the last column: neighbours in memory belong to other rows.
          builder.if(i32.lt(tile.end, end), () => {
            for (let lane = 0; lane < lanes.count; lane++) {
              builder.if(i32.gt(tile.end, i32.add(column, lane)), () => {
                builder.add(lanes.storeLane(values, along, lane, lane * lanes.bytes));
                storeDown(lane);
              });
            }
          });
        });
      });
    },
    end: () => {},
    results: () => ({ main: () => constants(0) }),
  };
}
