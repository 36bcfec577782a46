import { sinkhornDivergence } from '@sinkhorn/losses';
import { manhattan } from '../oracle/costs.js';
import { resultOf } from '../result.js';
import type { Trial } from '../trial.js';
import { cloudTrial, optionsOf } from './cloudTrial.js';
import { diameterOf, ofMass, type Problem, weightings } from './problem.js';
import { type Random, random } from './random.js';

const SHAPES: readonly (readonly number[])[] = [
  [2],
  [7],
  [30],
  [60],
  [3, 5],
  [8, 8],
  [1, 9],
  [6, 7],
  [3, 3, 3],
  [2, 4, 5],
  [4, 4, 4],
];

const masses: Readonly<Record<string, (random: Random, count: number) => number[]>> = {
  ...weightings,
  'a few nodes': (chance, count) =>
    Array.from({ length: count }, (_, k) => (k === 0 || chance.uniform() < 0.1 ? 1 : 0)),
  'a bump': (chance, count) => {
    const [centre, width] = [count * chance.uniform(), count * chance.logarithmic(0.02, 1)];
    return Array.from({ length: count }, (_, k) => Math.exp(-(((k - centre) / width) ** 2) / 2) + 1e-9);
  },
};

/** Masses on the nodes of a grid. */
export function grid(seed: number, index: number): Trial {
  const chance = random(seed, index, 'grids');
  const shape = [...chance.pick(SHAPES)];
  const dimension = shape.length;
  const scale = chance.uniform() < 0.5 ? 1 : chance.logarithmic(1e-4, 1e4);
  // Powers of 2, so that nodes are the same numbers wherever they are computed.
  const spacing = shape.map(() => 2 ** Math.round(Math.log2(scale * chance.logarithmic(0.25, 4))));
  const count = shape.reduce((product, length) => product * length, 1);
  const nodes = new Float64Array(count * dimension);
  for (let k = 0; k < count; k++) {
    let rest = k;
    for (let axis = dimension - 1; axis >= 0; axis--) {
      nodes[k * dimension + axis] = (rest % shape[axis]) * spacing[axis];
      rest = Math.floor(rest / shape[axis]);
    }
  }
  const diameter = diameterOf(nodes, nodes, dimension);
  const none = Number.POSITIVE_INFINITY;
  const length = () => diameter * chance.logarithmic(0.1, 10);
  const one = length();
  const reach = chance.pick([
    { x: none, y: none },
    { x: none, y: none },
    { x: one, y: one },
    { x: one, y: length() },
  ]);
  const isFree = reach.x < none || reach.y < none;
  const weighting = chance.pick(Object.keys(masses));
  const weigh = () => ofMass(masses[weighting](chance, count), isFree ? chance.logarithmic(0.1, 10) : 1);
  const p = chance.pick([1, 2] as const);
  const isManhattan = p === 1 && chance.uniform() < 0.5;
  const asked: Problem = {
    id: `grids-${seed}-${index}`,
    kind: shape.join(' x '),
    weighting,
    precision: 'float64',
    dimension,
    diameter,
    isPoint: false,
    x: nodes,
    y: nodes,
    a: weigh(),
    b: weigh(),
    p,
    ...(isManhattan && { cost: manhattan }),
    blur: diameter * chance.logarithmic(1e-3, 1e2),
    reach,
    debias: chance.uniform() < 0.75,
  };
  const plain = cloudTrial(asked);
  const { a, b } = asked;
  return cloudTrial(asked, {
    family: 'grids',
    scales: { ...plain.scales, cost: plain.scales.cost * (isManhattan ? Math.sqrt(dimension) : 1) },
    truth(rounding) {
      const { values, weights } = plain.truth(rounding);
      return { values, weights };
    },
    async solve(library) {
      const metric = isManhattan ? 'manhattan' : 'euclidean';
      const loss = sinkhornDivergence({ ...optionsOf(asked, library), metric });
      const { x, ...told } = await loss.valueAndGradients({ grid: a, shape, spacing }, { grid: b, shape, spacing });
      return resultOf(told, x);
    },
    features: { metric: isManhattan ? 'manhattan' : 'euclidean' },
  });
}
