import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a check leaves: results of tests, and what commands printed. */
export const reports = join(root, '.reports');
