import { readyNewton } from '../ready.js';

// Where no page waits for a download, Newton's method comes along: Sync methods have it from the first call.
readyNewton();

export * from './index.js';
