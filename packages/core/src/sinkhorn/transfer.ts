import type { Backend } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../measure/hostGradients.js';
import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import { readScaled, type Task } from '../tasks/task.js';
import type { FinalSide } from './finalUpdate.js';
import type { HostPotentials } from './hostPotentials.js';
import type { Iterates } from './iterate.js';
import type { SinkhornOptions } from './options.js';
import { penalties, type Units } from './setting.js';
import { weightGradient } from './value.js';

/** Puts potentials of an earlier solve on the device, in its units. */
export function uploadIterates(
  space: Workspace,
  pair: MeasurePair,
  { f_ba, g_ab, f_aa, g_bb }: HostPotentials,
  { energy }: Units,
): Iterates {
  const upload = (values: Float64Array, side: Side) =>
    space.upload(
      values.map((value) => value / energy),
      shapeOf(pair[side], 1),
    );
  return {
    cross: { x: upload(f_ba, 'x'), y: upload(g_ab, 'y') },
    self: { x: f_aa && upload(f_aa, 'x'), y: g_bb && upload(g_bb, 'y') },
  };
}

/** Reads the iterates back, in the input's units. */
export function* readIterates(backend: Backend, { cross, self }: Iterates, { energy }: Units): Task<HostPotentials> {
  return {
    f_ba: yield* readScaled(backend, cross.x, energy),
    g_ab: yield* readScaled(backend, cross.y, energy),
    f_aa: self.x && (yield* readScaled(backend, self.x, energy)),
    g_bb: self.y && (yield* readScaled(backend, self.y, energy)),
  };
}

/** Reads the potentials after the final update, in the input's units. */
export function* readPotentials(
  backend: Backend,
  { x, y }: Record<Side, FinalSide>,
  units: Units,
): Task<HostPotentials> {
  return yield* readIterates(backend, { cross: { x: x.cross, y: y.cross }, self: { x: x.self, y: y.self } }, units);
}

/** Reads the gradients of the final update, in the input's units, and adds those with respect to weights. */
export function* readGradients(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  final: Record<Side, FinalSide>,
  potentials: HostPotentials,
  { energy, length }: Units,
): Task<HostGradients> {
  const gradients: { [S in Side]?: HostGradient } = {};
  const epsilon = options.blur ** options.p;
  for (const side of ['x', 'y'] as const) {
    const passes = final[side].gradients;
    if (!passes) continue;
    const cross = yield* readScaled(backend, passes.cross, energy / length);
    const self = passes.self && (yield* readScaled(backend, passes.self, energy / length));
    gradients[side] = {
      points: self ? cross.map((value, index) => value - self[index]) : cross,
      weights: weightGradient(pair, side, potentials, epsilon, penalties(options)),
    };
  }
  return gradients;
}
