import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import type { SortedCloud } from '../../spatial/sortedCloud.js';
import { chunked } from '../../tasks/chunked.js';
import { report, type Task } from '../../tasks/task.js';
import { penalties } from '../context.js';
import type { HostPotentials } from '../hostPotentials.js';
import { weightGradient } from '../value.js';
import { inOrder } from './inOrder.js';
import type { PointFields } from './lastStep.js';
import type { MultiscaleOptions } from './options.js';
import type { MultiscaleProblem } from './problem.js';

/** The gradients of a solved problem, from the fields of its potentials at all points. */
export function* gradientsAt(
  problem: MultiscaleProblem,
  pair: MeasurePair,
  options: MultiscaleOptions,
  fields: { readonly [S in Side]?: PointFields },
  potentials: HostPotentials,
  wrt: readonly Side[],
): Task<HostGradients> {
  const { clouds, units } = problem;
  const gradients: { [S in Side]?: HostGradient } = {};
  const epsilon = options.blur ** options.p;
  for (const [index, side] of wrt.entries()) {
    yield* report({ stage: 'gradients', epsilon, share: index / wrt.length });
    const found = fields[side];
    if (!found) continue;
    const { dimension } = pair[side];
    const points = yield* pointGradient(problem, side, found);
    if (!points) continue;
    gradients[side] = {
      points: yield* inOrder(clouds[side], points, dimension, units.energy / units.length),
      weights: yield* weightGradient(pair, side, potentials, epsilon, penalties(options)),
    };
  }
  return gradients;
}

/** The gradient of the divergence in a side's points, [N, D] in Morton order, where that of its potentials is known. */
export function* pointGradient(
  { clouds, rho, epsilon }: MultiscaleProblem,
  side: Side,
  { cross, self }: PointFields,
): Task<Float64Array | undefined> {
  const gradientOf = function* ({ values, gradients: slopes }: Field) {
    return slopes && (yield* transportGradient(clouds[side], { values, gradients: slopes }, rho[side], epsilon));
  };
  const found = yield* gradientOf(cross);
  const own = self && (yield* gradientOf(self));
  if (found && own) yield* chunked(found.length, (from, to) => subtract(found, own, from, to));
  return found;
}

/**
 * The gradient of a transport cost in the points, from that of its potential, [N, D]: point i has mass
 * a_i exp(-f_i / rho), and the potential's gradient is damped as the potential is.
 */
function* transportGradient(
  { dimension, weights, count }: SortedCloud,
  { values, gradients }: Required<Field>,
  rho: number,
  epsilon: number,
): Task<Float64Array> {
  const damp = damping(epsilon, rho);
  const found = new Float64Array(gradients.length);
  const fill = (from: number, to: number) => {
    for (let place = from; place < to; place++) {
      const mass = weights[place] * Math.exp(-values[place] / rho);
      const end = (place + 1) * dimension;
      for (let k = place * dimension; k < end; k++) found[k] = (mass * gradients[k]) / damp;
    }
  };
  yield* chunked(count, fill);
  return found;
}

function subtract(from: Float64Array, values: Float64Array, first: number, end: number): void {
  for (let k = first; k < end; k++) from[k] -= values[k];
}
