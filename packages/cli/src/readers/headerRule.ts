import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { withPoint } from './decimalComma.js';
import { shortName } from './listNames.js';
import { isMissing, toNumber } from './pointSink.js';

/** What somebody may have meant as a number: with decimal commas, thousands, units of money, in other bases, in digits of any script. */
const numeral =
  /^[\p{Sc}+\u2212(-]*\s*(\p{N}[\p{N}.,'_ \u00a0\u202f\u066b\u066c]*([de][+-]?\p{N}+)?|[.,]\p{N}+|0x[\da-f.p+-]+|inf(inity)?)\s*[%\p{Sc})]*$/iu;

/**
 * Whether the first line of a table holds names: text is, numbers are not. `next` are the cells of the line below it.
 *
 * @throws InputError for what may be either: 0,1,2 as pandas writes, years, whole numbers above fractions and numbers at equal
 * steps (such as wavelengths) above others, numbers beside text.
 */
export function hasHeader(
  file: string,
  cells: readonly string[],
  next: readonly string[],
  { header = 'auto', decimal }: ColumnChoice,
): boolean {
  if (header !== 'auto') return header === 'yes';
  if (cells.every((cell) => cell.trim() === ''))
    throw new InputError(`${file}: its first line is blank; remove it, or skip it with --skip-rows`);
  const numberOf = (cell: string): number => toNumber(decimal === ',' ? withPoint(cell) : cell);
  const numbers = cells.map(numberOf);
  const isNumber = numbers.map(Number.isFinite);
  const isText = !isNumber.includes(true) && !cells.some((cell) => numeral.test(cell.trim()));
  if (isText && !cells.every(isMissing)) return true;
  const counted = numbers.every((value, i) => value === i) || numbers.every((value, i) => value === i + 1);
  const step = equalStep(numbers);
  const below = next.map(numberOf);
  const atSteps = step !== undefined && !(below.length === numbers.length && sameStep(below, step));
  const years = numbers.every((value) => Number.isInteger(value) && value >= 1500 && value <= 2200);
  // Points may begin with whole numbers as well; but names differ from each other, and coordinates need not.
  const isWhole = (cell: string): boolean => /^\s*[+-]?\d+\s*$/.test(cell);
  const labels =
    cells.length > 1 &&
    cells.every(isWhole) &&
    new Set(cells).size === cells.length &&
    next.every((cell) => Number.isFinite(numberOf(cell)) && !isWhole(cell));
  if (isNumber.every(Boolean) && !counted && !atSteps && !years && !labels) return false;
  throw new InputError(
    `${file}: its first line (${cells.slice(0, 5).map(shortName).join(', ')}${cells.length > 5 ? ', ...' : ''}) may be names or a point; say --header yes or --header no`,
  );
}

/** The step from each number to the next, where that is always the same; two numbers tell of none, nor do equal ones. */
function equalStep(numbers: readonly number[]): number | undefined {
  const step = numbers[1] - numbers[0];
  return numbers.length > 2 && step !== 0 && sameStep(numbers, step) ? step : undefined;
}

const sameStep = (numbers: readonly number[], step: number): boolean =>
  numbers.every((value, i) => i === 0 || Math.abs(value - numbers[i - 1] - step) <= 1e-9 * Math.abs(value));

/** What the user should know when the first line was taken for a point without being told so. */
export function firstLineNote(file: string): string {
  return `${file}: its first line is numbers and was read as a point; if it holds names, say --header yes`;
}

/** The names of columns that have none: 1, 2, ... */
export function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1));
}
