import { sha256 } from './canonical.js';
import { FleetError } from './errors.js';
import type { Tile } from './tile.js';

/** What a tile gives. */
export interface TileResult {
  /** One for each pair; for divisions the two samples' own value first. */
  readonly values: Float64Array;
  /** Whether each value is as accurate as was asked for. */
  readonly accurate: readonly boolean[];
  /** For divisions: for how many each stands, and how far apart rounding may put equal values. */
  readonly multiplicities?: Float64Array;
  readonly rounding?: number;
}

const HASH_BYTES = 32;

/** Whether a result has as many numbers as its tile asks for; those of steps are cut by who reads them. */
export function fits({ values, accurate, multiplicities }: TileResult, tile: Tile): boolean {
  if (tile.kind === 'pairs') return values.length === tile.pairs.length && accurate.length === values.length;
  if (tile.kind === 'divisions') return values.length === 1 + (multiplicities?.length ?? -1);
  return true;
}

/** A result as bytes, its own sha256 before them. */
export function resultBytes({ values, accurate, multiplicities, rounding = 0 }: TileResult): Uint8Array {
  const numbers = new Float64Array(3 + values.length + (multiplicities?.length ?? 0));
  numbers.set([values.length, multiplicities?.length ?? -1, rounding]);
  numbers.set(values, 3);
  if (multiplicities) numbers.set(multiplicities, 3 + values.length);
  const body = new Uint8Array(numbers.byteLength + accurate.length);
  body.set(new Uint8Array(numbers.buffer));
  body.set(accurate.map(Number), numbers.byteLength);
  const bytes = new Uint8Array(HASH_BYTES + body.length);
  bytes.set(Buffer.from(sha256(body), 'hex'));
  bytes.set(body, HASH_BYTES);
  return bytes;
}

/**
 * The result of some bytes.
 *
 * @throws FleetError where they are not those that were written.
 */
export function resultOf(bytes: Uint8Array): TileResult {
  const body = bytes.slice(HASH_BYTES);
  if (Buffer.from(bytes.subarray(0, HASH_BYTES)).toString('hex') !== sha256(body)) {
    throw new FleetError('CORRUPT_BLOB', 'a result has other bytes than were written');
  }
  const [count, others, rounding] = new Float64Array(body.buffer, 0, 3);
  const from = 8 * (3 + count);
  const values = new Float64Array(body.buffer, 24, count);
  const accurate = Array.from(body.subarray(from + 8 * Math.max(0, others)), Boolean);
  return others < 0
    ? { values, accurate }
    : { values, accurate, rounding, multiplicities: new Float64Array(body.buffer, from, others) };
}
