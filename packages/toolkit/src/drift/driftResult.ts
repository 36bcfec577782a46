import type { CallOptions } from '@sinkhorn/losses';
import type { LossName, ToldLoss } from '../lossByName.js';
import type { ColumnKind } from './columnKind.js';
import type { Standardization } from './columnScale.js';
import type { Histogram, NumberSummary } from './summary.js';

/** What happened to one column. */
export interface ColumnDrift {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly pValue: number;
  /** The p-value corrected for the number of columns, and doubled where all of them are compared together too: at most alpha where it drifted. */
  readonly adjustedPValue: number;
  readonly drifted: boolean;
  /**
   * How much it changed, over all rows. Numbers: by how much values moved on average, in the column's units, for dates in days (the
   * 1-Wasserstein distance). Categories: the share of rows that would have to change. Undefined where a table has no value in it.
   */
  readonly effect?: number;
  /** The same in deviations of the reference, numbers and dates only; undefined where the reference has one value alone. */
  readonly deviations?: number;
  /** The shares of cells that are missing. */
  readonly missing: { readonly reference: number; readonly current: number };
  /** Numbers and dates, these in days since 1970. */
  readonly numbers?: {
    readonly reference?: NumberSummary;
    readonly current?: NumberSummary;
    readonly histogram?: Histogram;
  };
  /** Categories, the most frequent in the reference first, those that it lacks last. */
  readonly categories?: readonly {
    readonly name: string;
    readonly reference: number;
    readonly current: number;
    readonly unseen: boolean;
  }[];
}

/** How all columns together compare, or embeddings. */
export interface JointDrift {
  readonly pValue: number;
  /** The smallest p-value that these rows and this number of shuffles allow. */
  readonly smallestPValue: number;
  readonly statistic: number;
  /** The difference as a length: in deviations of the columns of both tables, in units of the coordinates for embeddings. */
  readonly effect?: number;
  /** The same for shuffled labels. */
  readonly effectByChance?: { readonly median: number; readonly upper: number };
  readonly loss: ToldLoss;
  /** How many rows of each were compared: all, or as many drawn by the seed. */
  readonly rows: { readonly reference: number; readonly current: number };
  /** The rows of the current table, counted from 0, that the reference has least of, the clearest first; of those compared. */
  readonly newRows: readonly number[];
}

/** What a comparison with a reference found. */
export interface Drift {
  /** What the current data are called. */
  readonly name: string;
  readonly rows: { readonly reference: number; readonly current: number };
  readonly alpha: number;
  /** Of the whole comparison: the smaller one of the smallest adjusted p-value and twice the joint one, at most 1. */
  readonly pValue: number;
  /** The smallest p-value that these rows and this number of shuffles allow: above alpha, nothing can be found. */
  readonly smallestPValue: number;
  /**
   * Whether `pValue` is at most alpha, which it is wrongly for alpha of all comparisons at most; or a column of the reference is absent.
   */
  readonly drifted: boolean;
  /** In the order of the reference. Empty for embeddings. */
  readonly columns: readonly ColumnDrift[];
  /** Columns of the reference that the current data do not have. Where `columns` names what to compare this is an error. */
  readonly absent: readonly string[];
  /** Absent for tables of one column. */
  readonly joint?: JointDrift;
  /** How it was done, for whoever reads the numbers. */
  readonly method: {
    readonly correction: 'holm' | 'none';
    readonly standardization: Standardization | 'unit' | 'none';
    readonly missing: 'category' | 'drop';
    /** Shuffles at most: a column that is far from drift takes fewer. */
    readonly permutations: number;
    /** Rows of each table that p-values of columns come from. */
    readonly columnRows: { readonly reference: number; readonly current: number };
    readonly loss: LossName | string;
    readonly seed: number;
  };
  /** What was left out or read in a way that one should know. */
  readonly remarks: readonly string[];
}

/** Compares data with a reference that was read before. */
export type CompareWithReference<Data> = (
  current: Data,
  run?: CallOptions & { readonly name?: string },
) => Promise<Drift>;
