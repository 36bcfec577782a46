import type { TaskArgument, TaskName, TaskResult } from '../tasks/tasks.js';

/** What a task gave, and the most memory that its process held, in MB beyond one that only imports the same modules. */
export interface Measured<Result> {
  readonly result: Result;
  readonly peak: number;
}

/** Runs a task somewhere. */
export type Runner = <Name extends TaskName>(
  name: Name,
  argument: TaskArgument<Name>,
) => Promise<Measured<TaskResult<Name>>>;
