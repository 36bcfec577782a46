import { tolerancesFor } from '../tolerances.js';
import type { Losses } from './losses.js';
import { naiveBackend } from './naiveBackend.js';

/** The losses in float64 by definition alone: slow, for small clouds. */
export const naiveLosses = (): Losses => ({ backend: naiveBackend(), tolerances: tolerancesFor('float64') });
