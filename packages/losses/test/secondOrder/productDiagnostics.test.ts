import {
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  InvalidMeasureError,
  InvalidOptionError,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { directionOf } from '../support/directions.js';
import { backend, x, y } from './problems.js';

const { distance, power } = formula;

describe('what is said', () => {
  const loss = sinkhornDivergence({ backend, blur: 0.2 });

  test('of points that coincide, for the cost |x - y|', async () => {
    const on = { ...y, points: Float64Array.of(...x.points.subarray(2, 4), ...y.points.subarray(2)) };
    const solution = await sinkhornDivergence({ backend, blur: 0.2, p: 1 }).solve(x, on);
    const { points, diagnostics } = await solution.hessianVectorProduct({ points: directionOf(x, 3).points });
    expect(points.every(Number.isFinite)).toBe(true);
    expect(diagnostics.coincident).toBe(1);
    const squared = await (await loss.solve(x, on)).hessianVectorProduct({ points: directionOf(x, 3).points });
    expect(squared.diagnostics.coincident).toBe(0);
    // Its second derivative is infinite there: nobody but the caller knows.
    const own = sinkhornDivergence({
      backend,
      blur: 0.2,
      p: 1.5,
      diameter: 2,
      cost: (u, v) => power(distance(u, v), 1.5),
    });
    const rough = await (await own.solve(x, on)).hessianVectorProduct({ points: directionOf(x, 3).points });
    expect(rough.points.every(Number.isFinite)).toBe(true);
    expect(rough.diagnostics.coincident).toBe(1);
    const bell = await gaussianMmd({ backend, blur: 0.2 }).solve(x, on);
    expect((await bell.hessianVectorProduct({ points: directionOf(x, 3).points })).diagnostics.coincident).toBe(0);
    const energy = await energyDistance({ backend }).solve(x, on);
    expect((await energy.hessianVectorProduct({ points: directionOf(x, 3).points })).diagnostics.coincident).toBe(1);
  });

  test('of cells: their derivatives are not those at points', async () => {
    const solution = await sinkhornDivergence({ backend, blur: 0.2, strategy: 'multiscale' }).solve(x, y);
    await expect(solution.hessianVectorProduct(directionOf(x, 3))).rejects.toThrow(
      new UnsupportedError(
        "hessianVectorProduct is of points, and this was solved with strategy 'multiscale', on cells: set strategy: 'dense'",
      ),
    );
  });

  test('of roots and of other penalties: their derivatives are others', async () => {
    for (const option of [{ root: true }, { penalty: { kind: 'tv', strength: 0.5 } }] as const) {
      const solution = await sinkhornDivergence({ backend, blur: 0.2, onInaccurate: 'ignore', ...option }).solve(x, y);
      await expect(solution.hessianVectorProduct(directionOf(x, 3))).rejects.toThrow(UnsupportedError);
      await expect(solution.potentialsJvp({ blur: 1 })).rejects.toThrow(UnsupportedError);
    }
  });

  test('of directions that mean nothing', async () => {
    const solution = await loss.solve(x, y);
    const refused = async (direction: object, options?: object) => {
      const given = solution.hessianVectorProduct(direction, options as never);
      return given.then(
        () => new Error('was taken'),
        (error: Error) => error,
      );
    };
    expect(await refused({ points: [1, 2, 3] })).toEqual(
      new InvalidMeasureError('direction.x.points has 3 numbers: give 14, or as many for each of several directions'),
    );
    expect(await refused({ weights: [0, 0, 0, 1, 0, 0, Number.NaN] })).toEqual(
      new InvalidMeasureError('direction.x.weights[6] is NaN: give finite numbers'),
    );
    expect(await refused({ weights: [1, 0, 0, 0, 0, 0, 0] })).toEqual(
      new InvalidMeasureError(
        'direction changes the mass of x by 1 and that of y by 0: where transport is balanced give both the same change, such as 0 by subtracting the mean of weights',
      ),
    );
    expect(await refused({})).toBeInstanceOf(InvalidMeasureError);
    expect(await refused({ point: [1] })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ x: { points: new Float64Array(28) }, y: { points: new Float64Array(12) } })).toEqual(
      new InvalidMeasureError('direction.x.points has 2, y.points has 1: give as many directions in each'),
    );
    for (const tolerance of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await refused({ points: new Float64Array(14) }, { tolerance })).toBeInstanceOf(InvalidOptionError);
    }
    for (const none of [null, 3, 'fast']) {
      expect(await refused({ points: new Float64Array(14) }, none as never)).toBeInstanceOf(InvalidOptionError);
    }
    expect(await refused({ points: new Float64Array(14) }, { maxIterations: 0.5 })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ points: new Float64Array(14) }, { accuracy: 1 })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ x: { points: new Float64Array(14) } }, { wrt: 'z' })).toBeInstanceOf(InvalidOptionError);
    expect(await refused({ points: new Float64Array(14) }, { wrt: 'y' })).toEqual(
      new InvalidOptionError(
        "wrt is 'y', and the direction is of x alone: give { x: { points } } for products of other sides",
      ),
    );
    const ofKernels = await gaussianMmd({ backend }).solve(x, y);
    await expect(ofKernels.hessianVectorProduct({ points: new Float64Array(14) }, { tolerance: -1 })).rejects.toThrow(
      /^tolerance is -1/,
    );
  });

  test('of losses without second derivatives: they have no such method', async () => {
    const solution = await hausdorffDivergence({ backend }).solve(x, y);
    expect('hessianVectorProduct' in solution).toBe(false);
  });

  test('at an abort: its reason', async () => {
    const solution = await loss.solve(x, y);
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(solution.hessianVectorProduct(directionOf(x, 3), { signal })).rejects.toThrow('no more');
  });

  test('of weights that grow where the slope is beyond all bounds: nothing is known', async () => {
    const from = { points: Float64Array.of(1.7), dimension: 1, weights: Float64Array.of(1) };
    const to = { points: Float64Array.of(1.8, 2.4, -3), dimension: 1, weights: Float64Array.of(0.5, 0.6, 0) };
    const solution = await sinkhornDivergence({ backend, blur: 0.05, reach: { x: 0.66 } }).solve(from, to);
    const { diagnostics } = await solution.hessianVectorProduct({ y: { points: [1, 2, 1], weights: [0.1, 0, -0.1] } });
    expect(diagnostics).toMatchObject({ estimatedError: 1, determined: false });
  });
});
