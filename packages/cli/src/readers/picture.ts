import { InputError } from '../inputError.js';
import { decodePng, type Pixels } from '../pngThread.js';
import { inTurns } from './inTurns.js';
import type { Source } from './source.js';

/** A picture as numbers from 0, black, to 255, white, row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly values: Float64Array;
}

/** How bright the colours are (ITU-R BT.709), of the numbers as they are stored. */
const BRIGHTNESS = [0.2126, 0.7152, 0.0722];

/**
 * Reads a PNG of 1 to 16 bits, grey or in colours, as its brightness; what is transparent is darker by as much.
 *
 * @throws InputError for what is no PNG.
 */
export async function readPng(source: Source): Promise<Picture> {
  const bytes = await source.rest();
  let png: Pixels;
  try {
    png = await decodePng(bytes, true, source.signal);
  } catch {
    source.signal?.throwIfAborted();
    throw new InputError(`${source.name}: it is damaged or no PNG; save the picture as a PNG`);
  }
  const { width, height, data, depth } = png;
  const largest = 2 ** depth - 1;
  const values = new Float64Array(width * height);
  await inTurns(values.length, source.signal, (pixel) => {
    const brightness = BRIGHTNESS.reduce((sum, share, colour) => sum + share * data[4 * pixel + colour], 0);
    values[pixel] = ((255 * brightness) / largest) * (data[4 * pixel + 3] / largest);
  });
  return { width, height, values };
}

/**
 * Reads a PGM, binary or as text, of 8 or 16 bits.
 *
 * @throws InputError for what is no PGM, or not whole.
 */
export async function readPgm(source: Source): Promise<Picture> {
  const bytes = await source.rest();
  let at = 0;
  const word = (): string => {
    // Comments go to the end of their line.
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
      else if (!isSpace(byte)) break;
    }
    const start = at;
    while (at < bytes.length && !isSpace(bytes[at])) at++;
    return bytes.toString('latin1', start, at);
  };
  const kind = word();
  const [width, height, largest] = [Number(word()), Number(word()), Number(word())];
  const isWhole = [width, height, largest].every((value) => Number.isInteger(value) && value >= 1);
  if (kind !== 'P5' && kind !== 'P2') {
    throw new InputError(`${source.name}: it is no PGM (it begins with "${kind}"); save the picture as a PGM or PNG`);
  }
  if (!isWhole || largest > 65535) {
    throw new InputError(
      `${source.name}: its header says ${width} x ${height} pixels up to ${largest}; whole numbers from 1 on, and up to 65535, are a picture`,
    );
  }
  const count = width * height;
  at += 1;
  const size = largest > 255 ? 2 : 1;
  const cut = () => new InputError(`${source.name}: it promises ${width} x ${height} pixels; is it cut short?`);
  // As text a pixel takes a digit, and a space to the next one.
  if (bytes.length < at + (kind === 'P5' ? count * size : 2 * count - 1)) throw cut();
  const next = (pixel: number): number => {
    if (kind === 'P5') return size === 1 ? bytes[at + pixel] : bytes.readUInt16BE(at + 2 * pixel);
    const text = word();
    if (text === '') throw cut();
    return Number(text);
  };
  const values = new Float64Array(count);
  await inTurns(count, source.signal, (pixel) => {
    const value = next(pixel);
    values[pixel] = (255 * value) / largest;
    if (value >= 0 && value <= largest) return;
    throw new InputError(
      `${source.name}: pixel ${pixel % width}, ${Math.floor(pixel / width)} is ${value}, of ${largest}`,
    );
  });
  return { width, height, values };
}

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
