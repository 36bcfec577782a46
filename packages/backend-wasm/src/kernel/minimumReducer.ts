import { i32x4, v128 } from '../encoding/v128.js';
import { acrossLanes, laneNumbers } from './horizontal.js';
import { VECTOR_BYTES } from './kernelFrame.js';
import type { PairContext } from './pairContext.js';
import type { Reducer } from './reducer.js';

/** Least scores and the least columns that have them, in whatever order the tiles come; a state is both, in every lane. */
export function minimumReducer(context: PairContext): Reducer {
  const { frame, formula, rowsAtOnce, score } = context;
  const { builder, lanes, constants } = frame;
  if (score === undefined) throw new Error('a minimum has a score');
  const stateBytes = 2 * VECTOR_BYTES;
  const rows = Array.from({ length: rowsAtOnce }, (_, row) => row);
  const highest = Number.POSITIVE_INFINITY;
  return {
    stateBytes,
    reducedCount: 2,
    begin(state, offset) {
      builder.add(v128.store(state, constants(highest), offset));
      builder.add(v128.store(state, constants(-1), offset + VECTOR_BYTES));
    },
    addTile(tile) {
      const least = rows.map(() => builder.local(constants(highest)));
      const places = rows.map(() => builder.local(constants(-1)));
      const numbers = laneNumbers(builder, lanes);
      context.eachVector(tile, [score], (vector) => {
        context.emitPairs(score);
        const indices = builder.local(lanes.add(lanes.fromIntegers(i32x4.splat(vector.column)), numbers));
        const scores = rows.map((row) => builder.local(formula.value(score, row)));
        vector.atEdges((mask) => {
          for (const held of scores) builder.set(held, v128.select(held, constants(highest), mask));
        });
        for (const row of rows) {
          const better = builder.local(lanes.lt(scores[row], least[row]));
          builder.set(least[row], v128.select(scores[row], least[row], better));
          builder.set(places[row], v128.select(indices, places[row], better));
        }
      });
      for (const row of rows) {
        const offset = row * stateBytes;
        const best = acrossLanes(builder, lanes, lanes.pmin, least[row]);
        const candidates = v128.select(places[row], constants(highest), lanes.eq(least[row], best));
        const first = acrossLanes(builder, lanes, lanes.pmin, candidates);
        const before = builder.local(v128.load(tile.state, offset));
        const placeBefore = builder.local(v128.load(tile.state, offset + VECTOR_BYTES));
        const earlier = v128.and(lanes.eq(best, before), lanes.lt(first, placeBefore));
        const better = builder.local(v128.or(lanes.lt(best, before), earlier));
        builder.add(v128.store(tile.state, v128.select(first, placeBefore, better), offset + VECTOR_BYTES));
        builder.add(v128.store(tile.state, v128.select(best, before, better), offset));
      }
    },
    end(state, place, stride) {
      builder.add(lanes.storeLane(v128.load(state), place, 0));
      builder.add(lanes.storeLane(v128.load(state, VECTOR_BYTES), place, 0, stride));
    },
    results: (place, stride) => ({
      main: () => v128.load(place),
      second: builder.local(v128.load(place, stride)),
    }),
  };
}
