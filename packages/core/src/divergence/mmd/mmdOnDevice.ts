import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { add, column, mul, parameter, row, sub } from '../../formula/expression.js';
import type { MmdOptions } from '../../kernelSum/kernel.js';
import { kernelGradients, kernelSums } from '../../kernelSum/pairwise/kernelSums.js';
import {
  checkDeviceClouds,
  type DeviceClouds,
  type DeviceGradient,
  type DeviceSolution,
  placeClouds,
} from '../../measure/deviceCloud.js';
import { bySide, other, type Side } from '../../measure/side.js';
import { report, type Task } from '../../tasks/task.js';

/**
 * The maximum mean discrepancy of `solveMmd` between measures that are on the device, with value and gradients left
 * there. Sums are in the device's precision.
 *
 * @throws InvalidMeasureError for shapes that do not go together.
 */
export function* solveMmdOnDevice(
  backend: Backend,
  clouds: DeviceClouds,
  options: MmdOptions,
  wrt: readonly Side[] = [],
): Task<DeviceSolution> {
  checkDeviceClouds(clouds);
  const space = workspace(backend);
  try {
    const { blur, scalingPower } = options;
    const length = scalingPower === undefined ? 1 : (blur ?? 1);
    const measures = placeClouds(space, clouds, { length, centred: scalingPower !== undefined });
    const unit = length ** (scalingPower ?? 0);
    const parameters: Record<string, number> = blur === undefined ? {} : { inverseBlur: length / blur };
    const { kernel } = options;
    yield* report({ stage: 'kernel sums' });
    const sums = bySide((side) => ({
      own: kernelSums(space, kernel, measures[side], measures[side], { parameters }),
      // <a, K_xy b> = <b, K_yx a>: for the value one of the two does, gradients in y's weights need the other.
      cross:
        side === 'x' || wrt.includes(side)
          ? kernelSums(space, kernel, measures[side], measures[other(side)], { parameters })
          : undefined,
    }));
    // 1/2 <a, K_xx a> - <a, K_xy b> + 1/2 <b, K_yy b>
    const ofX = space.total(mul(column('weight'), sub(mul(0.5, column('own')), column('cross'))), {
      weight: measures.x.weights,
      own: sums.x.own,
      cross: sums.x.cross ?? sums.x.own,
    });
    const ofY = space.total(mul(column('weight'), mul(0.5, column('own'))), {
      weight: measures.y.weights,
      own: sums.y.own,
    });
    const value = space.map(mul(parameter('unit'), add(row('x'), row('y'))), { x: ofX, y: ofY }, { unit });
    const gradients: { [S in Side]?: DeviceGradient } = {};
    for (const side of wrt) {
      const { own, cross } = sums[side];
      if (!cross) throw new Error(`no sums of ${side} against the other side were computed`);
      const { dimension } = measures[side];
      gradients[side] = {
        points: space.map(
          mul(parameter('unit'), sub(row('own', dimension), row('cross', dimension))),
          {
            own: kernelGradients(space, kernel, measures[side], measures[side], { parameters }),
            cross: kernelGradients(space, kernel, measures[side], measures[other(side)], { parameters }),
          },
          { unit: unit / length },
        ),
        weights: space.map(mul(parameter('unit'), sub(row('own'), row('cross'))), { own, cross }, { unit }),
      };
    }
    space.keep(value, ...Object.values(gradients).flatMap(({ points, weights }) => [points, weights]));
    return { value, gradients };
  } finally {
    space.releaseAll();
  }
}
