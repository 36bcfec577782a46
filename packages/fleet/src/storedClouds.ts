import { checkMeasure, checkPair, InvalidMeasureError, type Measure, type StopSignal } from '@sinkhorn/core';
import { sha256 } from './canonical.js';
import type { Channel } from './channel.js';
import { cloudBytes } from './cloudBytes.js';
import type { Tile } from './tile.js';
import { unlessAborted } from './waiting.js';

/** Clouds that lie where workers find them. */
export interface StoredClouds {
  readonly hashes: readonly string[];
  readonly dimension: number;
  /** Puts the clouds of a tile again, where what lies there is damaged. */
  putAgain(tile: Tile): Promise<void>;
}

/** How many clouds are on their way to the store at a time. */
const AT_ONCE = 16;

/**
 * Puts clouds where workers find them, each once.
 *
 * @throws InvalidMeasureError naming the cloud.
 */
export async function storedClouds(
  channel: Channel,
  named: readonly (readonly [string, Measure])[],
  signal?: StopSignal,
): Promise<StoredClouds> {
  if (named.length === 0) throw new InvalidMeasureError('clouds is empty: give one or more');
  const first = checkMeasure(...named[0]);
  const bytes = new Map<string, Uint8Array>();
  const hashes = named.map(([name, measure]) => {
    checkPair({ x: first, y: checkMeasure(name, measure) });
    const blob = cloudBytes(name, measure);
    const hash = sha256(blob);
    bytes.set(hash, blob);
    return hash;
  });
  const waiting = bytes.entries();
  const lane = async () => {
    for (const [hash, blob] of waiting) {
      signal?.throwIfAborted();
      if (!(await channel.blobs.has(hash))) await channel.blobs.put(hash, blob);
    }
  };
  await unlessAborted(Promise.all(Array.from({ length: AT_ONCE }, lane)), signal);
  return {
    hashes,
    dimension: first.dimension,
    async putAgain({ clouds }) {
      for (const hash of clouds) await channel.blobs.put(hash, bytes.get(hash) as Uint8Array);
    },
  };
}
