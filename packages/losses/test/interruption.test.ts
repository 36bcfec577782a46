import { cpu } from '@sinkhorn/backend-cpu';
import { type CallOptions, energyDistance, type Loss, type Measure, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

const losses: [string, Loss][] = [
  ['sinkhornDivergence', sinkhornDivergence({ backend: cpu(), strategy: 'dense' })],
  ['sinkhornDivergence of shares', sinkhornDivergence({ backend: cpu(), normalize: true, strategy: 'dense' })],
  ['energyDistance', energyDistance({ backend: cpu(), strategy: 'dense' })],
];

const COUNT = 1_500_000;
const points = Float32Array.from({ length: 2 * COUNT }, (_, k) => (k * 0.618) % 1);
const few = [[0.5, 0.5]];
const forms: [string, Measure][] = [
  ['typed points', { points, dimension: 2 }],
  ['a list of numbers, with weights', { data: Array.from(points), shape: [COUNT, 2], weights: Array(COUNT).fill(1) }],
  ['rows', Array.from({ length: COUNT }, (_, k) => [points[2 * k], points[2 * k + 1]])],
];

describe.each(losses)('%s', (_name, loss) => {
  test.each(forms)('of many points, as %s, can be stopped before they are all looked at', async (_form, x) => {
    for (const method of ['value', 'valueAndGradients', 'solve'] as const) {
      const controller = new AbortController();
      const stages: string[] = [];
      const onProgress = ({ stage }: { stage: string }) => {
        stages.push(stage);
        controller.abort(new Error('enough'));
      };
      const call: (x: Measure, y: Measure, options: CallOptions) => Promise<unknown> = loss[method];
      await expect(call(x, few, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
      expect(stages).toEqual(['preparing']);
    }
  });
});

test('a solution of few points is that of the clouds when the call was made', async () => {
  const loss = sinkhornDivergence({ backend: cpu(), blur: 0.1 });
  const x = { points: Float64Array.of(0, 0), dimension: 2 };
  const solving = loss.solve(x, [[3, 4]]);
  x.points.fill(7);
  const solution = await solving;
  expect(solution.value).toBe(12.5);
  expect((await solution.gradients('x')).x.points).toEqual(Float64Array.of(-3, -4));
});

test('all numbers of many points are looked at, and only the last one is wrong', async () => {
  const loss = energyDistance({ backend: cpu() });
  const wrong = points.slice();
  wrong[wrong.length - 1] = Number.NaN;
  await expect(loss.solve({ points: wrong, dimension: 2 }, few)).rejects.toThrow(
    `x: coordinate 1 of point ${COUNT - 1} is NaN`,
  );
});
