import { InputError } from '../inputError.js';

/** A number with a decimal comma as one with a point; a point in it would be a thousands mark, so that it is none, and the empty text is given. */
export function withPoint(cell: string): string {
  return cell.includes('.') ? '' : cell.replace(',', '.');
}

/** The only cell of a line, or what may be several: numbers, and names without commas. */
const oneCell = /^\s*(\+|-)?(\d*,\d+|\d+,)([eE][+-]?\d+)?\s*$|^[^,]*$/;

/** Refuses a first line in which nothing but commas can divide cells, where they are decimal marks. */
export function checkCommas(file: string, line: string): void {
  if (oneCell.test(line)) return;
  throw new InputError(
    `${file}: its first line has commas, which --decimal , makes decimal marks, and nothing else that divides cells; leave out --decimal ,, or say --delimiter "," where numbers with decimal commas stand in quotes`,
  );
}
