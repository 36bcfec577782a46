import type { DeviceArray } from '../backend/backend.js';

/** A potential on the column side, with the logarithms of the weights there. */
export interface Columns {
  /** [M, 1] or [B, M, 1] */
  readonly logWeights: DeviceArray;
  /** g, of the same shape. */
  readonly potential: DeviceArray;
}
