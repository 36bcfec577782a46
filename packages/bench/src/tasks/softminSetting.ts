import {
  add,
  type Backend,
  column,
  type DeviceArray,
  mul,
  parameter,
  powerCost,
  type Reduction,
  reduced,
  row,
  simplify,
  sub,
} from '@sinkhorn/core';
import { DIMENSION } from '../clouds/dimension.js';
import { problems } from '../clouds/problems.js';
import { softminLoop } from '../methods/softminLoop.js';

const EPSILON = 0.05 ** 2;

/** One softmin of the squared distance in three dimensions, by hand and through a backend. */
export interface SoftminSetting {
  byHand(): Float64Array;
  onBackend(backend: Backend): ArrayLike<number>;
}

/** Between a sphere and a cube of `n` points each, for a potential that is far from constant. */
export function softminSetting(n: number): SoftminSetting {
  const { clouds } = problems['sphere, cube'];
  const { x, y } = clouds(n);
  const points = { x: Float64Array.from(x), y: Float64Array.from(y) };
  const logWeights = new Float64Array(n).fill(-Math.log(n));
  const potential = Float64Array.from({ length: n }, (_, j) => y[DIMENSION * j] ** 2 / 10);
  return {
    byHand: () => {
      const h = logWeights.map((value, j) => value + potential[j] / EPSILON);
      return softminLoop(points.x, points.y, h, EPSILON);
    },
    onBackend(backend) {
      if (!backend.readSync) throw new TypeError(`${backend.name} cannot be read synchronously`);
      const arrays = {
        x: backend.array(points.x, [n, DIMENSION]),
        y: backend.array(points.y, [n, DIMENSION]),
        logWeight: backend.array(logWeights, [n, 1]),
        potential: backend.array(potential, [n, 1]),
      };
      const [result] = backend.reduce(softmin(arrays));
      const values = backend.readSync(result);
      for (const array of [...Object.values(arrays), result]) backend.release(array);
      return values;
    },
  };
}

/** -eps log sum_j b_j exp((g_j - |x_i - y_j|^2 / 2) / eps), as the library asks its backends for it. */
function softmin({ x, y, ...columns }: Record<'x' | 'y' | 'logWeight' | 'potential', DeviceArray>): Reduction {
  const inverse = parameter('inverseEpsilon');
  const cost = powerCost(2)(row('point', DIMENSION), column('point', DIMENSION));
  const ofColumn = add(column('logWeight'), mul(inverse, column('potential')));
  return {
    kind: 'logSumExp',
    score: simplify(sub(ofColumn, mul(inverse, cost))),
    finish: mul(parameter('scale'), reduced()),
    rows: { point: x },
    columns: { point: y, ...columns },
    parameters: { inverseEpsilon: 1 / EPSILON, scale: -EPSILON },
  };
}
