import { InputError } from '../inputError.js';
import { encodingOf } from './decodedText.js';
import type { Kind } from './readers.js';
import type { Source } from './source.js';

/** Finds out what a source without a name holds, by its first bytes; text that is nothing else is a table. */
export async function kindOf(source: Source): Promise<Kind> {
  const head = await source.peek(1 << 16);
  const start = head.toString('latin1');
  if (start.startsWith('\x93NUMPY')) return 'npy';
  // The name of a column may begin so as well.
  if (start.startsWith('PK\x03\x04') || start.startsWith('PK\x05\x06')) return 'npz';
  if (/^PAR1[^\w,;|\s"]/.test(start)) return 'parquet';
  const text = new TextDecoder(await encodingOf(source)).decode(head).trimStart();
  if (/^ply\s/.test(text)) return 'ply';
  if (/^(#.*\s+)*VERSION\s/.test(text)) return 'pcd';
  if (/^(#.*\s+)*(ST)?C?N?4?n?OFF(\s|$)/.test(text)) return 'off';
  if (/^solid\b[\s\S]*\bfacet\b/.test(text)) return 'stl';
  if (/^(v|vn|vt|o|g|mtllib|usemtl) \S/m.test(text) && /^v\s+\S+\s+\S+\s+\S+/m.test(text)) return 'obj';
  if (/^(\[\s*[-\d"[{\]NItfn]|\{\s*["}])/.test(text)) {
    // Lines that are whole values of their own, one after the other.
    return /^(\{[^\n]*\}|\[[^\n]*\])\s*\n\s*[[{]/.test(text) ? 'jsonl' : 'json';
  }
  if (text.includes('\0'))
    throw new InputError(`${source.name}: it is no text and of no known kind; say what it is with --format`);
  const line = text.split(/\r\n|\n|\r/).find((some) => some.trim() !== '' && !some.startsWith('#')) ?? '';
  return /[,;\t|]/.test(line) || !/\S\s+\S/.test(line.trim()) ? 'csv' : 'xyz';
}
