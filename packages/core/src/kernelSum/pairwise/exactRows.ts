import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { shapeOf } from '../../measure/deviceMeasure.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import type { MeasurePair } from '../../measure/pair.js';
import { other, type Side } from '../../measure/side.js';
import { readScaled, type Task } from '../../tasks/task.js';
import type { MmdOptions } from '../kernel.js';
import type { RadialKernel } from '../radialKernel.js';
import { kernelGradients, kernelSums } from './kernelSums.js';

/** Kernel sums in float64 for some points of one side of a pair, the same number in each element of the batch. */
export interface ExactRows {
  /** [B, S]: sums over its own side, and over the other one. */
  readonly own: Float64Array;
  readonly cross: Float64Array;
  /** [B, S, D]: as `HostGradient` has them. */
  readonly gradients: Float64Array;
}

/** [B, S]: where the points are among all of their side, counted on from one element to the next. */
export type Places = Uint32Array;

/** Some points of a measure. */
function pointsOf(measure: CheckedMeasure, places: Places): CheckedMeasure {
  const { points, weights, dimension, batch } = measure;
  return {
    ...measure,
    count: places.length / batch,
    points: Float64Array.from({ length: places.length * dimension }, (_, k) => {
      return points[places[Math.floor(k / dimension)] * dimension + (k % dimension)];
    }),
    weights: Float64Array.from(places, (place) => weights[place]),
  };
}

/** On a float64 backend. */
export function* exactRowsOn(
  backend: Backend,
  pair: MeasurePair,
  { kernel, blur }: MmdOptions,
  places: Readonly<Record<Side, Places>>,
  wrt: readonly Side[],
): Task<Record<Side, ExactRows>> {
  const space = workspace(backend);
  const upload = (measure: CheckedMeasure) => ({
    dimension: measure.dimension,
    points: space.upload(measure.points, shapeOf(measure, measure.dimension)),
    weights: space.upload(measure.weights, shapeOf(measure, 1)),
  });
  try {
    const columns = { x: upload(pair.x), y: upload(pair.y) };
    const parameters: Record<string, number> = blur === undefined ? {} : { inverseBlur: 1 / blur };
    const rowsOf = function* (side: Side): Task<ExactRows> {
      const rows = upload(pointsOf(pair[side], places[side]));
      const sums = (of: Side) => readScaled(backend, kernelSums(space, kernel, rows, columns[of], { parameters }), 1);
      const slopes = (of: Side) =>
        readScaled(backend, kernelGradients(space, kernel, rows, columns[of], { parameters }), 1);
      const own = yield* sums(side);
      const cross = yield* sums(other(side));
      if (!wrt.includes(side)) return { own, cross, gradients: new Float64Array() };
      const against = yield* slopes(other(side));
      return { own, cross, gradients: (yield* slopes(side)).map((value, k) => value - against[k]) };
    };
    return { x: yield* rowsOf('x'), y: yield* rowsOf('y') };
  } finally {
    space.releaseAll();
  }
}

/** On the host, for devices that have no float64. */
export function exactRowsHere(
  pair: MeasurePair,
  radial: RadialKernel,
  places: Readonly<Record<Side, Places>>,
): Record<Side, ExactRows> {
  const { dimension } = pair.x;
  const rowsOf = (side: Side): ExactRows => {
    const rows = pointsOf(pair[side], places[side]);
    const gradients = new Float64Array(rows.points.length);
    const sums = (of: Side, sign: number) => {
      const { points, weights, count } = pair[of];
      return Float64Array.from(rows.weights, (weight, row) => {
        const first = Math.floor(row / rows.count) * count;
        let sum = 0;
        for (let column = first; column < first + count; column++) {
          const apart = (c: number) => rows.points[row * dimension + c] - points[column * dimension + c];
          let squared = 0;
          for (let c = 0; c < dimension; c++) squared += apart(c) ** 2;
          const [value, slope] = radial(squared);
          sum += weights[column] * value;
          const factor = sign * weight * weights[column] * slope;
          for (let c = 0; c < dimension; c++) gradients[row * dimension + c] += factor * apart(c);
        }
        return sum;
      });
    };
    return { own: sums(side, 1), cross: sums(other(side), -1), gradients };
  };
  return { x: rowsOf('x'), y: rowsOf('y') };
}
