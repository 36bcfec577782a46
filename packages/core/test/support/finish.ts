import type { Task } from '../../src/tasks/task.js';

/** Runs a task that reads nothing. */
export function finish<Result>(task: Task<Result>): Result {
  let next = task.next();
  while (!next.done) next = task.next();
  return next.value;
}
