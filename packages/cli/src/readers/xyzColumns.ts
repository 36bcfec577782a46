import { InputError } from '../inputError.js';
import { listNames } from './listNames.js';
import type { ColumnChoice } from './pointCloud.js';

/**
 * The columns that are coordinates where none were chosen: x, y and z, those of them that exist, in either case.
 *
 * @throws InputError when none of them exists and none were chosen; `things` is what the message calls the points.
 */
export function xyzColumns(file: string, things: string, names: readonly string[], choice: ColumnChoice): string[] {
  const found = ['x', 'y', 'z'].flatMap((axis) => names.find((name) => name.toLowerCase() === axis) ?? []);
  if (found.length > 0 || choice.columns) return found;
  const others = names.length === 0 ? 'nor any other number' : `choose among ${listNames(names)} with --columns`;
  throw new InputError(`${file}: its ${things} have no x, y or z; ${others}`);
}
