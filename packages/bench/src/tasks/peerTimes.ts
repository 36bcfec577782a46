import { onBackend } from '../backends/onBackend.js';
import { differences } from '../measuring/differences.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import type { PeerName } from '../peers/peers.js';
import { onLibrary, onPeer } from './peerSetting.js';

export interface PeerTimes extends Repetition {
  readonly peer: PeerName;
  readonly n: number;
  readonly threads: number;
}

export interface PeerTime {
  /** Medians, in seconds: of the peer, and of the library on one thread and on all. */
  readonly peer: number;
  readonly one: number;
  readonly all: number;
  /** The medians, over rounds, of the peer's time over the library's in the same round. */
  readonly againstOne: number;
  readonly againstAll: number;
  readonly runs: number;
  readonly value: number;
  /** Relative differences between the peer's results and the library's. */
  readonly valueDifference: number;
  readonly gradientDifference: number;
}

/** What a difference in rounding may come to; more is a difference in what is computed. */
const AGREEMENT = 1e-3;

/** Times value and gradient of the Sinkhorn divergence, in a peer and in the library, in turn. */
export async function peerTimes({ peer, n, threads, ...repetition }: PeerTimes): Promise<PeerTime> {
  const theirs = await onPeer(peer, n);
  return await onBackend({ name: 'wasm', threads: 1 }, (single) =>
    onBackend({ name: 'wasm', threads }, (several) => {
      const courses = inTurn(repetition, {
        one: onLibrary(single, n),
        all: onLibrary(several, n),
        peer: theirs,
      });
      const { one, all } = courses;
      const valueDifference = Math.abs(courses.peer.result.value / one.result.value - 1);
      if (valueDifference > AGREEMENT) throw new Error(`${peer} gives a value that is off by ${valueDifference}`);
      return {
        peer: median(courses.peer.seconds),
        one: median(one.seconds),
        all: median(all.seconds),
        againstOne: timeRatio(courses.peer, one),
        againstAll: timeRatio(courses.peer, all),
        runs: one.seconds.length,
        value: one.result.value,
        valueDifference,
        gradientDifference: differences(one.result.gradient, courses.peer.result.gradient).relative,
      };
    }),
  );
}
