import type { Course } from './inTurn.js';
import type { Repetition } from './repeat.js';
import { timedLater } from './timedLater.js';

/** As `inTurn`, for what is waited for. */
export async function inTurnLater<Results extends Record<string, unknown>>(
  { rounds, limit }: Repetition,
  works: { readonly [Name in keyof Results]: () => Promise<Results[Name]> },
): Promise<{ [Name in keyof Results]: Course<Results[Name]> }> {
  const began = performance.now();
  const courses = new Map<keyof Results, { result: unknown; seconds: number[] }>();
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() - began > 1000 * limit) break;
    for (const name of Object.keys(works)) {
      const { result, seconds } = await timedLater(works[name]);
      const course = courses.get(name) ?? { result, seconds: [] };
      course.seconds.push(seconds);
      courses.set(name, course);
    }
  }
  // Which result is whose is lost on entries: hence the cast.
  return Object.fromEntries(courses) as unknown as { [Name in keyof Results]: Course<Results[Name]> };
}
