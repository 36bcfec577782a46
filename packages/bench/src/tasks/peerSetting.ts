import { sinkhornDivergence } from '@sinkhorn/losses';
import type { ReadableBackend } from '../backends/onBackend.js';
import { problems } from '../clouds/problems.js';
import { schedule } from '../methods/schedule.js';
import type { DenseResult } from '../peers/denseDivergence.js';
import { type PeerName, peers } from '../peers/peers.js';
import { measures, optionsOf } from './measures.js';

const problem = problems['sphere, cube'];

/** The divergence between a sphere and a cube of `n` points each, as a peer computes it. */
export async function onPeer(peer: PeerName, n: number): Promise<() => DenseResult> {
  const divergence = await peers[peer].start();
  const clouds = problem.clouds(n);
  return () => divergence(clouds, schedule(clouds, problem));
}

/** The same by the library, with the same schedule. */
export function onLibrary(backend: ReadableBackend, n: number): () => { value: number; gradient: ArrayLike<number> } {
  const loss = sinkhornDivergence({ backend, ...optionsOf(problem), scaling: 0.5, tolerance: null });
  const { x, y } = measures(problem, n);
  return () => {
    const { value, x: gradient } = loss.valueAndGradientsSync(x, y);
    return { value, gradient: gradient.points };
  };
}
