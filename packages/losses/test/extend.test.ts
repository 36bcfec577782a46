import { cpu } from '@sinkhorn/backend-cpu';
import type { HostGradients } from '@sinkhorn/core';
import { report, type Task } from '@sinkhorn/core/extend';
import { combine, type Loss, sinkhornDivergence } from '@sinkhorn/losses';
import { type Engine, makeLoss, plainSolution, type Solved, visitedAll } from '@sinkhorn/losses/extend';
import { describe, expect, test } from 'vitest';

const diagnostics = {
  iterations: 3,
  reductions: 2,
  epsilons: [],
  marginalError: 0,
  converged: true,
  backend: 'none',
  ...visitedAll('so', 0),
};
const gradient = { points: new Float64Array(1), weights: new Float64Array(1) };

/** A result, as a task. */
function* task<Result>(result: Result): Task<Result> {
  yield* report({ stage: 'own', iteration: 1, epsilon: Number.NaN });
  return result;
}

/** An engine on single points in one dimension, whose results are as they are told to be. */
function engineOf(result: Partial<Solved> = {}): Engine<number, Solved> {
  return {
    name: 'own',
    prepare: (y) => task(y.points[0]),
    solve: (_pair, _wrt, { precomputed = 0, start }) =>
      task({
        values: Float64Array.of(precomputed + (start?.values[0] ?? 0)),
        gradients: { x: gradient, y: gradient },
        diagnostics,
        gradientsOf: () => task<HostGradients>({ x: gradient, y: gradient }),
        ...result,
      }),
  };
}
const lossOf = (result?: Partial<Solved>): Loss => makeLoss(engineOf(result), plainSolution);

test('what is known of a target is computed once, and a start comes along', async () => {
  let prepared = 0;
  const engine = engineOf();
  const loss = makeLoss(
    {
      ...engine,
      *prepare(y) {
        prepared += 1;
        return yield* engine.prepare(y);
      },
    },
    plainSolution,
  );
  const target = loss.target([[5]]);
  const start = await target.solve([[1]]);
  expect([start.value, await target.value([[1]])]).toEqual([5, 5]);
  expect((await target.solve([[2]], { start })).value).toBe(10);
  expect(prepared).toBe(1);
  await expect(sinkhornDivergence({ backend: cpu() }).solve([[1]], [[2]], { start: start as never })).rejects.toThrow(
    'start is no solution of a sinkhornDivergence',
  );
});

test('solutions may have more than others', async () => {
  const loss = makeLoss(engineOf(), (solution, { result, pair }) => ({
    ...solution,
    twice: 2 * result.values[0],
    count: pair.x.count,
  }));
  expect(await loss.target([[4]]).solve([[1]])).toMatchObject({ value: 4, twice: 8, count: 1 });
});

test('an engine may be an object of a class', async () => {
  class Own implements Engine<undefined, Solved> {
    readonly name = 'own';
    readonly #value = 7;
    prepare(): Task<undefined> {
      return task(undefined);
    }
    *solve(): Task<Solved> {
      const result = yield* engineOf().solve(undefined as never, [], {});
      return { ...result, values: Float64Array.of(this.#value) };
    }
  }
  expect(await combine([{ loss: makeLoss(new Own(), plainSolution), weight: 2 }]).value([[0]], [[0]])).toBe(14);
});

describe('what an engine gives is looked at', () => {
  test.each<[string, Partial<Solved>]>([
    ['own: values has 2 numbers: give a Float64Array of 1', { values: new Float64Array(2) }],
    ['own: values is no Float64Array', { values: [1] as never }],
    ['own: gradients.x was wanted and is missing', { gradients: { y: gradient } }],
    [
      'own: gradients.x.points has 3 numbers: give a Float64Array of 1',
      { gradients: { x: { ...gradient, points: new Float64Array(3) } } },
    ],
    ['own: gradients.x.weights is no Float64Array', { gradients: { x: { ...gradient, weights: undefined as never } } }],
    ['own: diagnostics are missing', { diagnostics: undefined }],
    ['own: gradientsOf is no function', { gradientsOf: undefined }],
  ])('%s', async (message, result) => {
    await expect(lossOf(result).valueAndGradients([[0]], [[1]])).rejects.toThrow(message);
    await expect(combine([{ loss: lossOf(result) }]).valueAndGradients([[0]], [[1]])).rejects.toThrow(message);
  });

  test('gradients that come later too', async () => {
    const solution = await lossOf({
      gradients: {},
      gradientsOf: () => task({ x: { ...gradient, points: new Float64Array(2) } }),
    }).solve([[0]], [[1]]);
    await expect(solution.gradients('x')).rejects.toThrow('own: gradients.x.points has 2 numbers');
    await expect(solution.gradients('y')).rejects.toThrow('own: gradients.y was wanted and is missing');
  });

  test.each<[string, unknown, unknown]>([
    ['engine.name is no name', { ...engineOf(), name: '' }, plainSolution],
    ['engine.name is no name', undefined, plainSolution],
    ['engine.prepare is no function', { ...engineOf(), prepare: undefined }, plainSolution],
    ['engine.solve is no function', { ...engineOf(), solve: 1 }, plainSolution],
    ['extend is no function', engineOf(), undefined],
  ])('%s', (message, engine, extend) => {
    expect(() => makeLoss(engine as never, extend as never)).toThrow(message);
  });
});
