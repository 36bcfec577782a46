import type { Values } from '../../backend/backend.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { atOnce } from '../../tasks/preparing.js';
import { type SlicesSum, sumSlices } from './sumSlices.js';

/** What a thread is told first: plain data. */
export interface SlicesProblem {
  readonly pair: MeasurePair;
  readonly p: number;
  readonly wrt: readonly Side[];
}

/** Threads at work on one problem. */
export interface SliceThreads {
  readonly count: number;
  /** What some directions come to, when a thread has had time for them; nothing where it fails. */
  sum(vectors: Float64Array): Promise<SlicesSum | undefined>;
  close(): void;
}

/** Starts threads for a problem; nothing where there are none. */
export type StartSliceThreads = (problem: SlicesProblem) => Promise<SliceThreads | undefined>;

/** A pair as plain data, which goes to threads. */
export function plainPair({ x, y }: MeasurePair): MeasurePair {
  return { x: plain(x), y: plain(y) };
}

function plain({ name, points, weights, masses, batch, batched, count, dimension }: CheckedMeasure): CheckedMeasure {
  return { name, points: alone(points), weights: alone(weights), masses, batch, batched, count, dimension };
}

/** Numbers without what lies beside them in memory, which would be copied too. */
const alone = <Numbers extends Values>(numbers: Numbers): Numbers =>
  numbers.byteLength < numbers.buffer.byteLength ? (numbers.slice() as Numbers) : numbers;

/**
 * A thread's part: gives what takes a problem, or that there is none any more, and then directions, and answers with what they come to, or with null where that
 * fails. What it answers with moves without a copy.
 */
export function sliceThread(
  answer: (sum: SlicesSum | null, moved: ArrayBuffer[]) => void,
): (told: SlicesProblem | Float64Array | undefined) => void {
  let problem: SlicesProblem | undefined;
  return (told) => {
    if (!(told instanceof Float64Array)) {
      problem = told;
      return;
    }
    const sum = problem && resultOf(problem, told);
    answer(sum ?? null, sum ? buffersOf(sum) : []);
  };
}

/** Nothing where there is none: who asked tries by itself, and tells of the error. */
function resultOf({ pair, p, wrt }: SlicesProblem, vectors: Float64Array): SlicesSum | undefined {
  try {
    return atOnce(sumSlices(pair, p, vectors, wrt));
  } catch {
    return undefined;
  }
}

function buffersOf({ values, gradients }: SlicesSum): ArrayBuffer[] {
  const sides = Object.values(gradients).flatMap(({ points, weights }) => [points, weights]);
  return [values, ...sides].map(({ buffer }) => buffer as ArrayBuffer);
}
