/** How often a test by shuffles finds a shift that is there, beside one that visits all divisions. */
import { cpu } from '@sinkhorn/backend-cpu';
import { drawsFrom } from '@sinkhorn/core/random';
import { energyDistance, gaussianMmd } from '@sinkhorn/losses';
import { expect, it } from 'vitest';
import { permutationTest } from '../src/permutationTest.js';

const backend = cpu();
const LEVEL = 0.05;
const PAIRS = 300;
/** Six points a side have 924 divisions: more than the shuffles of one test, and few enough to visit all. */
const COUNT = 6;

/** Normal numbers of a seed (Box and Muller 1958). */
function normals(seed: number) {
  const draw = drawsFrom(seed);
  const uniform = () => (draw() + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

it.each([
  ['energy', 0.3, energyDistance({ backend })],
  ['energy', 1.5, energyDistance({ backend })],
  ['gaussian', 0.3, gaussianMmd({ backend, blur: 1 })],
  ['gaussian', 1.5, gaussianMmd({ backend, blur: 1 })],
])(
  '%s: 499 shuffles find a shift of %d deviations as often as all divisions, within 5 points',
  async (_, shift, loss) => {
    const next = normals(17);
    let [shuffled, enumerated] = [0, 0];
    for (let pair = 0; pair < PAIRS; pair++) {
      const x = Array.from({ length: COUNT }, () => [next()]);
      const y = Array.from({ length: COUNT }, () => [next() + shift]);
      const some = await permutationTest(loss, x, y, { permutations: 499, seed: pair });
      const all = await permutationTest(loss, x, y, { permutations: 1000 });
      expect([some.exact, all.exact]).toEqual([false, true]);
      if (some.pValue <= LEVEL) shuffled++;
      if (all.pValue <= LEVEL) enumerated++;
    }
    expect(Math.abs(shuffled - enumerated) / PAIRS).toBeLessThanOrEqual(0.05);
    // A shift of 1.5 deviations is found by half of all tests and more, one of 0.3 hardly more often than chance.
    expect(enumerated / PAIRS).toBeGreaterThan(shift > 1 ? 0.5 : 0.02);
  },
);
