import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { listNames } from './listNames.js';

const AXES = ['x', 'y', 'z'];

/**
 * The columns that are coordinates where none were chosen: x, y and z, those of them that exist, in either case.
 *
 * @param things - what the message calls the points.
 * @param lists - what has several numbers for each point: no coordinate, and nothing to leave out without a word.
 * @throws InputError when none of them exists, or one is a list, and none were chosen.
 */
export function xyzColumns(
  file: string,
  things: string,
  names: readonly string[],
  choice: ColumnChoice,
  lists: readonly string[],
): string[] {
  const among = (all: readonly string[]) => (axis: string) => all.find((name) => name.toLowerCase() === axis);
  const found = AXES.flatMap((axis) => among(names)(axis) ?? []);
  if (choice.columns) return found;
  const list = AXES.filter((axis) => !among(names)(axis))
    .map(among(lists))
    .find((name) => name !== undefined);
  if (list !== undefined) {
    const remedy = names.length === 0 ? 'save it as one number' : `choose among ${listNames(names)} with --columns`;
    throw new InputError(`${file}: the ${list} of its ${things} is a list of numbers; ${remedy}`);
  }
  if (found.length > 0) return found;
  const others = names.length === 0 ? 'nor any other number' : `choose among ${listNames(names)} with --columns`;
  throw new InputError(`${file}: its ${things} have no x, y or z; ${others}`);
}
