import { InputError } from '../inputError.js';
import { decodedText } from './decodedText.js';
import type { Source } from './source.js';

/** Some lines of a text that follow each other. */
export interface Lines {
  /** The number of the first one, as an editor shows it. */
  readonly first: number;
  readonly lines: readonly string[];
}

/** No line of numbers is longer; without a bound, a file of another kind would fill the memory. */
const longest = 1 << 27;

/** The source's lines, a batch at a time; \n, \r\n and \r end a line. `first` is the number of the first one. */
export async function* textLines(source: Source, first = 1): AsyncGenerator<Lines, void, undefined> {
  let number = first;
  // Pieces of the line that goes on in the next piece of text: joined once, however long it is.
  let open: string[] = [];
  let length = 0;
  let endsInReturn = false;
  for await (const piece of decodedText(source)) {
    // A \r at the end of a piece may be half of a \r\n.
    const text: string = endsInReturn ? `\r${piece}` : piece;
    endsInReturn = text.endsWith('\r');
    const lines = (endsInReturn ? text.slice(0, -1) : text).split(/\r\n|\n|\r/);
    open.push(lines[0]);
    length += lines[0].length;
    if (length > longest) throw new InputError(`${source.name}: line ${number} is longer than any line of numbers`);
    if (lines.length === 1) continue;
    lines[0] = open.join('');
    const last = lines.pop() ?? '';
    open = [last];
    length = last.length;
    yield { first: number, lines };
    number += lines.length;
  }
  const last = open.join('');
  if (last !== '') yield { first: number, lines: [last] };
}
