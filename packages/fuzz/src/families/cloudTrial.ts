import { type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { answer } from '../oracle/oracle.js';
import { resultOf } from '../result.js';
import type { Library, Trial, Truth } from '../trial.js';
import type { Problem } from './problem.js';

const none = Number.POSITIVE_INFINITY;

export const isBalanced = ({ reach }: Pick<Problem, 'reach'>): boolean => reach.x === none && reach.y === none;

/** What the oracle makes of it. */
export function truthOf(problem: Problem, rounding: number): Truth {
  const { value, valueError, points, weights } = answer({ ...problem, rounding });
  return { values: [{ value, error: valueError }], points, weights };
}

/** The options of the library that ask for it. */
export const optionsOf = (
  { p, blur, reach, debias }: Problem,
  { backend, method = 'auto' }: Library,
): SinkhornDivergenceOptions => ({ backend, p, blur, reach, debias, method });

export const measuresOf = ({ x, y, a, b, dimension }: Problem) =>
  [
    { points: x, dimension, weights: a },
    { points: y, dimension, weights: b },
  ] as const;

/** What is the same for all problems between two clouds; families replace what they change. */
export function cloudTrial(problem: Problem, changes: Partial<Trial> = {}): Trial {
  const { id, kind, weighting, p, blur, diameter, isPoint, reach, debias, dimension, a, b } = problem;
  const length = isPoint ? blur : diameter;
  const short = (value: number) => Number(value.toPrecision(2)).toString();
  return {
    id,
    family: 'clouds',
    relativeBlur: blur / diameter,
    scales: { cost: length ** p, length, mass: Math.max(sum(a), sum(b)), isBalanced: isBalanced(problem) },
    truth: (rounding) => truthOf(problem, rounding),
    async solve(library) {
      const loss = sinkhornDivergence(optionsOf(problem, library));
      const { x, ...told } = await loss.valueAndGradients(...measuresOf(problem));
      return resultOf(told, x);
    },
    ...changes,
    features: {
      kind,
      p: String(p),
      'blur / diameter': `1e${Math.floor(Math.log10(blur / diameter))}`,
      reach: isBalanced(problem) ? 'none' : [reach.x, reach.y].map((one) => short(one / diameter)).join('/'),
      weights: weighting,
      debias: String(debias),
      dimension: String(dimension),
      ...changes.features,
    },
  };
}

export const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);
