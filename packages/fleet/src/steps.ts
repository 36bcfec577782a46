import type { StopSignal } from '@sinkhorn/core';
import { sha256 } from './canonical.js';
import type { Channel } from './channel.js';
import { type Cloud, cloudBytes } from './cloudBytes.js';
import { runTiles } from './runTiles.js';
import { type Tile, tileId } from './tile.js';
import type { TileResult } from './tileResult.js';
import { patiently, unlessAborted } from './waiting.js';

/** A run of step after step, each of which has some tiles computed that nobody asks for later. */
export interface Steps {
  /** Has the tiles of a step computed; `name` puts a cloud where workers find it, and gives its hash. */
  run(tiles: (name: (what: string, cloud: Cloud) => string) => readonly Tile[]): Promise<readonly TileResult[]>;
  /** Drops what the run put and what it was given. Results of one that failed stay for an hour: begun again, it is soon where it was. */
  end(isDone: boolean): Promise<void>;
}

/** Opens a run of steps on those who compute. */
export function stepsOn(channel: Channel, signal: StopSignal | undefined): Steps {
  let held = new Map<string, Uint8Array>();
  const results = new Set<string>();
  return {
    async run(tiles) {
      const bytes = new Map<string, Uint8Array>();
      const made = tiles((what, cloud) => {
        const blob = cloudBytes(what, cloud);
        const hash = sha256(blob);
        bytes.set(hash, blob);
        return hash;
      });
      const put = async (hash: string) => channel.steps.put(hash, bytes.get(hash) as Uint8Array);
      const stored = [...bytes.keys()].map(async (hash) => (await channel.steps.has(hash)) || put(hash));
      await unlessAborted(Promise.all(stored), signal);
      const before = held;
      held = new Map([...before, ...bytes]);
      const ids = made.map(tileId);
      for (const id of ids) results.add(id);
      const found = await runTiles(
        channel,
        new Map(ids.map((id, k) => [id, made[k]])),
        { signal },
        async ({ clouds }) => {
          for (const hash of clouds) await put(hash);
        },
      );
      await unlessAborted(channel.steps.drop([...before.keys()].filter((hash) => !bytes.has(hash))), signal);
      held = bytes;
      return ids.map((id) => found.get(id) as TileResult);
    },
    async end(isDone) {
      const forgotten = isDone ? [...results].map(channel.forget) : [];
      await patiently(Promise.all([channel.steps.drop([...held.keys()]), ...forgotten]));
    },
  };
}
