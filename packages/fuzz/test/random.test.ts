import { wasm } from '@sinkhorn/backend-wasm';
import { examine, problem, solve, summary } from '@sinkhorn/fuzz';
import { expect, it } from 'vitest';

const PROBLEMS = 200;
/** Never to call a result accurate is no way out. */
const LEAST_ACCURATE = 0.95;

it('of random problems, none is called accurate and off by more than twice what it says', async () => {
  const backend = await wasm();
  const cases = [];
  for (let index = 0; index < PROBLEMS; index++) {
    cases.push(await examine(problem(1, index), (asked) => solve(backend, asked), 'float32'));
  }
  backend.dispose();
  expect(cases.filter(({ message }) => message !== undefined)).toEqual([]);
  const wrong = cases.filter(
    ({ verdict }) => verdict && (verdict.outcomes.value === 'wrong' || verdict.outcomes.points === 'wrong'),
  );
  expect(wrong.map(({ problem: { id } }) => id)).toEqual([]);
  const accurate = cases.filter(({ result }) => result?.accurate);
  expect(accurate.length / PROBLEMS).toBeGreaterThanOrEqual(LEAST_ACCURATE);
  expect(summary(cases).split('\n')).toHaveLength(6);
});
