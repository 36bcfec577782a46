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
  /** Pixels a side: half as many in a sketch, which comes first. */
  readonly size: number;
  readonly value: number;
  readonly gap: number;
}

/** What is being done: the iteration of the barycenter of this place in the list. */
export interface BarycenterProgress {
  readonly index: number;
  readonly size: number;
  readonly iteration: number;
}

/** How far above the least the objective may be, as a share of it: what the eye sees no more. */
const TOLERANCE = 0.03;
const MOST_ITERATIONS = 40;

/** The same for a sketch. */
const SKETCH_TOLERANCE = 0.2;

/** Barycenters of pictures, one after the other: first all of them at half the size, which takes a small part of the time. */
export async function barycenters(input: BarycentersInput, context: TaskContext<BarycenterFound | BarycenterProgress>) {
  const { pictures, size, blur } = input;
  const halves = pictures.map((masses) => halved(masses, size));
  await findAll({ ...input, pictures: halves, size: size / 2, blur: blur / 2 }, SKETCH_TOLERANCE, context);
  await findAll(input, TOLERANCE, context);
}

async function findAll(
  { pictures, size, blur, shares }: BarycentersInput,
  tolerance: number,
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
      tolerance,
      maxIterations: MOST_ITERATIONS,
    });
    await update({ index, size, iteration: 0 });
    const {
      weights: masses,
      value,
      diagnostics,
    } = await solver.solve(counting, {
      support: 'grid',
      signal,
      onProgress: ({ iteration }) => void (iteration && update({ index, size, iteration })),
    });
    await update({ index, masses, size, value, gap: diagnostics.gap });
    signal.throwIfAborted();
  }
}

/** A picture of half the size, with the masses of four pixels in each. */
function halved(masses: Float64Array, size: number): Float64Array {
  const half = new Float64Array((size / 2) ** 2);
  masses.forEach((mass, k) => {
    half[(size / 2) * (Math.floor(k / size) >> 1) + ((k % size) >> 1)] += mass;
  });
  return half;
}
