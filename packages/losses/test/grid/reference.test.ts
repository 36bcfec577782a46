/** Grids held to reference values, on backends of both precisions, whichever way they are visited. */
import { readFileSync } from 'node:fs';
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import type { Backend } from '@sinkhorn/core';
import {
  energyDistance,
  type GridMeasure,
  gaussianMmd,
  hausdorffDivergence,
  laplacianMmd,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface GridCase {
  id: string;
  p: 1 | 2;
  metric: 'euclidean' | 'manhattan';
  blur: number;
  reach: number | null;
  x: Omit<GridMeasure, 'grid'>;
  y: Omit<GridMeasure, 'grid'>;
  a: number[];
  b: number[];
  converged: {
    OT_ab: number;
    S: number;
    S_grad_a: number[];
    S_grad_b: number[];
    f_ab: number[];
    g_ab: number[];
    H: number;
    kernels: { energy: number; gaussian: number; laplacian: number };
    barycentric_map_x?: number[];
  };
}
const file = new URL('../reference/grids.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: GridCase[] };

/** A backend, with the errors that are allowed there: of values, and of gradients in the masses. */
interface Setting {
  backend: Backend;
  tolerance: number;
  value: number;
  gradient: number;
}
const settings: Record<string, Setting> = {
  cpu: { backend: cpu(), tolerance: 1e-12, value: 1e-10, gradient: 1e-8 },
};
beforeAll(async () => {
  settings.wasm = { backend: await wasm({ threads: 1 }), tolerance: 1e-5, value: 1e-5, gradient: 1e-4 };
});
afterAll(() => settings.wasm.backend.dispose());

const relative = (found: number | Float64Array, wanted: number) => Math.abs(Number(found) - wanted) / Math.abs(wanted);

/** How far a list is from another, relative to the length of that. */
function distance(found: ArrayLike<number>, wanted: readonly number[]): number {
  expect(found.length).toBe(wanted.length);
  return Math.hypot(...wanted.map((value, k) => found[k] - value)) / Math.hypot(...wanted);
}

/** Potentials and gradients without their weighted mean, up to which balanced ones are known. */
function centred(values: ArrayLike<number>, weights: readonly number[]): number[] {
  const mass = weights.reduce((total, weight) => total + weight, 0);
  const mean = weights.reduce((total, weight, k) => total + weight * values[k], 0) / mass;
  return Array.from(values, (value) => value - mean);
}

describe.each(['cpu', 'wasm'])('on %s', (name) => {
  describe.each(cases)('$id', ({ p, metric, blur, reach, x, y, a, b, converged }) => {
    const [from, to] = [
      { grid: a, ...x },
      { grid: b, ...y },
    ];
    const options = (more: Partial<SinkhornDivergenceOptions> = {}): SinkhornDivergenceOptions => ({
      ...{ backend: settings[name].backend, p, metric, blur, tolerance: settings[name].tolerance },
      ...(reach !== null && { reach }),
      ...more,
    });
    const isSeparable = p === 2 || metric === 'manhattan' || x.shape.length === 1;
    const gradientOf = (values: Float64Array, weights: readonly number[]) =>
      reach === null ? centred(values, weights) : Array.from(values);

    it.each(['alternating', 'auto'] as const)('has its divergence and gradients by %s updates', async (method) => {
      const solution = await sinkhornDivergence(options({ method })).solve(from, to, { wrt: 'both' });
      const { diagnostics } = solution;
      if (method === 'alternating') expect(diagnostics.strategy).toBe(isSeparable ? 'separable' : 'dense');
      expect(diagnostics).toMatchObject({ converged: true, accurate: true });
      expect(relative(solution.value, converged.S)).toBeLessThan(settings[name].value);
      const gradients = await solution.gradients('both');
      for (const [side, weights, wanted] of [
        ['x', a, converged.S_grad_a],
        ['y', b, converged.S_grad_b],
      ] as const) {
        expect(distance(gradientOf(gradients[side].weights, weights), wanted)).toBeLessThan(settings[name].gradient);
        expect(gradients[side].points).toHaveLength(0);
      }
    });

    it('has its transport, potentials and plan', async () => {
      const { value, potentials, plan } = await sinkhornDivergence(
        options({ method: 'alternating', debias: false }),
      ).solve(from, to);
      const { value: allowed, gradient: near } = settings[name];
      expect(relative(value, converged.OT_ab)).toBeLessThan(allowed);
      const known = (values: ArrayLike<number>, weights: readonly number[]) =>
        reach === null ? centred(values, weights) : Array.from(values);
      expect(distance(known(potentials.f_ba, a), known(converged.f_ab, a))).toBeLessThan(near);
      expect(distance(known(potentials.g_ab, b), known(converged.g_ab, b))).toBeLessThan(near);
      const { rows } = await plan.marginals();
      const ones = await plan.apply(new Float64Array(b.length).fill(1));
      expect(distance(ones, Array.from(rows))).toBeLessThan(near);
      if (reach === null) expect(distance(rows, a)).toBeLessThan(near);
      const wanted = converged.barycentric_map_x;
      if (!wanted) return;
      const map = await plan.barycentricMap();
      const dimension = x.shape.length;
      for (let node = 0; node < Math.min(40, a.length); node++) {
        if (a[node] === 0) continue;
        for (let c = 0; c < dimension; c++) {
          // The file has numbers of coordinates for each of the first nodes, or the first of them.
          const expected = ([wanted].flat(2) as number[])[node * dimension + c];
          if (expected === undefined) continue;
          expect(Math.abs(map[node * dimension + c] - expected)).toBeLessThan(near);
        }
      }
    });

    it('has its Hausdorff divergence and its kernel norms', async () => {
      const { backend, tolerance, value: allowed } = settings[name];
      const { H, kernels } = converged;
      // Of Manhattan's distance there is the Sinkhorn divergence alone.
      if (metric === 'euclidean') {
        const loss = hausdorffDivergence({ backend, p, blur, tolerance, ...(reach !== null && { reach }) });
        expect(relative(await loss.value(from, to), H)).toBeLessThan(allowed);
      }
      expect(relative(await gaussianMmd({ backend, blur }).value(from, to), kernels.gaussian)).toBeLessThan(allowed);
      expect(relative(await laplacianMmd({ backend, blur }).value(from, to), kernels.laplacian)).toBeLessThan(allowed);
      if (reach !== null) return;
      expect(relative(await energyDistance({ backend }).value(from, to), kernels.energy)).toBeLessThan(allowed);
    });
  });
});
