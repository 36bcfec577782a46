import type { Backend, DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../measure/hostGradients.js';
import type { MeasurePair, WeightsPair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import { readAll, type Task } from '../tasks/task.js';
import type { FinalSide } from './finalUpdate.js';
import type { HostPotentials } from './hostPotentials.js';
import type { Iterates } from './iterate.js';
import type { SinkhornOptions } from './options.js';
import { penalties, type Units } from './setting.js';
import { weightGradient } from './value.js';

/** Puts potentials of an earlier solve on the device, in its units. */
export function uploadIterates(
  space: Workspace,
  pair: WeightsPair,
  { f_ba, g_ab, f_aa, g_bb }: HostPotentials,
  { energy }: Pick<Units, 'energy'>,
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

/** Reads iterates back, in the input's units. */
export function* readIterates(backend: Backend, { cross, self }: Iterates, { energy }: Units): Task<HostPotentials> {
  const { f_ba, g_ab, f_aa, g_bb } = yield* readNamed(backend, {
    f_ba: [cross.x, energy],
    g_ab: [cross.y, energy],
    f_aa: [self.x, energy],
    g_bb: [self.y, energy],
  });
  return potentialsFrom(f_ba, g_ab, f_aa, g_bb);
}

/** What a solve leaves on the device, read with one wait, in the input's units. */
export interface ReadSolution {
  readonly iterates: HostPotentials;
  /** After the final update. */
  readonly potentials: HostPotentials;
  /** The gradients in the points of the sides that have them. */
  readonly slopes: { readonly [S in Side]?: Float64Array };
}

/** Reads the iterates of a solve, and its potentials and gradients after the final update. */
export function* readSolution(
  backend: Backend,
  { cross, self }: Iterates,
  { x, y }: Record<Side, FinalSide>,
  { energy, length }: Pick<Units, 'energy' | 'length'>,
): Task<ReadSolution> {
  const slope = energy / length;
  const wanted = {
    f_ba: [cross.x, energy],
    g_ab: [cross.y, energy],
    f_aa: [self.x, energy],
    g_bb: [self.y, energy],
    newF_ba: [x.cross, energy],
    newG_ab: [y.cross, energy],
    newF_aa: [x.self, energy],
    newG_bb: [y.self, energy],
    xCross: [x.gradients?.cross, slope],
    xSelf: [x.gradients?.self, slope],
    yCross: [y.gradients?.cross, slope],
    ySelf: [y.gradients?.self, slope],
  } as const satisfies Readonly<Record<string, readonly [DeviceArray | undefined, number]>>;
  const numbers = yield* readNamed(backend, wanted);
  const { f_ba, g_ab, f_aa, g_bb, newF_ba, newG_ab, newF_aa, newG_bb, xCross, xSelf, yCross, ySelf } = numbers;
  return {
    iterates: potentialsFrom(f_ba, g_ab, f_aa, g_bb),
    potentials: potentialsFrom(newF_ba, newG_ab, newF_aa, newG_bb),
    slopes: { x: difference(xCross, xSelf), y: difference(yCross, ySelf) },
  };
}

/** The numbers of those arrays that are there, each times its unit, with one wait. */
function* readNamed<Name extends string>(
  backend: Backend,
  wanted: Readonly<Record<Name, readonly [DeviceArray | undefined, number]>>,
): Task<{ readonly [N in Name]?: Float64Array }> {
  const there = Object.entries<readonly [DeviceArray | undefined, number]>(wanted).flatMap(([name, [array, unit]]) =>
    array ? [{ name, array, unit }] : [],
  );
  const values = yield* readAll(
    backend,
    there.map(({ array }) => array),
  );
  return Object.fromEntries(
    there.map(({ name, unit }, k) => [name, new Float64Array(values[k]).map((value) => value * unit)]),
  ) as { [N in Name]?: Float64Array };
}

function potentialsFrom(
  f_ba: Float64Array | undefined,
  g_ab: Float64Array | undefined,
  f_aa: Float64Array | undefined,
  g_bb: Float64Array | undefined,
): HostPotentials {
  if (!f_ba || !g_ab) throw new Error('there is no potential of the cross problem');
  return { f_ba, g_ab, f_aa, g_bb };
}

const difference = (cross: Float64Array | undefined, self: Float64Array | undefined): Float64Array | undefined =>
  cross && self ? cross.map((value, index) => value - self[index]) : cross;

/** The gradients of the sides whose gradients in the points are known, with those in the weights. */
export function gradientsFrom(
  pair: MeasurePair,
  options: SinkhornOptions,
  slopes: ReadSolution['slopes'],
  potentials: HostPotentials,
): HostGradients {
  const gradients: { [S in Side]?: HostGradient } = {};
  const epsilon = options.blur ** options.p;
  for (const side of ['x', 'y'] as const) {
    const points = slopes[side];
    if (!points) continue;
    gradients[side] = { points, weights: weightGradient(pair, side, potentials, epsilon, penalties(options)) };
  }
  return gradients;
}
