import type { ColumnChoice } from './columnChoice.js';
import { encodingOf } from './decodedText.js';
import type { Source } from './source.js';

/** How a table begins: what its delimiter and its header are decided by. */
export interface FirstLines {
  /** The first line with something in it that is no comment, or its beginning. */
  readonly first: string;
  /** The one after it. */
  readonly next: string;
  /** The first line without what stands in quotes, which may go on over many lines. */
  readonly bare: string;
}

const quoted = /(^|[,;\t|\r\n ])"(?:[^"]|"")*"/g;

/** Looks at the first lines of a table; nothing is taken. */
export async function firstLines(
  source: Source,
  { skipRows = 0 }: ColumnChoice,
  comments: readonly string[],
): Promise<FirstLines> {
  const head = new TextDecoder(await encodingOf(source)).decode(await source.peek(1 << 16));
  const isData = (line: string): boolean =>
    line.trim() !== '' && !comments.some((mark) => line.trimStart().startsWith(mark));
  const linesOf = (text: string): string[] => {
    const lines = text.split(/\r\n|\n|\r/);
    return lines.slice(Math.min(skipRows, lines.length)).filter(isData);
  };
  const [first = '', next = ''] = linesOf(head);
  const [bare = ''] = linesOf(head.replace(quoted, '$1""'));
  return { first, next, bare };
}
