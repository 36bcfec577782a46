import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';

/** The error of a line that has more or fewer cells than the first one. */
export function wrongLength(
  file: string,
  line: number,
  cells: readonly string[],
  width: number,
  separator: string,
  choice: ColumnChoice,
): InputError {
  const remedy =
    commentRemedy(cells[width], choice) ??
    (separator === ',' && choice.decimal === undefined ? remedyOfCommas(cells, width) : undefined) ??
    'make all rows equally long, or name what stands between the values with --delimiter';
  return new InputError(`${file}: line ${line} has ${cells.length} values and the first line has ${width}; ${remedy}`);
}

/** Each number in two halves: commas may be decimal marks. */
function remedyOfCommas(cells: readonly string[], width: number): string | undefined {
  const isHalf = (cell: string, i: number): boolean => (i % 2 ? /^\d+\s*$/ : /^\s*[+-]?\d*$/).test(cell);
  if (cells.length !== 2 * width || !cells.every(isHalf)) return undefined;
  return width === 1
    ? 'for decimal commas say --decimal ,'
    : 'if commas are decimal marks too, write semicolons between the values and say --decimal ,';
}

/** What to do about a comment behind the numbers of a line, where a cell begins with one or ends in it. */
export function commentRemedy(cell: string | undefined, { comment }: ColumnChoice): string | undefined {
  const isTail = /^\s*([+-]?[\d.,]+([eE][+-]?\d+)?\s*)?(#|\/\/)\s/.test(cell ?? '');
  const isNamed = comment !== undefined && cell?.includes(comment);
  return isTail || isNamed ? 'a comment behind numbers has to be removed: --comment skips whole lines' : undefined;
}

/** The error of a table of which no line is left that holds anything. */
export function nothingLeft(file: string, { skipRows, comment }: ColumnChoice, otherwise: string): InputError {
  if (skipRows) return new InputError(`${file}: --skip-rows ${skipRows} leaves nothing of it; skip fewer lines`);
  if (comment === undefined) return new InputError(`${file}: ${otherwise}`);
  return new InputError(`${file}: all its lines are blank or begin with ${comment}, as comments do; see --comment`);
}
