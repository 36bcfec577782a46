import type { Numerics } from './numerics.js';
import type { ShardJob } from './shardJob.js';
import type { Tile } from './tile.js';

/** What a thread is asked. */
export type ThreadCall =
  | { readonly kind: 'tile'; readonly job: Tile }
  | { readonly kind: 'shard'; readonly job: ShardJob };

/** What goes to a thread: a call, or the bytes it asked for. */
export type ToThread =
  | { readonly call: ThreadCall }
  | { readonly blob: string; readonly bytes: Uint8Array }
  | { readonly blob: string; readonly failed: string };

/** What comes from it: the bytes of results, or what it needs. */
export type FromThread =
  | { readonly need: string; readonly array: boolean }
  | { readonly done: readonly Uint8Array[] }
  | { readonly failed: string };

export interface ThreadData {
  readonly numerics: Numerics;
}
