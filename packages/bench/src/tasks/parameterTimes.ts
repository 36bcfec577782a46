import { constant, type Expression } from '@sinkhorn/core';
import { formula, type GivenParameters, type ParameterValue, sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { uniformDraw } from '../clouds/counterDraws.js';
import { problems } from '../clouds/problems.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

const { add, dot, mul, square, squaredDistance, sub, sum } = formula;

const DIMENSION = 3;
const row = (from: number) => Array.from({ length: DIMENSION }, (_, k) => uniformDraw(11, from + k) - 0.5);

interface Case {
  readonly value: ParameterValue;
  readonly cost: (x: Expression, y: Expression, given: GivenParameters) => Expression;
}

/** Costs that read a parameter `p`. */
const cases = {
  'a number': { value: 0.7, cost: (x, y, { p }) => mul(p, squaredDistance(x, y)) },
  'a vector': { value: row(0), cost: (x, y, { p }) => sum(square(mul(p, sub(x, y)))) },
  'a matrix': {
    value: [row(0), row(3), row(6)],
    cost: (x, y, { p: rows }) =>
      rows
        .map((one: Expression) => square(dot(one, sub(x, y))))
        .reduce((all: Expression, one: Expression) => add(all, one)),
  },
} as const satisfies Record<string, Case>;

export interface ParameterTimes extends Repetition {
  readonly parameter: keyof typeof cases;
  readonly n: number;
  readonly backend: BackendChoice;
}

/** A parameter as constants of a formula. */
function inFormula(value: ParameterValue): unknown {
  if (typeof value === 'number') return value;
  const list = Array.from(value as ArrayLike<number | ArrayLike<number>>);
  return list.every((one) => typeof one === 'number')
    ? constant(list)
    : list.map((one) => constant(Array.from(one as ArrayLike<number>)));
}

/** Processor time of values, and of values with gradients, where a cost reads a parameter and where its numbers stand in the formula, in turn. */
export const parameterTimes = ({ parameter, n, backend: choice, rounds, limit }: ParameterTimes) =>
  onBackend(choice, async (backend) => {
    const clouds = problems['sphere, cube'].clouds(n);
    const [x, y] = [clouds.x, clouds.y].map((points) => ({ points, dimension: DIMENSION }));
    const { value, cost }: Case = cases[parameter];
    const options = {
      backend,
      blur: 0.2,
      diameter: 2,
      tolerance: null,
      debias: false,
      strategy: 'dense',
      method: 'alternating',
      onInaccurate: 'ignore',
    } as const;
    const constants = { p: inFormula(value) };
    const losses = {
      constants: sinkhornDivergence({ ...options, cost: (u, v) => cost(u, v, constants) }),
      parameters: sinkhornDivergence({ ...options, cost, parameters: { p: value } }),
    };
    const seconds = async (work: () => Promise<unknown>) => {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    };
    const once = async () => ({
      value: await seconds(() => losses.constants.value(x, y)),
      gradients: await seconds(() => losses.constants.valueAndGradients(x, y, { wrt: 'both' })),
      valueRead: await seconds(() => losses.parameters.value(x, y)),
      gradientsRead: await seconds(() => losses.parameters.valueAndGradients(x, y, { wrt: 'both' })),
    });
    // Kernels are compiled first.
    await once();
    const found = [await once()];
    while (found.length < rounds && found.reduce((total, one) => total + one.gradientsRead, 0) < limit) {
      found.push(await once());
    }
    const middle = (of: (one: (typeof found)[0]) => number) => median(found.map(of));
    return {
      value: middle((one) => one.value),
      valueRatio: middle((one) => one.valueRead / one.value),
      gradients: middle((one) => one.gradients),
      gradientsRatio: middle((one) => one.gradientsRead / one.gradients),
    };
  });
