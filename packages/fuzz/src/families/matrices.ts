import { matrixTransport } from '@sinkhorn/losses/matrix';
import { looked } from '../oracle/costs.js';
import { answer, type Question } from '../oracle/oracle.js';
import type { Trial } from '../trial.js';
import { isBalanced, sum } from './cloudTrial.js';
import { ofMass, weightings } from './problem.js';
import { type Random, random } from './random.js';

const MOST_POINTS = 40;

/** Symmetric costs between `count` things. */
const matrices: Readonly<Record<string, (chance: Random, count: number) => (k: number, l: number) => number>> = {
  uniform: (chance, count) => symmetric(count, () => chance.uniform()),
  'with numbers below 0': (chance, count) => symmetric(count, () => chance.normal()),
  integers: (chance, count) => symmetric(count, () => chance.whole(0, 3)),
  'many orders': (chance, count) => symmetric(count, () => chance.logarithmic(1e-6, 1)),
  'a constant and little more': (chance, count) => symmetric(count, () => 1000 + chance.uniform()),
  'one cost for all': () => () => 2,
  'squared distances': (chance, count) => {
    const places = Array.from({ length: count }, () => [chance.normal(), chance.normal()]);
    return (k, l) => (places[k][0] - places[l][0]) ** 2 + (places[k][1] - places[l][1]) ** 2;
  },
  'shortest ways': (chance, count) => {
    const ways = Array.from({ length: count }, (_, k) =>
      Float64Array.from({ length: count }, (_, l) => (k === l ? 0 : Number.POSITIVE_INFINITY)),
    );
    const link = (k: number, l: number) => {
      ways[k][l] = Math.min(ways[k][l], chance.uniform());
      ways[l][k] = ways[k][l];
    };
    for (let k = 1; k < count; k++) link(k, chance.whole(0, k - 1));
    for (let more = 0; more < count; more++) link(chance.whole(0, count - 1), chance.whole(0, count - 1));
    for (let k = 0; k < count; k++) ways[k][k] = 0;
    for (let over = 0; over < count; over++) {
      for (let k = 0; k < count; k++) {
        for (let l = 0; l < count; l++) ways[k][l] = Math.min(ways[k][l], ways[k][over] + ways[over][l]);
      }
    }
    return (k, l) => ways[k][l];
  },
};

function symmetric(count: number, draw: () => number): (k: number, l: number) => number {
  const values = Array.from({ length: count }, (_, k) => Array.from({ length: k + 1 }, draw));
  return (k, l) => values[Math.max(k, l)][Math.min(k, l)];
}

/** Costs that are a matrix. */
export function matrix(seed: number, index: number): Trial {
  const chance = random(seed, index, 'matrices');
  const kind = chance.pick(Object.keys(matrices));
  const [n, m] = [chance.whole(1, MOST_POINTS), chance.whole(1, MOST_POINTS)];
  const count = n + m;
  const scale = chance.uniform() < 0.5 ? 1 : chance.logarithmic(1e-6, 1e6);
  const costOf = matrices[kind](chance, count);
  const all = Float64Array.from({ length: count * count }, (_, k) => scale * costOf(Math.floor(k / count), k % count));
  const range =
    all.reduce((most, cost) => Math.max(most, cost), 0) - all.reduce((least, cost) => Math.min(least, cost));
  const unit = range || scale;
  const weighting = chance.pick(Object.keys(weightings));
  const none = Number.POSITIVE_INFINITY;
  const strength = () => (chance.uniform() < 0.7 ? none : unit * chance.logarithmic(0.1, 10));
  const reach = { x: strength(), y: strength() };
  const masses = isBalanced({ reach }) ? [1, 1] : [chance.logarithmic(0.1, 10), chance.logarithmic(0.1, 10)];
  const part = (rows: number, from: number, columns: number, to: number) =>
    Float64Array.from(
      { length: rows * columns },
      (_, k) => all[(from + Math.floor(k / columns)) * count + to + (k % columns)],
    );
  const question: Question = {
    x: Array.from({ length: n }, (_, k) => k),
    y: Array.from({ length: m }, (_, k) => n + k),
    a: ofMass(weightings[weighting](chance, n), masses[0]),
    b: ofMass(weightings[weighting](chance, m), masses[1]),
    dimension: 1,
    p: 1,
    cost: looked(all, count),
    blur: unit * chance.logarithmic(1e-5, 1e4),
    reach,
    debias: chance.uniform() < 0.5,
  };
  const { a, b, blur, debias } = question;
  const most = all.reduce((largest, cost) => Math.max(largest, Math.abs(cost)), 0) || 1;
  return {
    id: `matrices-${seed}-${index}`,
    family: 'matrices',
    features: {
      kind,
      blur: `1e${Math.floor(Math.log10(blur / unit))}`,
      reach: [reach.x, reach.y].map((one) => (one === none ? 'none' : (one / unit).toPrecision(2))).join('/'),
      weights: weighting,
      debias: String(debias),
    },
    relativeBlur: blur / unit,
    scales: { cost: most, mass: Math.max(sum(a), sum(b)), length: 1, isBalanced: isBalanced(question) },
    truth(rounding) {
      const { value, valueError, weights, plan } = answer({ ...question, rounding });
      const mass = Math.min(sum(a), sum(b));
      return {
        values: [{ value, error: valueError }],
        weights,
        plan: mass > 0 ? plan : undefined,
      };
    },
    async solve({ backend }) {
      const side = (one: number) => (one === none ? ('balanced' as const) : { kind: 'kl' as const, strength: one });
      const transport = matrixTransport({
        backend,
        cost: { matrix: part(n, 0, m, n), shape: [n, m], x: part(n, 0, n, 0), y: part(m, n, m, n) },
        blur,
        penalty: { x: side(reach.x), y: side(reach.y) },
        debias,
      });
      const { value, plan, gradients, diagnostics } = await transport.solve(a, b);
      const { method, converged, accurate, valueError, gradientError, weightsError, floor } = diagnostics;
      return {
        values: [value],
        weights: gradients.x,
        plan,
        ...((method === 'newton' || backend.inFloat64) && { precision: 'float64' }),
        converged,
        accurate: converged && accurate,
        valueError,
        gradientError,
        weightsError,
        floor,
      };
    },
  };
}
