import { barycenter } from 'sinkhorn';
import type { TaskContext } from '../task';

export interface BarycentersInput {
  /** Masses of pictures of size x size pixels. */
  readonly pictures: readonly Float64Array[];
  readonly size: number;
  /** In pixels. */
  readonly blur: number;
  /** The weights of each barycenter, adding up to 1; pictures whose weight is 0 are left out. */
  readonly shares: readonly (readonly number[])[];
}

/** A barycenter that is there, by its place in the list of weights. */
export interface BarycenterFound {
  readonly index: number;
  readonly masses: Float64Array;
  readonly value: number;
  readonly gap: number;
}

/** What is being done: the iteration of the barycenter of this place in the list. */
export interface BarycenterProgress {
  readonly index: number;
  readonly iteration: number;
}

/** How far above the least the objective may be, as a share of it: what the eye sees no more. */
const TOLERANCE = 0.03;
const MOST_ITERATIONS = 40;

/** Barycenters of pictures, one after the other. */
export async function barycenters(
  { pictures, size, blur, shares }: BarycentersInput,
  { backend, signal, update }: TaskContext<BarycenterFound | BarycenterProgress>,
): Promise<void> {
  const measures = pictures.map((grid) => ({ grid, shape: [size, size], spacing: 1 }));
  for (const [index, all] of shares.entries()) {
    const counting = measures.filter((_, k) => all[k] > 0);
    const weights = all.filter((share) => share > 0);
    const solver = barycenter({
      backend,
      blur,
      weights,
      normalize: true,
      tolerance: TOLERANCE,
      maxIterations: MOST_ITERATIONS,
    });
    const {
      weights: masses,
      value,
      diagnostics,
    } = await solver.solve(counting, {
      support: 'grid',
      signal,
      onProgress: ({ iteration }) => void (iteration && update({ index, iteration })),
    });
    await update({ index, masses, value, gap: diagnostics.gap });
    signal.throwIfAborted();
  }
}
