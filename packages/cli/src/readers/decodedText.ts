import { InputError } from '../inputError.js';
import type { Source } from './source.js';

/** The encoding that a source's byte order mark names, or UTF-8. */
export async function encodingOf(source: Source): Promise<'utf-8' | 'utf-16le' | 'utf-16be'> {
  const mark = (await source.peek(2)).toString('hex');
  if (mark === 'fffe') return 'utf-16le';
  return mark === 'feff' ? 'utf-16be' : 'utf-8';
}

/** The source's text, piece by piece and without its byte order mark; what is not valid in its encoding is refused. */
export async function* decodedText(source: Source): AsyncGenerator<string, void, undefined> {
  const encoding = await encodingOf(source);
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new InputError(`${source.name}: its text is not valid ${encoding.toUpperCase()}; save it as UTF-8`);
    }
  };
  for (let chunk = await source.chunk(); chunk; chunk = await source.chunk()) {
    const text = decode(chunk);
    if (text !== '') yield text;
  }
  const last = decode();
  if (last !== '') yield last;
}
