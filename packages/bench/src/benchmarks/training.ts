import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';

export interface TrainingPlan {
  readonly threads: number;
  readonly runs: readonly ({ readonly n: number } & Repetition)[];
}

/** A step of training in TensorFlow.js, by the op and in the dense formulation. */
export async function training(run: Runner, { threads, runs }: TrainingPlan): Promise<Table[]> {
  const rows: Record<string, Cell>[] = [];
  for (const { n, ...repetition } of runs) {
    const { result } = await run('trainingTimes', { n, threads, ...repetition });
    const { peak: densePeak } = await run('trainingOnce', { by: 'dense', n });
    const { peak } = await run('trainingOnce', { by: 'op', n });
    rows.push({ n, ...result, densePeak, peak });
  }
  return [
    {
      title: 'A step of training in TensorFlow.js',
      text: `Seconds for a step of gradient descent on the points of a sphere towards a cube (p = 2, blur .05, GeomLoss's schedule at scaling .5): by \`sinkhornDivergence\` of @sinkhorn/tfjs on the wasm backend, on one thread and on ${threads}, and dense in ops of tfjs, with the same softmins at the same temperatures, matrices of costs that are computed once, and the gradient by its formula rather than by a tape. Tensors are on @tensorflow/tfjs-backend-wasm, which has one thread in Node. All ran in turn in one process; times faster is the median of the rounds' ratios, and should be 5 at least. The largest tensor is what \`tf.profile\` saw in a step. Peak memory is that of processes which take one step, the library of tensors included.`,
      columns: [
        { key: 'n', title: 'N = M', format: 'count' },
        { key: 'runs', title: 'runs', format: 'count' },
        { key: 'dense', title: 'dense, seconds', format: 'digits3' },
        { key: 'one', title: 'seconds on one thread', format: 'digits3' },
        { key: 'againstOne', title: 'times faster', format: 'digits3' },
        { key: 'all', title: `seconds on ${threads}`, format: 'digits3' },
        { key: 'againstAll', title: 'times faster', format: 'digits3' },
        { key: 'denseLargest', title: 'dense, largest tensor', format: 'count' },
        { key: 'largest', title: 'largest tensor', format: 'count' },
        { key: 'difference', title: 'points differ by', format: 'power' },
        { key: 'densePeak', title: 'dense, peak memory, MB', format: 'tenths' },
        peakColumn,
      ],
      rows,
    },
  ];
}
