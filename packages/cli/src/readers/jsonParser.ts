import Tokenizer from '@streamparser/json/tokenizer.js';
import TokenType from '@streamparser/json/utils/types/tokenType.js';
import { InputError } from '../inputError.js';
import { decodedText, encodingOf } from './decodedText.js';
import type { JsonValue } from './jsonValue.js';
import type { Source } from './source.js';
import { isKept } from './wholeNumbers.js';

/** Remembers the text of a whole number that is lost among 64-bit numbers: it is refused where its row and column are known. */
class ExactTokenizer extends Tokenizer {
  lost: string | undefined;

  protected override parseNumber(text: string): number {
    const value = Number(text);
    this.lost = isKept(text, value) ? undefined : text;
    return value;
  }
}

/** Tables and GeoJSON need fewer than ten. */
const deepest = 100;

/** Is told of the values as they end. */
export interface JsonListener {
  /** Takes an element of an outermost array: it is not kept. Absent, or false given back, means that it is kept. */
  onElement?(value: JsonValue): boolean;
  /** Takes a whole document; `line` is where it ends. */
  onDocument(value: JsonValue, line: number): void;
}

/** An array or object that has begun and not ended. */
interface Open {
  readonly values: JsonValue[];
  /** Absent for an array. */
  keys?: string[];
  /** Whether the keys so far are those of the last object at this depth. */
  shared: boolean;
}

/**
 * Reads JSON piece by piece, so that a large file takes no more memory than its values, and an interrupt is noticed.
 *
 * The words are found by a library; its own parser of values loses keys such as `__proto__` and those that occur twice.
 *
 * @throws InputError naming the line of what is no JSON, is nested too deeply, or names a key twice.
 */
export async function parseJson(source: Source, listener: JsonListener, many = false): Promise<void> {
  const file = source.name;
  // Lines are counted up to `counted`, a place in the piece that begins at the byte `start`.
  let piece: Buffer = Buffer.alloc(0);
  let start = 0;
  let counted = 0;
  let line = 1;
  const lineAt = (offset: number): number => {
    const end = Math.min(piece.length, offset - start);
    for (; counted < end; counted++) if (piece[counted] === 10) line++;
    return line;
  };
  // Where the outermost value that is open begins.
  let opened = 1;
  const fail = (offset: number, why: string): never => {
    const at = lineAt(offset);
    // Of JSON lines each is one value: what shows below was forgotten above.
    const where = many && stack.length > 0 && opened < at ? opened : at;
    const open = where < at ? `the value that begins in this line does not end in it, and line ${at}: ` : '';
    throw new InputError(`${file}: line ${where}: ${open}${why}`);
  };

  const stack: Open[] = [];
  const lastKeys: string[][] = [];
  let wants: 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'document' = 'document';
  let documents = 0;

  const ended = (value: JsonValue, offset: number): void => {
    const open = stack.at(-1);
    wants = open ? 'commaOrEnd' : 'document';
    if (!open) {
      documents++;
      listener.onDocument(value, lineAt(offset));
    } else if (stack.length > 1 || open.keys || !listener.onElement?.(value)) open.values.push(value);
  };
  const begin = (isObject: boolean, offset: number): void => {
    if (stack.length === deepest) fail(offset, `arrays and objects are nested more than ${deepest} deep`);
    if (stack.length === 0) opened = lineAt(offset);
    stack.push({ values: [], shared: true, ...(isObject ? { keys: [] } : {}) });
    if (isObject) (stack[stack.length - 1] as Open).shared = lastKeys[stack.length] !== undefined;
    wants = isObject ? 'keyOrEnd' : 'valueOrEnd';
  };
  const end = (offset: number): void => {
    const open = stack.pop() as Open;
    if (!open.keys) {
      ended(open.values, offset);
      return;
    }
    const last = lastKeys[stack.length + 1];
    const same = open.shared && last.length === open.keys.length;
    if (!same) {
      const twice = new Set(open.keys).size < open.keys.length;
      if (twice)
        fail(offset, `an object has the key "${open.keys.find((key, i) => open.keys?.indexOf(key) !== i)}" twice`);
      lastKeys[stack.length + 1] = open.keys;
    }
    ended({ keys: same ? last : open.keys, values: open.values }, offset);
  };
  const onKey = (key: string): void => {
    const open = stack[stack.length - 1];
    const keys = open.keys as string[];
    if (open.shared && lastKeys[stack.length][keys.length] !== key) open.shared = false;
    keys.push(key);
    wants = 'colon';
  };

  const tokenizer = new ExactTokenizer();
  tokenizer.onToken = ({ token, value, offset }) => {
    const isBegin = token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET;
    const isValue = isBegin || (token >= TokenType.TRUE && token <= TokenType.NUMBER);
    const isEnd = token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET;
    const inObject = stack.at(-1)?.keys !== undefined;
    if (isValue && (wants === 'value' || wants === 'valueOrEnd' || wants === 'document')) {
      if (wants === 'document' && documents > 0 && !many)
        fail(offset, 'a second document follows the first; for JSON lines name it .jsonl or say --format jsonl');
      if (isBegin) begin(token === TokenType.LEFT_BRACE, offset);
      else ended(token === TokenType.NUMBER ? (tokenizer.lost ?? Number(value)) : (value as JsonValue), offset);
    } else if (token === TokenType.STRING && (wants === 'key' || wants === 'keyOrEnd')) onKey(String(value));
    else if (token === TokenType.COLON && wants === 'colon') wants = 'value';
    else if (token === TokenType.COMMA && wants === 'commaOrEnd') wants = inObject ? 'key' : 'value';
    else if (
      isEnd &&
      stack.length > 0 &&
      inObject === (token === TokenType.RIGHT_BRACE) &&
      (wants === 'commaOrEnd' || wants === 'keyOrEnd' || wants === 'valueOrEnd')
    ) {
      end(offset);
    } else {
      const isExtraComma = isEnd && (wants === 'value' || wants === 'key');
      fail(offset, `it is not valid JSON (${isExtraComma ? 'a comma before' : 'unexpected'} ${JSON.stringify(value)})`);
    }
  };
  // Tokens that the listener refuses come as errors of their own.
  let problem: unknown;
  tokenizer.onError = (error) => {
    problem ??= error;
  };
  const check = (): void => {
    if (problem === undefined) return;
    if (problem instanceof InputError || !(problem instanceof Error)) throw problem;
    const offset = Number(/absolute position "(\d+)/.exec(problem.message)?.[1] ?? start);
    if (/not valid for encoding/.test(problem.message)) fail(offset, 'its text is not valid UTF-8; save it as UTF-8');
    const found = /Unexpected "([\s\S]*?)" at chunk/.exec(problem.message)?.[1];
    if (found === 'N' || found === 'I' || found === '-I')
      fail(offset, 'NaN and Infinity are no JSON; write null and leave such rows out with --missing drop');
    fail(offset, `it is not valid JSON (${found === undefined ? problem.message : `unexpected "${found}"`})`);
  };
  for await (const next of bytesOf(source)) {
    lineAt(start + piece.length);
    start += piece.length;
    piece = next;
    counted = 0;
    tokenizer.write(next);
    check();
  }
  if (!tokenizer.isEnded) tokenizer.end();
  check();
  if (stack.length > 0 || wants !== 'document') fail(start + piece.length, 'it is not valid JSON (it ends too early)');
  if (documents === 0) throw new InputError(`${file}: it holds nothing`);
}

/** The document in UTF-8, whatever it was. */
async function* bytesOf(source: Source): AsyncGenerator<Buffer, void, undefined> {
  if ((await encodingOf(source)) === 'utf-8') {
    for (let next = await source.chunk(); next; next = await source.chunk()) yield next;
  } else {
    for await (const text of decodedText(source)) yield Buffer.from(text);
  }
}
