import type { BlobStore } from './blobStore.js';
import type { Numerics } from './numerics.js';
import type { ShardJob } from './shardJob.js';
import type { Tile } from './tile.js';

/** The way to those who compute: threads of this process, or workers on other machines. */
export interface Channel {
  readonly numerics: Numerics;
  /** Where clouds lie. */
  readonly blobs: BlobStore;
  /** Where clouds and potentials lie that one step of one run needs alone. */
  readonly steps: BlobStore & { drop(hashes: readonly string[]): Promise<void> };
  /** Where arrays of a sharded solve lie for as long as it needs them. */
  readonly arrays: {
    put(name: string, bytes: Uint8Array): Promise<void>;
    get(name: string): Promise<Uint8Array>;
    drop(names: readonly string[]): Promise<void>;
    /** Says that they are still needed: where they lie, what nobody asks for is dropped after a while. */
    touch(names: readonly string[]): Promise<void>;
  };
  /** How many tiles may be on their way at a time, for so many threads that serve. */
  ahead(workers: number): number;
  /** How many threads serve now. */
  workers(): Promise<number>;
  /** The result of a tile that was computed before, by whomever. */
  result(id: string, tile: Tile): Promise<Uint8Array | undefined>;
  /** Forgets a result that turned out to be damaged, or that nobody asks for any more. */
  forget(id: string): Promise<void>;
  /** Has a tile computed, and its result kept. */
  runTile(id: string, tile: Tile): Promise<void>;
  /** Has rows of a reduction computed, and put where the job says. */
  runShard(id: string, job: ShardJob): Promise<void>;
  /** Ends the wait for tiles or parts of reductions, which fails, and takes those out of the queue that nobody has begun nor waits for. */
  cancel(of: 'tiles' | 'shards', ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
