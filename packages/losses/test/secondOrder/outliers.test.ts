import { wasm } from '@sinkhorn/backend-wasm';
import { type Reach, sinkhornDivergence, UnsupportedError } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { differenced, dot, gradientsAlong, relative } from '../support/directions.js';
import { backend, float32Alone } from './problems.js';

/** Points of which one lies far from all others: unbalanced transport takes next to nothing of it. */
const withOutlier = (far: number) =>
  [
    { points: Float64Array.of(0, 0, 0.1, 0.2, far, far), dimension: 2, weights: Float64Array.of(0.4, 0.4, 0.2) },
    { points: Float64Array.of(0.1, 0, 0.2, 0.1), dimension: 2, weights: Float64Array.of(0.5, 0.4) },
  ] as const;

describe('where unbalanced transport takes next to nothing of a point', () => {
  test.each([[0.1], [{ x: 0.1 }], [{ x: 0.1, y: 0.5 }]] as [Reach][])(
    'gradients of maps and of potentials are still those that moves say: reach %j',
    async (reach) => {
      const wasm64 = await wasm({ threads: 1, precision: 'float64' });
      for (const on of [backend, wasm64]) {
        for (const far of [0.7, 1, 1.5, 2]) {
          const [x, y] = withOutlier(far);
          const solution = await sinkhornDivergence({ backend: on, blur: 0.1, reach, tolerance: 1e-10 }).solve(x, y);
          const direction = {
            x: { points: [1, 2, -3, 4, -5, 6], weights: [0.1, -0.2, 0.1] },
            y: { points: [1, 0, 2, 1] },
          };
          const along = (found: { x: { points: Float64Array; weights: Float64Array }; y: { points: Float64Array } }) =>
            dot(found.x.points, direction.x.points) +
            dot(found.x.weights, direction.x.weights) +
            dot(found.y.points, direction.y.points);
          for (const plan of [solution.plan, solution.plan.transpose()]) {
            const moved = await plan.barycentricMapJvp(direction);
            const cotangent = moved.values.map((_, k) => 1 + Math.sin(k));
            const back = await plan.barycentricMapVjp(cotangent);
            const wanted = dot(cotangent, moved.values);
            expect(Math.abs(along(back) - wanted), `map, ${on.name}, ${far}`).toBeLessThan(1e-8 * Math.abs(wanted));
          }
          const { f_ba } = await solution.potentialsJvp(direction);
          const wanted = dot([1, -2, 3], f_ba);
          const back = await solution.potentialsVjp({ f_ba: [1, -2, 3] });
          expect(Math.abs(along(back) - wanted), `f, ${on.name}, ${far}`).toBeLessThan(1e-8 * Math.abs(wanted));
        }
      }
      wasm64.dispose();
    },
  );

  test('of which nothing is left, products are right, and what divides by it is refused by name', async () => {
    const wasm64 = await wasm({ threads: 1, precision: 'float64' });
    for (const on of [backend, wasm64]) {
      for (const far of [5, 10]) {
        const [x, y] = withOutlier(far);
        const loss = sinkhornDivergence({
          backend: on,
          blur: 0.1,
          reach: 0.1,
          tolerance: 1e-12,
          onInaccurate: 'ignore',
        });
        const solution = await loss.solve(x, y);
        const along = [
          { points: Float64Array.of(1, 2, -3, 4, -5, 6), weights: Float64Array.of(0.1, -0.2, 0.1) },
          { points: Float64Array.of(1, 0, 2, 1), weights: Float64Array.of(0, 0) },
        ] as const;
        const wanted = await differenced(gradientsAlong(loss, [x, along[0]], [y, along[1]]), 1e-4);
        const { x: ofX, y: ofY } = await solution.hessianVectorProduct({ x: along[0], y: along[1] });
        const found = [ofX?.points, ofX?.weights, ofY?.points, ofY?.weights];
        for (const [part, values] of found.entries()) expect(relative(values ?? [], wanted[part])).toBeLessThan(1e-6);
        const direction = { x: { points: along[0].points } };
        for (const refused of [
          () => solution.potentialsJvp(direction),
          () => solution.potentialsVjp({ f_ba: [1, 0, 0] }),
          () => solution.plan.barycentricMapJvp(direction),
          () => solution.plan.barycentricMapVjp([1, 2, 3, 4, 5, 6]),
          () => solution.plan.applyVjp([1, 2], [1, 2, 3]),
        ]) {
          await expect(refused()).rejects.toThrow(
            /of the mass of x\[2\], which is too little to divide by: leave that point/,
          );
        }
      }
    }
    wasm64.dispose();
  });

  test.each([[{ x: 0.5 }], [0.5], [{ y: 0.5 }]] as [Reach][])(
    'a point of no mass that lies on it has its gradient all the same, whatever else is asked for: reach %j',
    async (reach) => {
      for (const far of [5, 8]) {
        const x = { points: [0.1, 0.3, 0.9, far], dimension: 1, weights: [0.2, 0.3, 0.4, 0.1] };
        const y = { points: [0.05, 0.6, 1.1, far], dimension: 1, weights: [0.3, 0.3, 0.4, 0] };
        const [from, to] = typeof reach === 'object' && reach.y ? [y, x] : [x, y];
        const loss = sinkhornDivergence({
          backend,
          blur: 0.05,
          reach,
          tolerance: 1e-12,
          maxIterations: 50_000,
          onInaccurate: 'ignore',
        });
        const moved = from === x ? 'x' : 'y';
        const wrt = from === x ? 'y' : 'x';
        const direction = { points: Float64Array.of(0.3, -0.5, 0.7, 0.2), weights: new Float64Array(4) };
        const still = { points: new Float64Array(4), weights: new Float64Array(4) };
        const all = await differenced(
          gradientsAlong(loss, [from, moved === 'x' ? direction : still], [to, moved === 'y' ? direction : still]),
          1e-5,
        );
        const wanted = all[wrt === 'y' ? 3 : 1];
        const solution = await loss.solve(from, to);
        const product = await solution.hessianVectorProduct({ [moved]: { points: direction.points } }, { wrt });
        expect(relative(product[wrt]?.weights ?? [], wanted), `far ${far}`).toBeLessThan(1e-6);
        expect(product.diagnostics.converged).toBe(true);
      }
    },
  );

  test('float32 refuses it sooner', async () => {
    const single = await float32Alone();
    const [x, y] = withOutlier(1.3);
    const loss = sinkhornDivergence({ backend: single, blur: 0.1, reach: 0.1, onInaccurate: 'ignore' });
    const solution = await loss.solve(x, y);
    await expect(solution.plan.barycentricMapVjp([1, 2, 3, 4, 5, 6])).rejects.toThrow(UnsupportedError);
    single.dispose();
  });
});
