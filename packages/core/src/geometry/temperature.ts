import type { DeviceArray } from '../backend/backend.js';
import type { BlockPattern } from '../backend/blockPattern.js';
import type { Workspace } from '../backend/workspace.js';
import type { Expression } from '../formula/expression.js';
import type { Columns } from './columns.js';
import type { Update } from './update.js';

/** Pairs of points, the cost between a row's and a column's, variables named `point`, and those pairs that count. */
export interface CostPairs {
  readonly space: Workspace;
  readonly cost: Expression;
  readonly rows: DeviceArray;
  readonly columns: DeviceArray;
  readonly blocks?: BlockPattern;
}

/** A temperature that the device alone knows. */
export interface DeviceTemperature {
  /** Its inverse, one entry an element of the batch. */
  readonly inverse: DeviceArray;
  /** The softmin at it, as a geometry of pairs has it. */
  softmin(pairs: CostPairs, columns: Columns, update: Update): DeviceArray;
}

/** A temperature that the host knows, or one that the device alone does. */
export type Temperature = number | DeviceTemperature;
