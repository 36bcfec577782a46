import { sinkhornDivergence } from '@sinkhorn/losses';
import type { Known } from '../oracle/known.js';
import { resultOf } from '../result.js';
import type { Trial } from '../trial.js';
import { kinds } from './clouds.js';
import { cloudTrial, isBalanced, optionsOf, truthOf } from './cloudTrial.js';
import { diameterOf, ofMass, type Problem, problem, weightings } from './problem.js';
import { random } from './random.js';

const MOST_POINTS = 30;

/** Several problems of the same sizes, solved at once with the same options. */
export function batch(seed: number, index: number): Trial {
  const chance = random(seed, index, 'batches');
  const { p, reach: given, debias, diameter: unit, precision, ...rest } = problem(seed, index);
  const [n, m] = [chance.whole(3, MOST_POINTS), chance.whole(3, MOST_POINTS)];
  const dimension = chance.pick([1, 2, 3, 10]);
  const spread = chance.uniform() < 0.5 ? 1 : 30;
  const mass = isBalanced({ reach: given }) ? 1 : chance.logarithmic(0.1, 10);
  const all = Array.from({ length: chance.whole(2, 4) }, () => {
    for (;;) {
      const kind = chance.pick(Object.keys(kinds));
      const clouds = kinds[kind](chance, { n, m, dimension });
      // Some kinds choose how many points there are.
      if (clouds.x.length !== n || clouds.y.length !== m) continue;
      const scale = chance.logarithmic(1 / spread, spread);
      const flat = (points: number[][]) => Float64Array.from(points.flat(), (value) => Math.fround(scale * value));
      const weigh = (count: number) => ofMass(weightings[chance.pick(Object.keys(weightings))](chance, count), mass);
      return { kind, x: flat(clouds.x), y: flat(clouds.y), a: weigh(n), b: weigh(m) };
    }
  });
  const diameters = all.map(({ x, y }) => diameterOf(x, y, dimension));
  const diameter = Math.max(...diameters) || 1;
  const scaled = (length: number) => (length / unit) * diameter;
  const elements = all.map(
    (element): Problem => ({
      ...rest,
      ...element,
      weighting: 'mixed',
      precision,
      dimension,
      diameter,
      isPoint: diameter === 1 && Math.max(...diameters) === 0,
      p,
      blur: scaled(rest.blur),
      reach: { x: scaled(given.x), y: scaled(given.y) },
      debias,
    }),
  );
  const flat = (of: 'x' | 'y' | 'a' | 'b') => Float64Array.from(elements.flatMap((element) => [...element[of]]));
  const side = (points: 'x' | 'y', weights: 'a' | 'b', count: number) =>
    ({
      data: flat(points),
      shape: [elements.length, count, dimension],
      weights: flat(weights),
    }) as const;
  const plain = cloudTrial(elements[0]);
  return cloudTrial(elements[0], {
    scales: { ...plain.scales, batch: elements.length },
    id: `batches-${rest.id}`,
    family: 'batches',
    truth(rounding) {
      const truths = elements.map((element) => truthOf(element, rounding));
      return {
        values: truths.flatMap(({ values }) => values),
        points: joined(truths.map(({ points }) => points as Known)),
        weights: joined(truths.map(({ weights }) => weights as Known)),
      };
    },
    async solve(library) {
      const loss = sinkhornDivergence(optionsOf(elements[0], library));
      const { x, ...told } = await loss.valueAndGradients(side('x', 'a', n), side('y', 'b', m));
      return resultOf(told, x);
    },
    features: { kind: elements.map(({ kind }) => kind).join(' + '), weights: 'mixed', dimension: String(dimension) },
  });
}

/** Arrays one after the other. */
const joined = (all: readonly Known[]): Known => ({
  values: Float64Array.from(all.flatMap(({ values }) => [...values])),
  error: Math.hypot(...all.map(({ error }) => error)),
});
