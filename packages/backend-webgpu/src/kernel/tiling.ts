import { type Expression, hoist, program, type Reduction, scaled, type Variable } from '@sinkhorn/core';
import { variablesOf } from './formulaCode.js';

/** Workgroup memory for a tile: half of what every device has, so that two workgroups fit where that is all. */
const TILE_BYTES = 8192;
/** Columns of a tile at most. Raising it needs more memory, where loads are shared by all rows already. Chosen, not measured. */
const MOST_TILE_COLUMNS = 128;
/** With fewer columns in a tile, waiting for it outweighs what is shared: then nothing is staged. Chosen, not measured. */
const FEWEST_TILE_COLUMNS = 8;

/** What of columns goes through workgroup memory, tile by tile. */
export interface Tiling {
  /** The score, if there is one, and the value, if there is one, of staged variables. */
  readonly expressions: readonly Expression[];
  /** Column variables of the formulas over pairs, and what they represent; none where points are too long for a tile. */
  readonly staged: readonly { readonly variable: Variable; readonly expression: Expression }[];
  /** Columns of a tile, a multiple of 4. */
  readonly columns: number;
}

const formulasOf = ({ kind, score, value }: Reduction): readonly Expression[] => {
  const inPowers = score && (kind === 'min' ? score : scaled(Math.LOG2E, score));
  return [inPowers, value].filter((expression) => expression !== undefined);
};

/** The formulas of a reduction, with what depends on columns alone taken out of them. */
export function stagedFormulas(reduction: Reduction): Pick<Tiling, 'expressions' | 'staged'> {
  const { expressions, variables } = hoist(formulasOf(reduction));
  const plain = new Map(
    variablesOf([program(expressions)])
      .filter(({ side, name }) => side === 'column' && !variables.some(({ variable }) => variable.name === name))
      .map((variable) => [variable.name, { variable, expression: variable }]),
  );
  return { expressions, staged: [...variables, ...plain.values()] };
}

/**
 * The tiling of a reduction; scores are in powers of two where exponentials are taken of them.
 *
 * @param staging whether tiles are wanted: what few rows read is not worth the waits for one another
 */
export function tilingOf(reduction: Reduction, staging: boolean): Tiling {
  const unstaged = { expressions: formulasOf(reduction), staged: [], columns: MOST_TILE_COLUMNS };
  if (!staging) return unstaged;
  const { expressions, staged } = stagedFormulas(reduction);
  const size = staged.reduce((total, { variable }) => total + variable.size, 0);
  const columns = Math.min(MOST_TILE_COLUMNS, Math.floor(TILE_BYTES / 16 / Math.max(1, size)) * 4);
  return columns >= FEWEST_TILE_COLUMNS ? { expressions, staged, columns } : unstaged;
}
