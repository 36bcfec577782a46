import { tasks } from '../tasks/tasks.js';
import { peakMemory } from './peakMemory.js';
import type { Runner } from './runner.js';

/** Runs tasks here, for tests: what was done before counts in the memory. */
export const inProcess: Runner = async (name, argument) => {
  const before = peakMemory();
  const result = await tasks[name](argument);
  return { result, peak: peakMemory() - before };
};
