import { cpu } from '@sinkhorn/backend-cpu';
import {
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  InvalidMeasureError,
  InvalidOptionError,
  kernelMmd,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { solveOnDevice } from '@sinkhorn/losses/on-device';
import { describe, expect, test } from 'vitest';

const backend = cpu();
const schedule = { backend, tolerance: null, diameter: 2, blur: 0.1 } as const;
const losses: readonly { title: string; loss: Loss }[] = [
  { title: 'sinkhornDivergence', loss: sinkhornDivergence(schedule) },
  { title: 'sinkhornDivergence, p = 1', loss: sinkhornDivergence({ ...schedule, p: 1 }) },
  { title: 'sinkhornDivergence, unbalanced', loss: sinkhornDivergence({ ...schedule, reach: 0.5 }) },
  { title: 'sinkhornDivergence, nearly balanced', loss: sinkhornDivergence({ ...schedule, reach: 50 }) },
  { title: 'sinkhornDivergence, one side unbalanced', loss: sinkhornDivergence({ ...schedule, reach: { x: 1 } }) },
  { title: 'entropic transport', loss: sinkhornDivergence({ ...schedule, debias: false }) },
  { title: 'entropic transport, unbalanced', loss: sinkhornDivergence({ ...schedule, debias: false, reach: 0.5 }) },
  {
    title: 'sinkhornDivergence, a cost of its own',
    loss: sinkhornDivergence({ ...schedule, cost: (x, y) => formula.squaredDistance(x, y) }),
  },
  { title: 'energyDistance', loss: energyDistance({ backend }) },
  { title: 'gaussianMmd', loss: gaussianMmd({ backend, blur: 0.3 }) },
  { title: 'laplacianMmd', loss: laplacianMmd({ backend, blur: 0.3 }) },
  {
    title: 'kernelMmd',
    loss: kernelMmd({ backend, kernel: (x, y) => formula.exp(formula.neg(formula.squaredDistance(x, y))) }),
  },
];

const numbers = (count: number, offset: number) =>
  Float64Array.from({ length: count }, (_, k) => ((k + 1) * 0.618034 + offset) % 1);
const normalised = (values: Float64Array, count: number) =>
  values.map((value, k) => {
    const element = values.subarray(count * Math.floor(k / count), count * Math.floor(k / count) + count);
    return value / element.reduce((sum, weight) => sum + weight, 0);
  });

describe.each(losses)('$title', ({ loss }) => {
  test.each([
    { title: 'two clouds', batch: [], weighted: false },
    { title: 'weights, some of them 0', batch: [], weighted: true },
    { title: 'a batch', batch: [3], weighted: false },
    { title: 'a batch with weights', batch: [3], weighted: true },
  ])('on the device as on the host: $title', async ({ batch, weighted }) => {
    const elements = batch[0] ?? 1;
    const cloud = (count: number, offset: number) => {
      const weights = normalised(
        numbers(elements * count, offset).map((value, k) => (k % count === 1 ? 0 : value)),
        count,
      );
      return {
        data: numbers(elements * count * 2, offset),
        shape: [...batch, count, 2],
        weights: weighted ? weights : undefined,
      };
    };
    const [x, y] = [cloud(7, 0), cloud(5, 0.4)];
    const upload = ({ data, shape, weights }: ReturnType<typeof cloud>) => ({
      points: backend.array(data, shape),
      weights: weights && backend.array(weights, [...shape.slice(0, -1), 1]),
    });
    const host = await loss.valueAndGradients(x, y, { wrt: 'both' });
    const device = solveOnDevice(loss, { x: upload(x), y: upload(y) }, ['x', 'y']);
    expect(device.value.shape).toEqual([...batch, 1, 1]);
    const read = async (array = device.value) => Array.from(await backend.read(array));
    const close = (actual: readonly number[], expected: ArrayLike<number>) => {
      expect(actual).toHaveLength(expected.length);
      actual.forEach((value, k) => {
        expect(value).toBeCloseTo(expected[k], 10);
      });
    };
    close(await read(), typeof host.value === 'number' ? [host.value] : host.value);
    for (const side of ['x', 'y'] as const) {
      close(await read(device.gradients[side]?.points), host[side].points);
      close(await read(device.gradients[side]?.weights), host[side].weights);
    }
  });
});

test('nothing is held on the device but the results', () => {
  const held = new Set<unknown>();
  const counting = {
    ...backend,
    array: (...[values, shape]: Parameters<typeof backend.array>) => {
      const array = backend.array(values, shape);
      held.add(array);
      return array;
    },
    reduce: (...[reduction]: Parameters<typeof backend.reduce>) => {
      const arrays = backend.reduce(reduction);
      for (const array of arrays) held.add(array);
      return arrays;
    },
    release: (...[array]: Parameters<typeof backend.release>) => {
      held.delete(array);
      backend.release(array);
    },
  };
  const cloud = (offset: number) => ({ points: backend.array(numbers(10, offset), [5, 2]) });
  const clouds = { x: cloud(0), y: cloud(0.3) };
  for (const make of [sinkhornDivergence, gaussianMmd]) {
    const loss =
      make === gaussianMmd
        ? gaussianMmd({ backend: counting })
        : sinkhornDivergence({ ...schedule, backend: counting });
    const { value, gradients } = solveOnDevice(loss, clouds, ['x']);
    expect(held).toEqual(new Set([value, gradients.x?.points, gradients.x?.weights]));
    held.clear();
  }
});

test('what has to be read, or known beforehand, is refused', () => {
  const cloud = (shape: readonly number[]) => ({ points: backend.array(new Float64Array(shape[0] * shape[1]), shape) });
  const clouds = { x: cloud([3, 2]), y: cloud([4, 2]) };
  const refused = (loss: Loss, of = clouds) => expect(() => solveOnDevice(loss, of));
  refused(hausdorffDivergence({ backend })).toThrow(UnsupportedError);
  refused(hausdorffDivergence({ backend })).toThrow(/hausdorffDivergence reads numbers back/);
  refused(sinkhornDivergence({ backend, diameter: 1 })).toThrow(UnsupportedError);
  refused(sinkhornDivergence({ backend, diameter: 1 })).toThrow(/give tolerance: null/);
  refused(energyDistance({ backend }), { x: cloud([3, 2]), y: cloud([4, 3]) }).toThrow(InvalidMeasureError);
  const flat = { ...cloud([3, 2]), weights: backend.array([1, 1, 1], [3]) };
  refused(energyDistance({ backend }), { x: cloud([4, 2]), y: flat }).toThrow(
    /y\.weights has the shape \[3\]: give \[3,1\]/,
  );
  const own = sinkhornDivergence({ backend, tolerance: null, cost: (x, y) => formula.squaredDistance(x, y) });
  refused(own).toThrow(InvalidOptionError);
  refused(own).toThrow(/diameter is needed for a cost of your own/);
});

describe('a diameter that the device estimates', () => {
  const solve = async (of: { data: ArrayLike<number>; shape: readonly number[] }[], options: object) => {
    const [x, y] = of.map(({ data, shape }) => ({ points: backend.array(data, shape) }));
    const { value, gradients } = solveOnDevice(
      sinkhornDivergence({ backend, tolerance: null, scaling: 0.9, ...options }),
      { x, y },
      ['x'],
    );
    const { points, weights } = gradients.x ?? {};
    if (!points || !weights) throw new Error('no gradient');
    return {
      values: await backend.read(value),
      points: await backend.read(points),
      weights: await backend.read(weights),
    };
  };

  test.each([
    { p: 2, blur: 0.3 },
    { p: 1, blur: 0.2 },
    { p: 2, blur: 0.3, reach: 0.6 },
    { p: 2, blur: 0.3, debias: false },
    { p: 2, blur: 5 },
  ])('gives what the loss converges to: %o', async (options) => {
    const [x, y] = [
      { data: numbers(60, 0), shape: [30, 2] as const },
      { data: numbers(50, 0.4).map((value) => value + 0.2), shape: [25, 2] as const },
    ];
    const { values, points, weights } = await solve([x, y], options);
    const loss = sinkhornDivergence({ backend, ...options, tolerance: 1e-9 });
    const converged = await loss.valueAndGradients(x, y);
    expect(values[0]).toBeCloseTo(converged.value, 4);
    const close = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
      const size = Math.max(...Array.from(expected, Math.abs));
      for (let k = 0; k < expected.length; k++) expect(Math.abs(actual[k] - expected[k])).toBeLessThan(0.01 * size);
    };
    close(points, converged.x.points);
    if (options.reach) close(weights, converged.x.weights);
  });

  test('is that of each element of a batch, wherever it is and however large', async () => {
    const [x, y] = [numbers(14, 0), numbers(10, 0.4)];
    const apart = (data: Float64Array) => Float64Array.from([...data, ...data.map((value) => 1000 + 3 * value)]);
    const both = [
      { data: apart(x), shape: [2, 7, 2] },
      { data: apart(y), shape: [2, 5, 2] },
    ];
    const { values } = await solve(both, { blur: 0.3 });
    for (const [element, scale] of [1, 3].entries()) {
      const alone = [
        { data: x.map((value) => scale * value), shape: [7, 2] },
        { data: y.map((value) => scale * value), shape: [5, 2] },
      ];
      expect(values[element]).toBeCloseTo((await solve(alone, { blur: 0.3 })).values[0], 8);
    }
  });

  test('may be far above what the number of steps is made for: the blur is reached all the same', async () => {
    const [here, there] = [
      [0, 0],
      [300, 400],
    ].map((point) => ({ data: Float64Array.from(point), shape: [1, 2] }));
    const { values, points } = await solve([here, there], { blur: 0.01 });
    expect(values[0] / 125_000).toBeCloseTo(1, 10);
    expect(points[0] / -300).toBeCloseTo(1, 10);
  });

  test('is 0 for points that coincide', async () => {
    const point = { data: Float64Array.of(3, 4), shape: [1, 2] };
    const { values, points } = await solve([point, point], { blur: 0.1 });
    expect(values[0]).toBeCloseTo(0, 12);
    for (const slope of points) expect(slope).toBeCloseTo(0, 12);
  });
});
