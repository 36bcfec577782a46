import { combine, sinkhornDivergence } from '@sinkhorn/losses';
import { resultOf } from '../result.js';
import type { Library, Trial, Truth } from '../trial.js';
import { cloudTrial, measuresOf, optionsOf, truthOf } from './cloudTrial.js';
import { normFor, truthOfNorm } from './norms.js';
import { type Problem, problem } from './problem.js';
import { random } from './random.js';

/** Sums of losses, also of such that nearly cancel. */
export function sumOfSome(seed: number, index: number): Trial {
  const chance = random(seed, index, 'sums');
  const asked = problem(seed, index);
  const norm = normFor(asked, chance);
  const wider: Problem = { ...asked, blur: asked.blur * chance.pick([1.001, 2, 100]) };
  const divergence = (of: Problem) => ({
    name: 'sinkhorn',
    truth: (rounding: number) => truthOf(of, rounding),
    loss: (library: Library) => sinkhornDivergence(optionsOf(of, library)),
  });
  const others = [
    divergence(wider),
    { name: norm.name, truth: () => truthOfNorm(asked, norm), loss: ({ backend }: Library) => norm.loss(backend) },
  ];
  const terms = [divergence(asked), chance.pick(others)].map((term) => ({
    ...term,
    weight: chance.pick([1, -1, 1, chance.logarithmic(1e-3, 1e3)]),
  }));
  const plain = cloudTrial(asked);
  return cloudTrial(asked, {
    id: `sums-${asked.id}`,
    family: 'sums',
    truth: (rounding) => total(terms.map(({ weight, truth }) => ({ weight, ...truth(rounding) }))),
    scales: { ...plain.scales, isBalanced: plain.scales.isBalanced },
    async solve(library) {
      const loss = combine(terms.map(({ weight, loss }) => ({ weight, loss: loss(library) })));
      const { x, ...told } = await loss.valueAndGradients(...measuresOf(asked));
      // A sum does not tell. Of so few points 'auto' is Newton's.
      return { ...resultOf(told, x), ...(library.method !== 'alternating' && { precision: 'float64' }) };
    },
    features: { terms: terms.map(({ name, weight }) => `${Number(weight.toPrecision(2))} ${name}`).join(' + ') },
  });
}

type Weighted = Truth & { readonly weight: number };

function total(terms: readonly Weighted[]): Truth {
  const part = (of: 'points' | 'weights') => {
    const known = terms.map(({ [of]: one, weight }) => ({ values: one?.values ?? [], error: one?.error ?? 0, weight }));
    return {
      values: Float64Array.from(known[0].values, (_, k) =>
        known.reduce((sum, { values, weight }) => sum + weight * values[k], 0),
      ),
      // Doubles that cancel leave their rounding.
      error: known.reduce(
        (sum, { values, error, weight }) =>
          sum + Math.abs(weight) * (error + Math.hypot(...Array.from(values)) * Number.EPSILON),
        0,
      ),
    };
  };
  return {
    values: [
      {
        value: terms.reduce((sum, { values, weight }) => sum + weight * values[0].value, 0),
        error: terms.reduce(
          (sum, { values: [{ value, error }], weight }) =>
            sum + Math.abs(weight) * (error + Math.abs(value) * Number.EPSILON),
          0,
        ),
      },
    ],
    points: part('points'),
    weights: part('weights'),
  };
}
