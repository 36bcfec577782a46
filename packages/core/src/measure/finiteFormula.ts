import { InvalidOptionError } from '../errors.js';
import { evaluate } from '../formula/evaluate.js';
import { row } from '../formula/expression.js';
import type { MeasurePair } from './pair.js';
import { type PairFormula, sampled } from './symmetry.js';

/**
 * Tries a formula on a few pairs of points: those of x with those of y, and where it is asked for those of each with its own.
 *
 * @throws InvalidOptionError where it gives a number that is not finite, with the points and the remedy.
 *
 * @example
 * ```ts
 * import { checkFiniteFormula, checkMeasure, formula } from '@sinkhorn/core';
 *
 * const pair = { x: checkMeasure('x', [[0]]), y: checkMeasure('y', [[2]]) };
 * checkFiniteFormula('cost', formula.distance, pair, true);
 * ```
 */
export function checkFiniteFormula(
  option: string,
  formula: PairFormula,
  { x, y }: MeasurePair,
  withItself: boolean,
): void {
  const { dimension } = x;
  const value = formula(row('u', dimension), row('v', dimension));
  const [ofX, ofY] = [
    { name: 'x', points: sampled(x) },
    { name: 'y', points: sampled(y) },
  ];
  for (const [from, to] of withItself
    ? [
        [ofX, ofY],
        [ofX, ofX],
        [ofY, ofY],
      ]
    : [[ofX, ofY]]) {
    for (const u of from.points) {
      for (const v of to.points) {
        const found = evaluate(value, { variable: ({ name }) => (name === 'u' ? u.point : v.point) })[0];
        if (Number.isFinite(found)) continue;
        throw new InvalidOptionError(
          `${option} is ${found} between ${from.name}[${u.index}] and ${to.name}[${v.index}]: give a formula that is a finite number for all of the ` +
            'points; formula.max and formula.where keep what roots, logarithms and quotients are taken of where these have a value',
        );
      }
    }
  }
}
