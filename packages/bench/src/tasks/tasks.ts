import { flowReductions } from './flowReductions.js';
import { gradientErrors } from './gradientErrors.js';
import { libraryReductions } from './libraryReductions.js';
import { lossTime } from './lossTime.js';
import { methodReductions } from './methodReductions.js';
import { softminOnce } from './softminOnce.js';
import { softminTimes } from './softminTimes.js';

const all = {
  flowReductions,
  gradientErrors,
  libraryReductions,
  lossTime,
  methodReductions,
  softminOnce,
  softminTimes,
};

export type TaskName = keyof typeof all;
export type TaskArgument<Name extends TaskName> = Parameters<(typeof all)[Name]>[0];
export type TaskResult<Name extends TaskName> = ReturnType<(typeof all)[Name]>;

/** Everything that is measured, by name: each takes and gives JSON, so that it can run in a process of its own. */
export const tasks: { readonly [Name in TaskName]: (argument: TaskArgument<Name>) => TaskResult<Name> } = all;
