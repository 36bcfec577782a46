import { adapter, solve, start, submissions } from './contenders.js';
import { softminTimes } from './softminTimes.js';

const inPage = { adapter, softminTimes, solve, start, submissions };

/** What runs in a page, by name. */
export type InPage = typeof inPage;

Object.assign(globalThis, { inPage });
