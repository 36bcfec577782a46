import { type Vector, v128 } from '../encoding/v128.js';
import type { Component } from './formulaCode.js';
import type { PairContext } from './pairContext.js';
import type { Tile } from './reducer.js';

/** Where what long values are made from is stored, behind the weights. */
const FIRST_SCALAR = 1;

/**
 * Emits the weighted sums over a tile of a value too long for variables: its components one after the other, each in a
 * loop over the tile, from weights stored before. What does not depend on the component is computed once and stored. Without
 * weights the value is a product of a number of the pair and a long vector, and the number is the weight. Where a value gathers
 * numbers into a vector, each component has code of its own, with the few of them that it is made of.
 */
export function longValues(
  context: PairContext,
  value: number,
  tile: Tile,
  weights: number | undefined,
  add: (component: Component, row: number, sum: Vector) => void,
): void {
  const { frame, formula, rowsAtOnce, valueSize } = context;
  const { builder, lanes, constants } = frame;
  const rows = Array.from({ length: rowsAtOnce }, (_, row) => row);
  const scalars = context.scalarsOf(value);
  if (scalars.length > 0) {
    context.eachVector(tile, scalars, (vector) => {
      for (const scalar of scalars) context.emitPairs(scalar);
      const values = scalars.map((scalar) => rows.map((row) => builder.local(formula.value(scalar, row))));
      // Where there is no column, 0 and not whatever memory holds, as 0 times that may be NaN.
      vector.atEdges((mask) => {
        for (const held of values.flat()) builder.set(held, v128.and(held, mask));
      });
      values.forEach((ofRows, k) => {
        ofRows.forEach((held, row) => {
          vector.store(FIRST_SCALAR + k, row, held);
        });
      });
    });
  }
  const ofRows = context.longRowVariables(value);
  const product = weights === undefined ? context.productOf(value) : undefined;
  if (weights === undefined && !product) throw new Error('a value that is no product needs weights');
  const eachComponent = (body: (component: Component) => void) => {
    if (!formula.isGathered(value)) formula.eachComponent(valueSize, body);
    else for (let component = 0; component < valueSize; component++) body(component);
  };
  eachComponent((component) => {
    for (const index of ofRows) {
      formula.replace(
        index,
        rows.map((row) => builder.local(formula.value(index, row, component))),
      );
    }
    const totals = rows.map(() => builder.local(constants(0)));
    context.eachVector(tile, [value], (vector) => {
      if (!product) {
        scalars.forEach((scalar, k) => {
          formula.replace(
            scalar,
            rows.map((row) => vector.load(FIRST_SCALAR + k, row)),
          );
        });
      }
      for (const row of rows) {
        const weight = vector.load(weights ?? FIRST_SCALAR, row);
        const one = formula.value(product?.long ?? value, row, component);
        builder.set(totals[row], lanes.madd(weight, one, totals[row]));
      }
    });
    formula.forget((index) => ofRows.includes(index));
    for (const row of rows) add(component, row, totals[row]);
  });
}

/** Weights of 1 for the lanes of a tile and 0 for others. */
export function storeOnes(context: PairContext, tile: Tile, weights: number): void {
  const { frame, rowsAtOnce } = context;
  const { builder, constants } = frame;
  context.eachVector(tile, [], (vector) => {
    const one = builder.local(constants(1));
    vector.atEdges((mask) => builder.set(one, v128.and(one, mask)));
    for (let row = 0; row < rowsAtOnce; row++) vector.store(weights, row, one);
  });
}
