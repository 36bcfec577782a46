import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { onBackend } from '../backends/onBackend.js';
import { type KindName, kinds } from '../clouds/kinds.js';

export interface SolutionCase {
  readonly kind: KindName;
  readonly n: number;
  readonly blur: number;
  readonly threads: number;
}

/** A divergence that was solved over all pairs in float64, with its gradient at some of x's points. */
export interface Solution {
  readonly value: number;
  /** What the solver says of its gradient: how much of a difference from it may be its own. */
  readonly gradientError: number;
  /** Indices of points of x. */
  readonly places: readonly number[];
  /** [P, D]: the gradient there. */
  readonly gradients: readonly number[];
}

const folder = new URL('../../.solutions/', import.meta.url);
const POINTS = 2000;

/** The solution of a case: from a file, as it takes up to minutes, or found and put there. */
export async function solutionOf({ kind, n, blur, threads }: SolutionCase): Promise<Solution> {
  const file = new URL(`${kind.replaceAll(/[^a-z]+/g, '-')}-${n}-${blur}.json`, folder);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { dimension, ...clouds } = await kinds[kind](n);
  const x = { points: Float64Array.from(clouds.x), dimension };
  const y = { points: Float64Array.from(clouds.y), dimension };
  const solution = await onBackend({ name: 'wasm', precision: 'float64', threads }, async (backend) => {
    // Cells are where it starts from; where it ends is up to all pairs.
    const near = sinkhornDivergence({ backend, blur, strategy: 'multiscale', tolerance: 1e-4, maxIterations: 1000 });
    const start = await near.solve(x, y, { wrt: 'x' });
    const loss = sinkhornDivergence({ backend, blur, strategy: 'dense', accuracy: 5e-5, maxIterations: 3000 });
    const solved = await loss.solve(x, y, { wrt: 'x', start });
    const { x: gradient } = await solved.gradients('x');
    const { accurate, gradientError } = solved.diagnostics;
    if (!accurate) throw new Error(`${kind}, ${n} points, blur ${blur}: no solution, off by ${gradientError}`);
    const places = Array.from({ length: POINTS }, (_, k) => Math.floor(((k + 0.5) * n) / POINTS));
    const gradients = places.flatMap((place) =>
      Array.from(gradient.points.subarray(place * dimension, (place + 1) * dimension)),
    );
    return { value: solved.value as number, gradientError: gradientError as number, places, gradients };
  });
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify(solution));
  return solution;
}
