import type { Backend, DeviceArray } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import { InvalidOptionError, UnsupportedError } from '../../errors.js';
import { add, column, mul, parameter, row, sub } from '../../formula/expression.js';
import type { MarginalPenalty } from '../../marginal/penalty.js';
import {
  checkDeviceClouds,
  type DeviceClouds,
  type DeviceGradient,
  type DeviceSolution,
  type PlacedMeasure,
  placeClouds,
} from '../../measure/deviceCloud.js';
import { bySide, other, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { temperaturesIn } from '../../transport/context.js';
import { dualTerm } from '../../transport/dualTerm.js';
import { estimatedSchedule } from '../../transport/estimatedSchedule.js';
import { type FinalSide, finalUpdate } from '../../transport/finalUpdate.js';
import { iterateSchedule } from '../../transport/iterate.js';
import type { SinkhornOptions } from '../../transport/options.js';
import { pairwiseProblem } from '../../transport/problem.js';

/**
 * Solves entropic transport between measures that are on the device, and leaves value and gradients there: GeomLoss's
 * schedule, as `solveSinkhorn` takes it for `tolerance: null`, with nothing read back. Sums are in the device's precision.
 *
 * Without a diameter the device estimates one: see `estimatedSchedule`.
 *
 * @throws UnsupportedError for a tolerance, which would have to be looked at; InvalidOptionError for a formula as the
 * cost without a diameter; InvalidMeasureError for shapes that do not go together.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { powerCost, runSync, solveSinkhornOnDevice } from '@sinkhorn/core';
 *
 * const backend = cpu();
 * const clouds = { x: { points: backend.array([0, 0], [1, 2]) }, y: { points: backend.array([3, 4], [1, 2]) } };
 * const options = { cost: powerCost(2), p: 2, homogeneous: true, blur: 0.1, diameter: 5, scaling: 0.5, debias: true };
 * const balanced = { reach: { x: Infinity, y: Infinity }, tolerance: null, maxIterations: 1 };
 * const { value } = runSync(solveSinkhornOnDevice(backend, clouds, { ...options, ...balanced }));
 * if (Math.abs((await backend.read(value))[0] - 12.5) > 1e-9) throw new Error('unexpected');
 * ```
 */
export function* solveSinkhornOnDevice(
  backend: Backend,
  clouds: DeviceClouds,
  options: SinkhornOptions,
  wrt: readonly Side[] = [],
): Task<DeviceSolution> {
  const { diameter, tolerance, homogeneous, debias, p } = options;
  checkDeviceClouds(clouds);
  if (tolerance !== null) {
    throw new UnsupportedError(
      `tolerance is ${tolerance}: to see whether it is met, numbers must be read back from the device; give tolerance: null`,
    );
  }
  if (diameter === undefined && !homogeneous) {
    throw new InvalidOptionError(
      'diameter is needed for a cost of your own on a device that is not read: give about the size of the largest cost',
    );
  }
  const space = workspace(backend);
  try {
    const length = homogeneous ? (diameter ?? options.blur) : 1;
    const energy = length ** p;
    const measures = placeClouds(space, clouds, { length, centred: homogeneous });
    const { rho, epsilons, epsilon } = temperaturesIn({ length }, diameter ?? options.blur, options);
    const schedule = diameter === undefined ? estimatedSchedule(space, [measures.x, measures.y], options) : epsilons;
    const problem = pairwiseProblem(space, measures, options.cost, rho);
    const iterates = yield* iterateSchedule(problem, schedule, debias);
    const final = yield* finalUpdate(problem, iterates, epsilon, wrt);
    const context = { space, measures, penalty: problem.penalty, epsilon, energy, length };
    const value = totalValue(context, final);
    const gradients: { [S in Side]?: DeviceGradient } = {};
    for (const side of wrt) gradients[side] = gradientOf(context, side, final[side]);
    space.keep(value, ...Object.values(gradients).flatMap(({ points, weights }) => [points, weights]));
    return { value, gradients };
  } finally {
    space.releaseAll();
  }
}

interface Context {
  readonly space: Workspace;
  readonly measures: Readonly<Record<Side, PlacedMeasure>>;
  /** In the device's units, as `epsilon`. */
  readonly penalty: Readonly<Record<Side, MarginalPenalty>>;
  readonly epsilon: number;
  /** What units of energy and length of the device represent. */
  readonly energy: number;
  readonly length: number;
}

/** As `sinkhornValue` has it, in sums of the device. */
function totalValue(
  { space, measures, penalty, epsilon, energy }: Context,
  final: Record<Side, FinalSide>,
): DeviceArray {
  const sums = bySide((side) => {
    const { cross, self } = final[side];
    const term = dualTerm(penalty[side], column('cross'), self && column('self'), parameter('temperature'));
    return space.total(
      mul(column('weight'), term),
      { weight: measures[side].weights, cross, ...(self && { self }) },
      { ...penalty[side].parameters, temperature: epsilon / 2 },
    );
  });
  const unit = parameter('unit');
  const parameters = { unit: energy, epsilon };
  const sum = add(row('x'), row('y'));
  if (final.x.self) return space.map(mul(unit, sum), sums, parameters);
  const [massX, massY] = [row('massX'), row('massY')];
  const masses = mul(parameter('epsilon'), sub(mul(massX, massY), mul(0.5, add(massX, massY))));
  const rows = { ...sums, massX: measures.x.mass, massY: measures.y.mass };
  return space.map(mul(unit, add(sum, masses)), rows, parameters);
}

/** As `weightGradient` has it, and the gradient in the points. */
function gradientOf(
  { space, measures, penalty, epsilon, energy, length }: Context,
  side: Side,
  { cross, self, gradients }: FinalSide,
): DeviceGradient {
  if (!gradients) throw new Error(`no gradient of ${side} was computed`);
  const { dimension } = measures[side];
  const unit = parameter('unit');
  const ofCross = row('cross', dimension);
  const slope = gradients.self ? sub(ofCross, row('self', dimension)) : ofCross;
  const passes = { cross: gradients.cross, ...(gradients.self && { self: gradients.self }) };
  const points = space.map(mul(unit, slope), passes, { unit: energy / length });
  const term = dualTerm(penalty[side], row('cross'), self && row('self'), parameter('epsilon'));
  const parameters = { ...penalty[side].parameters, unit: energy, epsilon };
  const potentials = { cross, ...(self && { self }) };
  // A constant in balanced transport: see weightGradient.
  const isBalanced = penalty.x.balanced && penalty.y.balanced;
  if (self || isBalanced) return { points, weights: space.map(mul(unit, term), potentials, parameters) };
  const masses = mul(parameter('epsilon'), sub(column('otherMass'), 1));
  const scalars = { otherMass: measures[other(side)].mass };
  return { points, weights: space.map(mul(unit, add(term, masses)), potentials, parameters, scalars) };
}
