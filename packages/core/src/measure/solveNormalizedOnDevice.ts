import type { Backend } from '../backend/backend.js';
import { workspace } from '../backend/workspace.js';
import { column, div, mul, row, sub } from '../formula/expression.js';
import type { Task } from '../tasks/task.js';
import {
  checkDeviceClouds,
  type DeviceClouds,
  type DeviceGradient,
  type DeviceSolution,
  normalizedWeightsOnDevice,
} from './deviceCloud.js';
import { bySide, type Side } from './side.js';

/** What `solve` gives for the normalised weights of measures on the device, with gradients in the weights that went in. */
export function* solveNormalizedOnDevice(
  backend: Backend,
  clouds: DeviceClouds,
  solve: (clouds: DeviceClouds) => Task<DeviceSolution>,
): Task<DeviceSolution> {
  checkDeviceClouds(clouds);
  const space = workspace(backend);
  try {
    const measures = bySide((side) => normalizedWeightsOnDevice(space, clouds[side]));
    const solution = yield* solve(
      bySide((side) => ({ points: clouds[side].points, weights: measures[side].normalizedWeights })),
    );
    const gradients: { [S in Side]?: DeviceGradient } = {};
    for (const side of ['x', 'y'] as const) {
      const gradient = solution.gradients[side];
      if (!gradient) continue;
      const { normalizedWeights, mass } = measures[side];
      const slope = gradient.weights;
      const mean = space.total(mul(column('share'), column('slope')), { share: normalizedWeights, slope });
      const weights = space.map(div(sub(row('slope'), column('mean')), column('mass')), { slope }, {}, { mean, mass });
      backend.release(slope);
      gradients[side] = { points: gradient.points, weights };
    }
    space.keep(...Object.values(gradients).map(({ weights }) => weights));
    return { value: solution.value, gradients };
  } finally {
    space.releaseAll();
  }
}
