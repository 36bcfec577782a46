import { printable } from '@sinkhorn/toolkit/printable';

/**
 * Something the user gave is wrong: a file, a column, an option, an output path.
 * The command prints the message alone, without a stack, and exits with status 2.
 * Names and cells of files stand in it with their control characters escaped, whoever prints it.
 */
export class InputError extends Error {
  override name = 'InputError';

  constructor(message: string) {
    super(printable(message));
  }
}
