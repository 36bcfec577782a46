import type { LineSide } from './lineSide.js';
import type { Steps } from './walk.js';

/** One element of a batch, walked through. */
export interface SolvedElement {
  readonly x: LineSide;
  readonly y: LineSide;
  readonly steps: Steps;
}
