import { onBackend } from '../backends/onBackend.js';
import { timed } from '../measuring/timed.js';
import type { PeerName } from '../peers/peers.js';
import { onLibrary, onPeer } from './peerSetting.js';

/** Computes the divergence once, in a peer or in the library, for the memory it takes; gives the seconds. */
export async function peerOnce({ by, n }: { by: PeerName | 'library'; n: number }): Promise<number> {
  if (by !== 'library') return timed(await onPeer(by, n)).seconds;
  return await onBackend({ name: 'wasm' }, (backend) => timed(onLibrary(backend, n)).seconds);
}
