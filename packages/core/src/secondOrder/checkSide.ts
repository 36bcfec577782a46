import { InvalidOptionError } from '../errors.js';
import type { Side } from '../measure/side.js';

/** Refuses what is no side. */
export function checkSide(side: Side): void {
  if (side !== 'x' && side !== 'y') throw new InvalidOptionError(`side is ${String(side)}: give 'x' or 'y'`);
}
