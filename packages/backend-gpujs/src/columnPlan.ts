import { type Expression, hoist, program, type Reduction, scaled, type Variable } from '@sinkhorn/core';
import { variablesOf } from './kernel/formulaCode.js';

/** What a kernel over pairs computes, and what of columns is computed before it. */
export interface ColumnPlan {
  /** The score, if there is one, and the value, if there is one. */
  readonly expressions: readonly Expression[];
  /** Column variables of these, and what they represent, packed side by side before; none where columns are read as they are. */
  readonly packed: readonly { readonly variable: Variable; readonly expression: Expression }[];
}

/**
 * Takes what depends on columns alone out of the formulas over pairs. Scores are in powers of two where exponentials are
 * taken of them.
 *
 * @param worth whether there are rows enough to compute something for the columns beforehand
 */
export function columnPlan({ kind, score, value }: Reduction, worth: boolean): ColumnPlan {
  const inPowers = score && (kind === 'min' ? score : scaled(Math.LOG2E, score));
  const formulas = [inPowers, value].filter((expression) => expression !== undefined);
  const asTheyAre = { expressions: formulas, packed: [] };
  if (!worth) return asTheyAre;
  const { expressions, variables } = hoist(formulas);
  const plain = new Map(
    variablesOf([program(expressions)])
      .filter(({ side, name }) => side === 'column' && !variables.some(({ variable }) => variable.name === name))
      .map((variable) => [variable.name, { variable, expression: variable as Expression }]),
  );
  const packed = [...variables, ...plain.values()];
  // A single array is read as well from where it is.
  if (packed.length === 0 || (packed.length === 1 && packed[0].expression.type === 'variable')) return asTheyAre;
  return { expressions, packed };
}
