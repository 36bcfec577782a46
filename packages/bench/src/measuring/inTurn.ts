import { median } from './median.js';
import type { Repetition } from './repeat.js';
import { timed } from './timed.js';

/** What something returned first, and the seconds it took in each round. */
export interface Course<Result> {
  readonly result: Result;
  readonly seconds: readonly number[];
}

/** Runs several things in turn, round after round, so that a busy moment of the machine hits all alike. */
export function inTurn<Results extends Record<string, unknown>>(
  { rounds, limit }: Repetition,
  works: { readonly [Name in keyof Results]: () => Results[Name] },
): { [Name in keyof Results]: Course<Results[Name]> } {
  const entries = Object.entries(works) as [keyof Results, () => Results[keyof Results]][];
  const courses = entries.map(([name, work]) => {
    const { result, seconds } = timed(work);
    return { name, work, result, seconds: [seconds] };
  });
  const spent = () => courses.reduce((sum, { seconds }) => seconds.reduce((total, each) => total + each, sum), 0);
  while (courses[0].seconds.length < rounds && spent() <= limit) {
    for (const { work, seconds } of courses) seconds.push(timed(work).seconds);
  }
  // Which result is whose is lost on entries: hence the cast.
  return Object.fromEntries(courses.map(({ name, result, seconds }) => [name, { result, seconds }])) as unknown as {
    [Name in keyof Results]: Course<Results[Name]>;
  };
}

/** The median, over rounds, of the time of one over that of another in the same round. */
export const timeRatio = (one: Course<unknown>, other: Course<unknown>): number =>
  median(one.seconds.map((seconds, round) => seconds / other.seconds[round]));
