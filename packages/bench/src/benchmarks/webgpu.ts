import { readFileSync } from 'node:fs';
import type { Repetition } from '../measuring/repeat.js';
import type { Runner } from '../measuring/runner.js';
import { type Cell, peakColumn, type Table } from '../report/table.js';
import type { ContenderName } from '../webgpu/contenders.js';
import type { ContenderTime } from '../webgpu/divergenceTimes.js';
import type { WebgpuPeerName } from '../webgpu/peers.js';

type Sized = { readonly dimension: number; readonly n: number } & Repetition;

export interface WebgpuPlan {
  readonly divergences: readonly ({
    readonly contenders: readonly ContenderName[];
    readonly patience: number;
  } & Sized)[];
  readonly softmins: readonly Sized[];
}

const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const titles: Record<WebgpuPeerName, string> = {
  tfjs: `@tensorflow/tfjs-backend-webgpu ${dependencies['@tensorflow/tfjs-backend-webgpu']}`,
  jax: `@jax-js/jax ${dependencies['@jax-js/jax']}`,
};
const NOTHING = '–';
const MEGA = 1e6;
const AIM = 3;
const FEW = 256;

/** The webgpu backend in a page: against tensor libraries on WebGPU, and against a kernel that one would write first. */
export async function webgpu(run: Runner, plan: WebgpuPlan): Promise<Table[]> {
  return [await divergences(run, plan), await softmins(run, plan)];
}

async function divergences(run: Runner, plan: WebgpuPlan): Promise<Table> {
  const { result, peak } = await run('pageDivergences', plan.divergences);
  const rows = plan.divergences.flatMap(({ dimension, n }, index) => {
    const { runs, library, peers } = result[index];
    const { first, value, dispatches, hostMilliseconds, submissions } = library;
    return Object.entries(peers).map(
      ([name, peer]): Record<string, Cell> => ({
        library: titles[name as WebgpuPeerName],
        dimension,
        n,
        runs,
        theirs: secondsOr(peer),
        seconds: secondsOr(library),
        timesFaster: peer.timesFaster ?? NOTHING,
        dispatches: dispatches ?? NOTHING,
        hostMilliseconds: hostMilliseconds ?? NOTHING,
        submissions: submissions?.count ?? NOTHING,
        submission: submissions?.median ?? NOTHING,
        nineTenths: submissions?.nineTenths ?? NOTHING,
        longest: submissions?.longest ?? NOTHING,
        theirFirst: peer.first ?? NOTHING,
        first: first ?? NOTHING,
        value: value ?? NOTHING,
        valueDifference: peer.valueDifference ?? NOTHING,
        gradientDifference: peer.gradientDifference ?? NOTHING,
        theirHeld: megabytes(peer),
        held: megabytes(library),
        matrix: (4 * n ** 2) / MEGA,
        peak,
      }),
    );
  });
  const [{ adapter, browser }] = result;
  return {
    title: 'The divergence on WebGPU',
    text: `Seconds for the Sinkhorn divergence and its gradient in x between sphere and cube (p = 2, blur .05, times the square root of D / 3 above D = 3, GeomLoss's schedule at scaling .1, no further iteration): in tensor libraries on their WebGPU backends, and by \`sinkhornDivergence\` on the webgpu backend, in one page of ${browser} for each D and N, on one adapter (${adapter}). The tensor libraries keep the matrices of costs of the problem at hand, so that D hardly matters to them after these, and take the same softmins at the same temperatures; with jax-js each softmin is one \`jit\`, compiled for a size when it is met. All ran in turn; the first round, in which they compile what its size takes, counts only where there is no other. Times faster is the median of the rounds' ratios, and should be ${AIM} at least. A first result is that over ${FEW} points at most, from a library's start and with caches empty, so that it is about starting and compiling. Dispatches are the kernels that one of our solves starts, host milliseconds for how long the page's thread is busy with it, as the browser counts; submissions are those of the first solve of its size in another page, each with the time that it kept the device busy, which should be about 100 ms at most. Buffers are the most bytes that a library had asked its device for, and not given back, at a time; a matrix of N by M numbers is beside them. What has no result in the time it is given has a row that says so, and so has what should have run after it in the same page. Peak memory is that of the process that drives the browser, not of the browser, whose processes emulate the GPU as well.`,
    columns: [
      { key: 'library', title: 'against', format: 'text' },
      { key: 'dimension', title: 'D', format: 'count' },
      { key: 'n', title: 'N = M', format: 'count' },
      { key: 'runs', title: 'runs', format: 'count' },
      { key: 'theirs', title: 'their seconds', format: 'digits3' },
      { key: 'seconds', title: 'seconds', format: 'digits3' },
      { key: 'timesFaster', title: 'times faster', format: 'digits3' },
      { key: 'dispatches', title: 'dispatches', format: 'count' },
      { key: 'hostMilliseconds', title: 'host, ms', format: 'digits3' },
      { key: 'submissions', title: 'submissions', format: 'count' },
      { key: 'submission', title: 'median, ms', format: 'digits3' },
      { key: 'nineTenths', title: 'nine in ten below, ms', format: 'digits3' },
      { key: 'longest', title: 'longest, ms', format: 'digits3' },
      { key: 'theirFirst', title: 'their first result, s', format: 'digits3' },
      { key: 'first', title: 'first result, s', format: 'digits3' },
      { key: 'value', title: 'value', format: 'digits8' },
      { key: 'valueDifference', title: 'values differ by', format: 'power' },
      { key: 'gradientDifference', title: 'gradients differ by', format: 'power' },
      { key: 'theirHeld', title: 'their buffers, MB', format: 'tenths' },
      { key: 'held', title: 'buffers, MB', format: 'tenths' },
      { key: 'matrix', title: 'a matrix, MB', format: 'tenths' },
      peakColumn,
    ],
    rows,
  };
}

/** The seconds that one took, or why there are none. */
const secondsOr = ({ seconds, failure }: ContenderTime): Cell => seconds ?? failure ?? NOTHING;

const megabytes = ({ mostHeld }: ContenderTime): Cell => (mostHeld === undefined ? NOTHING : mostHeld / MEGA);

async function softmins(run: Runner, plan: WebgpuPlan): Promise<Table> {
  const { result, peak } = await run('pageSoftmins', plan.softmins);
  const rows = plan.softmins.map(({ dimension, n }, index): Record<string, Cell> => {
    const { naive, gpujs, onBackend, timesFaster, runs, difference } = result[index];
    const rate = (seconds: number) => n ** 2 / seconds / 1e6;
    return {
      dimension,
      n,
      runs,
      naive: rate(naive),
      gpujs: rate(gpujs),
      onBackend: rate(onBackend),
      timesFaster: timesFaster.naive,
      timesFasterThanGpujs: timesFaster.gpujs,
      difference: difference.relative,
      peak,
    };
  });
  return {
    title: 'One softmin on WebGPU',
    text: `Million pairs a second of a softmin (p = 2) with its result read: by the kernel that one would write first, in which a thread takes a row and all columns from global memory, by the same one in gpu.js's WebGPU mode (${dependencies['gpu.js']}, which uploads its arrays in each call), and on the webgpu backend, in turn in one page; the backend compiles its kernel for so many points in the first round. Times faster is the median of the rounds' ratios. Peak memory is that of the process that drives the browser.`,
    columns: [
      { key: 'dimension', title: 'D', format: 'count' },
      { key: 'n', title: 'N = M', format: 'count' },
      { key: 'runs', title: 'runs', format: 'count' },
      { key: 'naive', title: 'naive', format: 'digits3' },
      { key: 'gpujs', title: 'gpu.js', format: 'digits3' },
      { key: 'onBackend', title: 'webgpu', format: 'digits3' },
      { key: 'timesFaster', title: 'times faster', format: 'digits3' },
      { key: 'timesFasterThanGpujs', title: 'than gpu.js', format: 'digits3' },
      { key: 'difference', title: 'results differ by', format: 'power' },
      peakColumn,
    ],
    rows,
  };
}
