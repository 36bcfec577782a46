import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { peers as all, type PeerName } from '../peers/peers.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';

export interface PeersPlan {
  readonly threads: number;
  readonly runs: readonly ({ readonly peer: PeerName; readonly n: number } & Repetition)[];
}

/** The Sinkhorn divergence against the same in tensor libraries. */
export async function peers(run: Runner, { threads, runs }: PeersPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const { peer, n, ...repetition } of runs) {
    const { result } = await run('peerTimes', { peer, n, threads, ...repetition });
    const { peak: theirPeak } = await run('peerOnce', { by: peer, n });
    const { peak } = await run('peerOnce', { by: 'library', n });
    rows.push({ library: all[peer].title, n, ...result, theirPeak, peak });
  }
  return [
    {
      title: 'The divergence against tensor libraries',
      text: `Seconds for the Sinkhorn divergence and its gradient in x between sphere and cube (p = 2, blur .05, GeomLoss's schedule at scaling .5, no further iteration): in a tensor library on its WebAssembly backend, which has one thread in Node, and by \`sinkhornDivergence\` on the wasm backend on one thread and on ${threads}. The tensor library keeps the matrices of costs of the problem at hand and takes the same softmins at the same temperatures; with jax-js each softmin is one \`jit\`. All ran in turn in one process; times faster is the median of the rounds' ratios, and should be 5 at least. Peak memory is that of processes which compute it once and, for the tensor library, includes the library.`,
      columns: [
        { key: 'library', title: 'against', format: 'text' },
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'peer', title: 'their seconds', format: 'digits3' },
        { key: 'one', title: 'seconds on one thread', format: 'digits3' },
        { key: 'againstOne', title: 'times faster', format: 'digits3' },
        { key: 'all', title: `seconds on ${threads}`, format: 'digits3' },
        { key: 'againstAll', title: 'times faster', format: 'digits3' },
        { key: 'value', title: 'value', format: 'digits8' },
        { key: 'valueDifference', title: 'values differ by', format: 'power' },
        { key: 'gradientDifference', title: 'gradients differ by', format: 'power' },
        { key: 'theirPeak', title: 'their peak memory, MB', format: 'tenths' },
        peakColumn,
      ],
      rows,
    },
  ];
}
