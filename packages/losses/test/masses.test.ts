import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, it } from 'vitest';
import { energyDistance, formula, gaussianMmd, kernelMmd } from '../src/index.js';

const backend = cpu();
const at = (weights: readonly number[]) => ({ points: [0, 1, 2, 3], dimension: 1, weights });
const [few, many] = [at([3, 2, 1, 4]), at([10, 20, 40, 31])];
const negativeDistance = (x: formula.Expression, y: formula.Expression) => formula.neg(formula.distance(x, y));

describe('kernel norms of measures with other masses', () => {
  it.each([
    ['energyDistance', energyDistance({ backend })],
    ['a conditional kernel', kernelMmd({ backend, kernel: negativeDistance, conditional: true })],
  ])('%s refuses them', async (_, loss) => {
    const refusal = {
      code: 'INVALID_MEASURE',
      message: expect.stringMatching(/x has mass 10 and y has mass 101: set normalize: true/),
    };
    await expect(loss.value(few, many)).rejects.toMatchObject(refusal);
    await expect(loss.target(many).value(few)).rejects.toMatchObject(refusal);
    expect(await loss.value(few, at([2, 2, 3, 3]))).toBeGreaterThan(0);
  });

  it('a kernel that is said to be positive and gives a negative value is an error', async () => {
    const loss = kernelMmd({ backend, kernel: negativeDistance });
    await expect(loss.value(few, many)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(/kernel is not positive.*conditional: true/),
    });
  });

  it('positive kernels compare masses too', async () => {
    expect(await gaussianMmd({ backend, blur: 1 }).value(few, many)).toBeGreaterThan(0);
  });

  it('refuses a conditional that is no boolean', () => {
    const options = { backend, kernel: negativeDistance, conditional: 1 as unknown as boolean };
    expect(() => kernelMmd(options)).toThrow(/conditional is 1: give true or false/);
  });
});
