import { wasm } from '@sinkhorn/backend-wasm';
import { examine, families, isFault, statedOverError, summary } from '@sinkhorn/fuzz';
import { expect, it } from 'vitest';

/** 200 with those of the other families. */
const PROBLEMS = 155;
const PROBLEMS_OF_A_FAMILY = 5;
const LEAST_OF_A_FAMILY = 0.6;
/** Never to call a result accurate is no way out. */
const LEAST_ACCURATE = 0.95;
/** Nor is it one to state far larger errors than there are: so many times, by the median. Values, of which most are off by roundings alone, get more. */
const MOST_STATED = { points: 10, value: 40 };
/** By sweeps alone, which are for more points than these: the same ways to be wrong, at sizes where the truth can be had. */
const SWEPT_PROBLEMS = 100;
/** Below a hundredth of the diameter they often end before they get there. */
const LEAST_SWEPT = 0.75;

it('of random problems, none is called accurate and off by more than twice what it says', async () => {
  const backend = await wasm();
  const cases = [];
  for (let index = 0; index < PROBLEMS; index++) {
    cases.push(await examine(families.clouds(1, index), (asked) => asked.solve({ backend }), 'float32'));
  }
  backend.dispose();
  expect(cases.filter(({ message }) => message !== undefined)).toEqual([]);
  const wrong = cases.filter(
    ({ verdict }) => verdict && (verdict.outcomes.value === 'wrong' || verdict.outcomes.points === 'wrong'),
  );
  expect(wrong.map(({ trial: { id } }) => id)).toEqual([]);
  const accurate = cases.filter(({ result }) => result?.accurate);
  expect(accurate.length / PROBLEMS).toBeGreaterThanOrEqual(LEAST_ACCURATE);
  expect(summary(cases).split('\n')).toHaveLength(7);
  expect(statedOverError(cases, ['points'])).toBeLessThanOrEqual(MOST_STATED.points);
  expect(statedOverError(cases, ['value'])).toBeLessThanOrEqual(MOST_STATED.value);
});

it.each(Object.keys(families).filter((name) => name !== 'clouds'))('nor is any of %s', async (name) => {
  const backend = await wasm();
  const cases = [];
  for (let index = 0; index < PROBLEMS_OF_A_FAMILY; index++) {
    cases.push(await examine(families[name](21, index), (asked) => asked.solve({ backend }), 'float32'));
  }
  backend.dispose();
  expect(cases.filter(isFault).map(({ trial: { id } }) => id)).toEqual([]);
  const accurate = cases.filter(({ result }) => result?.accurate);
  expect(accurate.length / PROBLEMS_OF_A_FAMILY).toBeGreaterThanOrEqual(LEAST_OF_A_FAMILY);
});

it('of random problems, alternating updates call none accurate and off by more than twice what they say', async () => {
  const backend = await wasm();
  const cases = [];
  for (let index = 0; index < SWEPT_PROBLEMS; index++) {
    cases.push(
      await examine(families.clouds(4, index), (asked) => asked.solve({ backend, method: 'alternating' }), 'float32'),
    );
  }
  backend.dispose();
  expect(cases.filter(({ message }) => message !== undefined)).toEqual([]);
  expect(cases.filter(isFault).map(({ trial: { id } }) => id)).toEqual([]);
  const accurate = cases.filter(({ result }) => result?.accurate);
  expect(accurate.length / SWEPT_PROBLEMS).toBeGreaterThanOrEqual(LEAST_SWEPT);
});
