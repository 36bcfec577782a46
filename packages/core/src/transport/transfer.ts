import type { Backend, DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { norm } from '../linear/norm.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import type { HostGradient, HostGradients } from '../measure/hostGradients.js';
import type { MeasurePair, WeightsPair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import { readAll, type Task } from '../tasks/task.js';
import { penalties, type Units } from './context.js';
import type { FinalSide } from './finalUpdate.js';
import type { HostPotentials } from './hostPotentials.js';
import type { Iterates } from './iterate.js';
import type { SinkhornOptions } from './options.js';
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
  return potentialsFrom(yield* readThere(backend, [cross.x, cross.y, self.x, self.y], () => energy));
}

/** Reads the potentials after the final update alone, in the input's units. */
export function* readFinal(
  backend: Backend,
  { x, y }: Record<Side, FinalSide>,
  { energy }: Pick<Units, 'energy'>,
): Task<HostPotentials> {
  return potentialsFrom(yield* readThere(backend, [x.cross, y.cross, x.self, y.self], () => energy));
}

/** What a solve leaves on the device, read with one wait, in the input's units. */
export interface ReadSolution {
  readonly iterates: HostPotentials;
  /** After the final update. */
  readonly potentials: HostPotentials;
  /** The gradients in the points of the sides that have them. */
  readonly slopes: { readonly [S in Side]?: Float64Array };
  /** Of the cross problem alone. */
  readonly crossSlopes: { readonly [S in Side]?: Float64Array };
  /** The Euclidean norm of what one more update changes these by, where it was made. */
  readonly slopeChanges: { readonly [S in Side]?: number };
  /** The potentials of the cross problem after one more update, where it was made. */
  readonly again: { readonly [S in Side]?: Float64Array };
}

/** Reads the iterates of a solve, and its potentials and gradients after the final update. */
export function* readSolution(
  backend: Backend,
  { cross, self }: Iterates,
  { x, y }: Record<Side, FinalSide>,
  { energy, length }: Pick<Units, 'energy' | 'length'>,
): Task<ReadSolution> {
  const potentials = [cross.x, cross.y, self.x, self.y, x.cross, y.cross, x.self, y.self];
  potentials.push(x.again?.potential, y.again?.potential);
  const slopes = [x, y].flatMap(({ gradients, again }) => [gradients?.cross, gradients?.self, again?.gradient]);
  const unitOf = (index: number) => (index < potentials.length ? energy : energy / length);
  const numbers = yield* readThere(backend, [...potentials, ...slopes], unitOf);
  const [xAgain, yAgain, xCross, xSelf, xUpdated, yCross, ySelf, yUpdated] = numbers.slice(8);
  return {
    iterates: potentialsFrom(numbers),
    potentials: potentialsFrom(numbers.slice(4)),
    slopes: { x: difference(xCross, xSelf), y: difference(yCross, ySelf) },
    crossSlopes: { x: xCross, y: yCross },
    slopeChanges: { x: change(xCross, xUpdated), y: change(yCross, yUpdated) },
    again: { x: xAgain, y: yAgain },
  };
}

/** The numbers of those arrays that are there, each times its unit, with one wait. */
function* readThere(
  backend: Backend,
  arrays: readonly (DeviceArray | undefined)[],
  unitOf: (index: number) => number,
): Task<(Float64Array | undefined)[]> {
  const values = yield* readAll(
    backend,
    arrays.filter((array) => array !== undefined),
  );
  let next = 0;
  return arrays.map((array, index) => array && timesUnit(values[next++], unitOf(index)));
}

/** Numbers that were read, which are a copy of their own, in another unit and as float64. */
function timesUnit(values: Float32Array | Float64Array, unit: number): Float64Array {
  const found = values instanceof Float64Array ? values : new Float64Array(values);
  for (let k = 0; k < found.length; k++) found[k] *= unit;
  return found;
}

/** The first four: f_ba, g_ab, f_aa, g_bb. */
function potentialsFrom([f_ba, g_ab, f_aa, g_bb]: readonly (Float64Array | undefined)[]): HostPotentials {
  if (!f_ba || !g_ab) throw new Error('there is no potential of the cross problem');
  return { f_ba, g_ab, f_aa, g_bb };
}

const difference = (cross: Float64Array | undefined, self: Float64Array | undefined): Float64Array | undefined =>
  cross && self ? cross.map((value, index) => value - self[index]) : cross;

const change = (cross?: Float64Array, updated?: Float64Array): number | undefined =>
  cross && updated && norm(cross.map((value, index) => value - updated[index]));

/** The gradients of the sides whose gradients in the points are known, with those in the weights. */
export function* gradientsFrom(
  pair: MeasurePair,
  options: SinkhornOptions,
  slopes: ReadSolution['slopes'],
  potentials: HostPotentials,
): Task<HostGradients> {
  const gradients: { [S in Side]?: HostGradient } = {};
  const epsilon = options.blur ** options.p;
  for (const side of ['x', 'y'] as const) {
    const points = slopes[side];
    if (!points) continue;
    gradients[side] = { points, weights: yield* weightGradient(pair, side, potentials, epsilon, penalties(options)) };
  }
  return gradients;
}
