import { type Workspace, workspace } from '../../src/backend/workspace.js';
import { uploadMeasure } from '../../src/measure/deviceMeasure.js';
import { rawFrame } from '../../src/measure/frame.js';
import { type CheckedMeasure, checkMeasure } from '../../src/measure/measure.js';
import type { MeasurePair } from '../../src/measure/pair.js';
import { type PairwiseProblem, pairwiseProblem } from '../../src/transport/problem.js';
import type { Cloud } from './clouds.js';
import type { DenseProblem } from './denseTransport.js';
import { type WatchedBackend, watchedCpu } from './watchedCpu.js';

/** Clouds of one size as the library takes them: a batch where there are several. */
function measureOf(name: string, clouds: readonly Cloud[]): CheckedMeasure {
  const [{ points }] = clouds;
  const shape = [points.length, points[0].length];
  return checkMeasure(name, {
    data: clouds.flatMap((cloud) => cloud.points.flat()),
    shape: clouds.length > 1 ? [clouds.length, ...shape] : shape,
    weights: clouds.flatMap((cloud) => cloud.weights),
  });
}

export const pairOf = (problems: readonly DenseProblem[]): MeasurePair => ({
  x: measureOf(
    'x',
    problems.map(({ x }) => x),
  ),
  y: measureOf(
    'y',
    problems.map(({ y }) => y),
  ),
});

/** A dense problem on the reference backend, or several that differ in their clouds alone, as a batch. */
export interface OnDevice {
  readonly backend: WatchedBackend;
  readonly space: Workspace;
  readonly problem: PairwiseProblem;
  /** Puts potentials on the device, those of each element one after the other. */
  upload(potential: readonly (readonly number[])[]): ReturnType<Workspace['upload']>;
}

export function onDevice(problems: readonly DenseProblem[]): OnDevice {
  const backend = watchedCpu();
  const space = workspace(backend);
  const { x, y } = pairOf(problems);
  const [{ cost, rho }] = problems;
  const frame = rawFrame(x.dimension);
  return {
    backend,
    space,
    problem: pairwiseProblem(
      space,
      { x: uploadMeasure(space, x, frame), y: uploadMeasure(space, y, frame) },
      cost.formula,
      rho,
    ),
    upload: (potentials) =>
      space.upload(potentials.flat(), [...(problems.length > 1 ? [problems.length] : []), potentials[0].length, 1]),
  };
}
