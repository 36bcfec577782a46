import type { Task } from './task.js';

/** What a promise gives; nothing where a task is run without waiting, which asks for no promise. */
export function* awaited<Result>(start: () => Promise<Result>): Task<Result | undefined> {
  let result: Result | undefined;
  yield {
    type: 'load',
    start: async () => {
      result = await start();
    },
  };
  return result;
}
