import { InputError } from '../inputError.js';
import type { Source } from './source.js';

/** A longer header is no header. */
const longest = 1 << 25;

/**
 * Takes the lines of a header, the last one included: the one for which `isLast` is true.
 *
 * The end of the first line (\n, \r\n or \r) is that of all lines, so that data of bytes begin right behind it.
 */
export async function headerLines(
  source: Source,
  isLast: (line: string) => boolean,
  lastName: string,
): Promise<readonly string[]> {
  for (let room = 1 << 13; ; room *= 4) {
    const bytes = await source.peek(room);
    const end = /\r\n|\n|\r/.exec(bytes.toString('latin1', 0, 4096))?.[0] ?? '\n';
    const lines: string[] = [];
    let at = 0;
    for (;;) {
      const next = bytes.indexOf(end, at, 'latin1');
      if (next < 0) break;
      const line = bytes.toString('utf8', at, next).trim();
      lines.push(line);
      at = next + end.length;
      if (!isLast(line)) continue;
      await source.take(at);
      return lines;
    }
    // The last line may be the file's last as well, and end with it.
    if (bytes.length < room || room >= longest)
      throw new InputError(`${source.name}: its header has no line "${lastName}"; is it cut short?`);
  }
}
