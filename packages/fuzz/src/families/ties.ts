import type { Trial } from '../trial.js';
import { cloudTrial, isBalanced, sum } from './cloudTrial.js';
import { diameterOf, type Problem, problem } from './problem.js';
import { random } from './random.js';

const MOST_POINTS = 60;

/** Integers on the line, many of them equal, with counts as weights that are not divided by their sum. */
export function ties(seed: number, index: number): Trial {
  const chance = random(seed, index, 'ties');
  const { reach: given, diameter: unit, blur, ...rest } = problem(seed, index);
  const most = Math.round(chance.logarithmic(1, 1000));
  const numbers = () => Float64Array.from({ length: chance.whole(1, MOST_POINTS) }, () => chance.whole(0, most));
  const [x, y] = [numbers(), numbers()];
  const counts = (length: number) => Float64Array.from({ length }, () => chance.whole(0, 9));
  const [a, b] = [counts(x.length), counts(y.length)];
  // Some count is above 0, and where masses are kept both have the same sum.
  a[0] += 1;
  b[0] += 1;
  if (isBalanced({ reach: given })) {
    const [less, by] = sum(a) < sum(b) ? [a, sum(b) - sum(a)] : [b, sum(a) - sum(b)];
    less[chance.whole(0, less.length - 1)] += by;
  }
  const spread = diameterOf(x, y, 1);
  const diameter = spread || 1;
  const scaled = (length: number) => (length / unit) * diameter;
  const asked: Problem = {
    ...rest,
    kind: 'integers',
    weighting: 'counts as they are',
    dimension: 1,
    x,
    y,
    a,
    b,
    diameter,
    isPoint: spread === 0,
    blur: scaled(blur),
    reach: { x: scaled(given.x), y: scaled(given.y) },
  };
  return cloudTrial(asked, { id: `ties-${rest.id}`, family: 'ties' });
}
