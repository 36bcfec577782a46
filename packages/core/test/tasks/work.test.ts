import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { doWork, makeWork, type Work } from '../../src/tasks/work.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

interface Result {
  readonly numbers: Float64Array;
  readonly work?: Work;
}

/** A chain of works, each of which reads the result of the one before, and what tells whether the first numbers are still held. */
function chain(length: number): { readonly last: Work; readonly first: WeakRef<Float64Array> } {
  let result: Result = { numbers: new Float64Array(1000) };
  const first = new WeakRef(result.numbers);
  let last: Work | undefined;
  for (let k = 0; k < length; k++) {
    const read = result;
    const numbers = new Float64Array(1000);
    last = makeWork(read.work ? [read.work] : [], function* () {
      yield;
      numbers[0] = read.numbers[0] + 1;
    });
    result = { numbers, work: last };
  }
  if (!last) throw new Error('a chain has one work or more');
  return { last, first };
}

test('work that is done holds nothing of what it read', async () => {
  const { last, first } = chain(5);
  expect(doWork(last, () => true)).toBe(true);
  expect(last.done).toBe(true);
  expect(last.after).toEqual([]);
  // A reference that was made in this turn is held until its end.
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  expect(first.deref()).toBeUndefined();
});

test('work that was asked for no more goes on where it stopped', () => {
  const { last } = chain(3);
  expect(doWork(last, () => false)).toBe(false);
  expect(last.done).toBe(false);
  expect(doWork(last, () => true)).toBe(true);
});
