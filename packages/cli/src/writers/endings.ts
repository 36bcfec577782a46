import path from 'node:path';
import { InputError } from '../inputError.js';

/** What each kind of output may be called: a name without an ending promises nothing, and is every kind's. */
const ENDINGS = {
  table: ['csv', 'npy'],
  tableWithText: ['csv'],
  picture: ['svg'],
  png: ['png'],
  page: ['html', 'htm'],
} as const;

/** What is written to a file. */
export type OutputKind = keyof typeof ENDINGS;

/** The ending of a file's name, without its point, in lower case. */
export const endingOf = (file: string): string => path.extname(file).slice(1).toLowerCase();

/**
 * Refuses a name that says something else than what is going to be in the file.
 *
 * @throws InputError naming the option.
 */
export function checkEnding(option: string, file: string | undefined, kind: OutputKind): void {
  if (file === undefined) return;
  const allowed: readonly string[] = ENDINGS[kind];
  const ending = endingOf(file);
  if (ending === '' || allowed.includes(ending)) return;
  throw new InputError(`${option}: ${file} must end in ${allowed.map((one) => `.${one}`).join(' or ')}`);
}
