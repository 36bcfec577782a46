import type { DeviceArray } from '../backend/backend.js';
import type { Side } from '../measure/side.js';

/** The two potentials of a problem: f at the points of x, g at those of y. */
export type Potentials = Readonly<Record<Side, DeviceArray>>;
