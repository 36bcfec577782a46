import { median } from './median.js';
import { timed } from './timed.js';

/** How often something is timed: `rounds` times, but not again once it took more than `limit` seconds in all. */
export interface Repetition {
  readonly rounds: number;
  readonly limit: number;
}

/** Runs something again and again: what it returned first, the median of the seconds it took, and the times it ran. */
export function repeat<Result>({ rounds, limit }: Repetition, work: () => Result) {
  const { result, seconds } = timed(work);
  const all = [seconds];
  let spent = seconds;
  while (all.length < rounds && spent <= limit) {
    const again = timed(work).seconds;
    all.push(again);
    spent += again;
  }
  return { result, seconds: median(all), runs: all.length };
}
