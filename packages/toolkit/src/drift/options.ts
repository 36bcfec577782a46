import { checkRunOptions, InvalidOptionError } from '@sinkhorn/core';
import type { CallOptions } from '@sinkhorn/losses';
import { checkNames } from '@sinkhorn/losses/extend';
import type { LossByName } from '../lossByName.js';
import { checkAlpha } from '../twoSampleTest.js';
import { type ColumnKind, columnKinds } from './columnKind.js';
import type { Standardization } from './columnScale.js';

/** How data are compared with a reference. */
export interface DriftOptions extends LossByName, CallOptions {
  /** The columns to compare, or what each of them is. Default: all that both tables have, but for those that look like identifiers. */
  readonly columns?: readonly string[] | Readonly<Record<string, ColumnKind>>;
  /** Whether p-values of columns are corrected for their number. Default 'holm'. */
  readonly correction?: 'holm' | 'none';
  /**
   * Whether numbers are standardised by mean and deviation, or by median and quartiles: those of the reference for the sizes of changes, those of
   * both tables where they are compared jointly, as the p-value needs. Default 'deviation'.
   */
  readonly standardize?: Standardization;
  /** Whether a missing cell is a value of its own, or is left out: jointly the whole row. Default 'category'. */
  readonly missing?: 'category' | 'drop';
  /** For embeddings: 'unit' divides each row by its length, so that directions are compared. Default 'none'. */
  readonly normalize?: 'unit' | 'none';
  /** The level: how often data like the reference may be said to have drifted. Default 0.05. */
  readonly alpha?: number;
  /** The least p-value of the whole that shuffles must be able to give, such as half of what a gate fails below. Default: half of alpha. */
  readonly leastP?: number;
  /** How many shuffles at most. Default 999, and more with many columns or for a smaller `leastP`. */
  readonly permutations?: number;
  /** Rows of each table that the joint comparison takes at most, drawn by the seed. Default 2000. */
  readonly jointRows?: number;
  /** Rows of each table that p-values of columns come from at most, drawn by the seed; all other numbers come from all rows. Default 20,000. */
  readonly columnRows?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** The options with their defaults. @throws InvalidOptionError where one is unknown or out of range. */
export function checkDriftOptions(options: DriftOptions) {
  checkNames('drift', options, [
    'loss',
    'backend',
    'blur',
    'columns',
    'correction',
    'standardize',
    'missing',
    'normalize',
    'alpha',
    'leastP',
    'permutations',
    'jointRows',
    'columnRows',
    'seed',
    'signal',
    'onProgress',
  ]);
  checkRunOptions(options);
  const { alpha = 0.05, permutations, jointRows = 2000, columnRows = 20_000, seed = 0, columns } = options;
  checkAlpha(alpha);
  const { leastP = alpha / 2 } = options;
  if (!(leastP > 0 && leastP <= 1)) {
    throw new InvalidOptionError(`leastP is ${leastP}: give a number above 0, 1 at most`);
  }
  if (permutations !== undefined) checkWhole('permutations', permutations, 1);
  checkWhole('jointRows', jointRows, 1);
  checkWhole('columnRows', columnRows, 1);
  checkWhole('seed', seed, Number.MIN_SAFE_INTEGER);
  return {
    alpha,
    leastP: Math.min(leastP, alpha / 2),
    permutations,
    jointRows,
    columnRows,
    seed,
    columns: checkColumns(columns),
    correction: oneOf('correction', options.correction, ['holm', 'none'] as const),
    standardize: oneOf('standardize', options.standardize, ['deviation', 'quantiles'] as const),
    missing: oneOf('missing', options.missing, ['category', 'drop'] as const),
    normalize: oneOf('normalize', options.normalize, ['none', 'unit'] as const),
  };
}

/** Options that were checked. */
export type CheckedDriftOptions = ReturnType<typeof checkDriftOptions>;

function checkColumns(columns: DriftOptions['columns']): ReadonlyMap<string, ColumnKind | undefined> | undefined {
  if (columns === undefined) return undefined;
  if (typeof columns !== 'object' || columns === null) {
    throw new InvalidOptionError(`columns is ${columns}: give a list of names, or an object with the kind of each`);
  }
  const found = Array.isArray(columns)
    ? (columns as readonly string[]).map((name) => [name, undefined] as const)
    : Object.entries(columns as Readonly<Record<string, ColumnKind>>);
  if (found.length === 0) throw new InvalidOptionError('columns is empty: name one or more, or leave it out for all');
  for (const [name, kind] of found) {
    if (kind === undefined || columnKinds.includes(kind)) continue;
    throw new InvalidOptionError(
      `columns.${name} is '${kind}': give one of ${columnKinds.map((each) => `'${each}'`).join(', ')}`,
    );
  }
  return new Map(found);
}

function oneOf<Choice extends string>(
  name: string,
  value: Choice | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const chosen = value ?? choices[0];
  if (choices.includes(chosen)) return chosen;
  throw new InvalidOptionError(`${name} is '${chosen}': give ${choices.map((choice) => `'${choice}'`).join(' or ')}`);
}

function checkWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new InvalidOptionError(`${name} is ${value}: give a whole number${least === 1 ? ', 1 or more' : ''}`);
}
