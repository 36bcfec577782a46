import { energyDistance, type Loss, sinkhornDivergence } from 'sinkhorn';
import { type TwoSampleResult as TestOfOne, twoSampleTest } from 'sinkhorn/toolkit';
import type { TaskContext } from '../task';

export interface TwoSampleInput {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly dimension: number;
  readonly blur: number;
  readonly permutations: number;
}

export interface TwoSampleResult {
  readonly tests: readonly (Pick<TestOfOne, 'pValue' | 'differs' | 'effect' | 'effectByChance'> & {
    readonly name: string;
  })[];
  /** How much denser a point's own sample is around it than the other one: large where the samples differ. */
  readonly excess: TestOfOne['witness'];
}

export interface TwoSampleUpdate {
  readonly name: string;
  readonly share?: number;
}

/** Tests two samples by the energy distance and by the Sinkhorn divergence, which also tells where they differ. */
export async function testTwoSamples(
  { x, y, dimension, blur, permutations }: TwoSampleInput,
  { backend, signal, update }: TaskContext<TwoSampleUpdate>,
): Promise<TwoSampleResult> {
  const [a, b] = [x, y].map((points) => ({ points, dimension }));
  const test = async (name: string, loss: Loss) => {
    await update({ name, share: 0 });
    return twoSampleTest(a, b, {
      loss,
      permutations,
      seed: 1,
      signal,
      onProgress: ({ share }) => void update({ name, share }),
    });
  };
  const named = (name: string, { pValue, differs, effect, effectByChance }: TestOfOne) => ({
    name,
    pValue,
    differs,
    effect,
    effectByChance,
  });
  const energy = await test('Energy distance (an MMD)', energyDistance({ backend }));
  const sinkhorn = await test('Sinkhorn divergence', sinkhornDivergence({ backend, blur }));
  return {
    tests: [named('Energy distance (an MMD)', energy), named('Sinkhorn divergence', sinkhorn)],
    excess: sinkhorn.witness,
  };
}
