import { InputError } from '../inputError.js';
import { shortName } from './listNames.js';
import { isMissing, toNumber } from './pointSink.js';

/**
 * Whether the first line of a table holds names: text is, numbers are not.
 *
 * @throws InputError for what may be either: 0,1,2 as pandas writes, years, numbers beside text.
 */
export function hasHeader(file: string, cells: readonly string[], rule: 'auto' | 'yes' | 'no'): boolean {
  if (rule !== 'auto') return rule === 'yes';
  const numbers = cells.map(toNumber);
  const isNumber = numbers.map(Number.isFinite);
  if (!isNumber.includes(true) && !cells.every(isMissing)) return true;
  const counted = numbers.every((value, i) => value === i) || numbers.every((value, i) => value === i + 1);
  const years = numbers.every((value) => Number.isInteger(value) && value >= 1500 && value <= 2200);
  if (isNumber.every(Boolean) && !counted && !years) return false;
  throw new InputError(
    `${file}: its first line (${cells.slice(0, 5).map(shortName).join(', ')}${cells.length > 5 ? ', ...' : ''}) may be names or a point; say --header yes or --header no`,
  );
}

/** What the user should know when the first line was taken for a point without being told so. */
export function firstLineNote(file: string): string {
  return `${file}: its first line is numbers and was read as a point; if it holds names, say --header yes`;
}

/** The names of columns that have none: 1, 2, ... */
export function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String(i + 1));
}
