import { energyDistance, type Loss, permutationTest, sinkhornDivergence } from 'sinkhorn';
import type { TaskContext } from '../task';

export interface TwoSampleInput {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly dimension: number;
  readonly blur: number;
  readonly permutations: number;
}

export interface TwoSampleResult {
  readonly tests: readonly { readonly name: string; readonly value: number; readonly pValue: number }[];
  /** How much denser a point's own sample is around it than the other one: large where the samples differ. */
  readonly excess: { readonly x: Float64Array; readonly y: Float64Array };
}

export interface TwoSampleUpdate {
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

/** The energy distance and the Sinkhorn divergence, each with its permutation test; and where the samples differ. */
export async function testTwoSamples(
  { x, y, dimension, blur, permutations }: TwoSampleInput,
  { backend, signal, update }: TaskContext<TwoSampleUpdate>,
): Promise<TwoSampleResult> {
  const [a, b] = [x, y].map((points) => ({ points, dimension }));
  const sinkhorn = sinkhornDivergence({ backend, p: 2, blur });
  const losses: [string, Loss][] = [
    ['Energy distance (an MMD)', energyDistance({ backend })],
    ['Sinkhorn divergence', sinkhorn],
  ];
  const tests: TwoSampleResult['tests'][number][] = [];
  for (const [name, loss] of losses) {
    await update({ name, done: 0, total: permutations });
    let told = 0;
    const { observed, pValue } = await permutationTest(loss, a, b, {
      permutations,
      seed: 1,
      signal,
      onProgress: (done, total) => {
        if (done - told < 10 && done < total) return;
        told = done;
        void update({ name, done, total });
      },
    });
    tests.push({ name, value: observed, pValue });
  }
  // The gradient in a point's weight: what more of it would add to the divergence.
  const gradients = await sinkhorn.valueAndGradients(a, b, { wrt: 'both', signal });
  return { tests, excess: { x: centred(gradients.x.weights), y: centred(gradients.y.weights) } };
}

/** Potentials are known up to a constant. */
function centred(values: ArrayLike<number>): Float64Array {
  const numbers = Float64Array.from(values);
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return numbers.map((value) => value - mean);
}
