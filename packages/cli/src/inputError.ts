/**
 * Something the user gave is wrong: a file, a column, an option, an output path.
 * The command prints the message alone, without a stack, and exits with status 2.
 */
export class InputError extends Error {
  override name = 'InputError';
}
