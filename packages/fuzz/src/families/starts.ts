import { sinkhornDivergence } from '@sinkhorn/losses';
import { resultOf } from '../result.js';
import type { Trial } from '../trial.js';
import { cloudTrial, measuresOf, optionsOf } from './cloudTrial.js';
import { problem } from './problem.js';
import { random } from './random.js';

/** What the solve starts from: by how much, over the diameter, its points are moved. */
const starts: Readonly<Record<string, number>> = { same: 0, close: 1e-3, far: 0.3, elsewhere: 100 };

/** Solves that start from the solution of another problem, near or not. */
export function start(seed: number, index: number): Trial {
  const chance = random(seed, index, 'starts');
  const asked = problem(seed, index);
  const from = chance.pick(Object.keys(starts));
  const move = starts[from] * asked.diameter;
  const Numbers = asked.precision === 'float32' ? Float32Array : Float64Array;
  const moved = (points: Float32Array | Float64Array) =>
    new Numbers(Array.from(points, (value) => value + move * chance.normal()));
  const isReversed = chance.uniform() < 0.3;
  const other = {
    ...asked,
    x: moved(asked.x),
    y: moved(asked.y),
    a: isReversed ? asked.a.slice().reverse() : asked.a,
  };
  return cloudTrial(asked, {
    id: `starts-${asked.id}`,
    family: 'starts',
    async solve(library) {
      const loss = sinkhornDivergence({ ...optionsOf(asked, library), onInaccurate: 'ignore' });
      const first = await loss.solve(...measuresOf(other));
      const solution = await loss.solve(...measuresOf(asked), { start: first });
      const { x } = await solution.gradients();
      return resultOf(solution, x);
    },
    features: { start: `${from}${isReversed ? ', weights reversed' : ''}` },
  });
}
