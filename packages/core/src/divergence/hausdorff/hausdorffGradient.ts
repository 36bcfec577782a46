import type { DeviceArray } from '../../backend/backend.js';
import { derivative } from '../../formula/derivative.js';
import {
  add,
  column,
  type Expression,
  exp,
  min,
  mul,
  parameter,
  reduced,
  row,
  sqrt,
  square,
  sub,
  sum,
} from '../../formula/expression.js';
import type { Columns } from '../../geometry/columns.js';
import { conjugateGradient } from '../../linear/conjugateGradient.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { DeviceMeasure } from '../../measure/deviceMeasure.js';
import { other, type Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { geometryAt, type PairwiseProblem, selfProblem } from '../../transport/problem.js';

/** The symmetric potential of each measure: at its own points, before and after the final update, and at the other's. */
export interface SymmetricPotentials {
  /** Of each side at its own points, before the final update: what the passes below use as columns. */
  readonly iterate: Readonly<Record<Side, DeviceArray>>;
  /** Of each side at its own points: a_x and b_y. */
  readonly self: Readonly<Record<Side, DeviceArray>>;
  /** Of the other side's measure at each side's points: b_x under x, a_y under y. */
  readonly cross: Readonly<Record<Side, DeviceArray>>;
}

/** The gradient of the Hausdorff divergence with respect to one measure, on the device. */
export interface HausdorffGradient {
  /** [N, D] */
  readonly points: DeviceArray;
  /** [N, 1]: what implicit differentiation adds to the gradient in the weights, over -eps. */
  readonly implicitWeights: DeviceArray;
  /** [N, 1]: the mass that makes up a point's gradient, times how steep the costs are that it pays: what a relative error is of. */
  readonly steepness: DeviceArray;
}

/**
 * The residual of the linear solve over the tolerance of the potentials. Raising it saves a step or two and makes gradients worse than
 * potentials. Chosen, not measured.
 */
const ACCURACY = 1e-3;
/**
 * The smallest relative residual that a precision reaches: some roundings. Lowering it makes iterations that change nothing. Chosen, not
 * measured; `pnpm fuzz` judges the gradients.
 */
export const SMALLEST_RESIDUAL = { float32: 1e-6, float64: 1e-13 };
/**
 * Conjugate gradient steps at most. With eigenvalues in (1, 2] each leaves less than a fifth of the error, so that 25 reach float64's
 * last digit: it only ends what rounding keeps from ending.
 */
const MAX_ITERATIONS = 100;
/**
 * At a point of weight 0, which nothing but its own weight's gradient sees, the mass W has no bound: exp of more than 88 is infinite in
 * float32.
 */
export const LARGEST_EXPONENT = 80;

/**
 * The exact gradient with respect to `side`: potentials are implicit functions of the points, so one linear system in
 * I + damp Q is solved, Q the row-stochastic kernel of the measure with itself.
 *
 * With f the measure's potential, l = damp, u = a exp(-f/rho), Q_ik the softmax over k of log a_k + (f_k - C_ik)/eps,
 * and W_k = 1/l sum_j b_j exp((a_y(y_j) + f_k/l - C_jk)/eps), it solves (I + l Q) z = -1/(2l) - l/2 W and gives
 *
 *   points:  l u_k sum_i Q_ki (z_k + z_i) dC(x_k, x_i) + 1/2 a_k exp(-b_x/rho) grad b_x(x_k)/l + l/2 u_k W_k mean_j dC(x_k, y_j)
 *   weights: the direct term, and -eps l exp(-f_k/rho) ((Q z)_k + W_k/2)
 *
 * which for rho = infinity is the gradient stated by the balanced theory. I + l Q is self-adjoint in the u-weighted
 * scalar product, with eigenvalues in (1, 2]: conjugate gradients need a handful of steps.
 *
 * @param spread - How far the slopes of the costs that a point pays are from their mean, about: for `steepness`.
 */
export function* hausdorffGradient(
  problem: PairwiseProblem,
  side: Side,
  potentials: SymmetricPotentials,
  epsilon: number,
  tolerance: number,
  spread = 0,
): Task<HausdorffGradient> {
  const { space } = problem;
  const own = problem[side];
  const against = problem[other(side)];
  const { logMass, scale, parameters: ofPenalty } = problem.penalty[side];
  const damp = damping(epsilon, scale);
  const withItself = selfProblem(problem, side).geometry;
  const withOther = geometryAt(problem, side);
  const f = potentials.iterate[side];
  // At points of weight 0, which no stopping rule sees, a full update alone is the potential there.
  const updated = potentials.self[side];
  const parameters = { ...ofPenalty, damp, inverseTemperature: 1 / (damp * epsilon) };
  const keeping = exp(logMass(row('potential')));
  const kept = space.map(mul(row('weight'), keeping), { weight: own.weights, potential: f }, parameters);
  const keptWeights = space.map(
    mul(row('weight'), keeping),
    { weight: own.normalizedWeights, potential: f },
    parameters,
  );

  const crossPass = withOther.costGradient(columnsOf(against, potentials.cross[other(side)]), epsilon);
  const { mean: crossMean, logSumExp: crossLogSumExp } = crossPass;
  const crossExponent = min(
    add(row('logSumExp'), mul(parameter('inverseTemperature'), row('potential'))),
    LARGEST_EXPONENT,
  );
  const crossMass = space.map(
    mul(parameter('inverseDamp'), exp(crossExponent)),
    { logSumExp: crossLogSumExp, potential: updated },
    { ...parameters, inverseDamp: 1 / damp },
  );

  const rightHandSide = space.map(
    sub(parameter('constantTerm'), mul(parameter('halfDamp'), row('mass'))),
    { mass: crossMass },
    { constantTerm: -1 / (2 * damp), halfDamp: damp / 2 },
  );
  const { solution, residual } = yield* conjugateGradient(
    {
      space,
      weights: keptWeights,
      rightHandSide,
      apply: (vector) =>
        withItself.pass(columnsOf(own, f), epsilon, {
          kind: 'softmaxMean',
          value: column('vector'),
          finish: add(row('vector'), mul(parameter('damp'), reduced())),
          rows: { vector },
          columns: { vector },
          parameters,
        })[0],
    },
    Math.max(SMALLEST_RESIDUAL[space.backend.precision], ACCURACY * tolerance),
    MAX_ITERATIONS,
  );

  const { cost, point } = withItself.formulas;
  const selfPart = withItself.pass(columnsOf(own, f), epsilon, {
    kind: 'softmaxMean',
    value: mul(add(row('solution'), column('solution')), derivative(cost, point)),
    rows: { solution },
    columns: { solution },
  })[0];
  const crossGradient = withOther.costGradient(columnsOf(against, potentials.iterate[other(side)]), epsilon);
  const crossPart = crossGradient.mean;
  const halfTaken = mul(0.5, mul(row('weight'), exp(logMass(row('cross')))));
  const size = own.dimension;
  const parts = {
    kept,
    selfPart,
    mass: crossMass,
    crossMean,
    weight: own.weights,
    cross: potentials.cross[side],
    crossPart,
  };
  const points = space.map(
    add(
      mul(
        mul(parameter('damp'), row('kept')),
        add(row('selfPart', size), mul(mul(0.5, row('mass')), row('crossMean', size))),
      ),
      mul(halfTaken, row('crossPart', size)),
    ),
    parts,
    parameters,
  );
  // (Q z)_k = (right-hand side - residual - z)_k / l, at points of weight 0 too: no pass is needed for it.
  const image = mul(parameter('inverseDamp'), sub(sub(row('rightHandSide'), row('residual')), row('solution')));
  const implicitWeights = space.map(
    mul(mul(parameter('damp'), keeping), add(image, mul(0.5, row('mass')))),
    { rightHandSide, residual, solution, mass: crossMass, potential: updated },
    { ...parameters, inverseDamp: 1 / damp },
  );
  const steepness = space.map(
    add(
      mul(
        row('kept'),
        add(
          add(mul(add(1, row('mass')), parameter('spread')), lengthOf('selfPart', size)),
          mul(row('mass'), lengthOf('crossMean', size)),
        ),
      ),
      mul(halfTaken, lengthOf('crossPart', size)),
    ),
    parts,
    { ...parameters, spread },
  );
  space.release(
    kept,
    keptWeights,
    crossMean,
    crossLogSumExp,
    crossMass,
    rightHandSide,
    solution,
    residual,
    selfPart,
    crossPart,
    crossGradient.logSumExp,
  );
  return { points, implicitWeights, steepness };
}

const lengthOf = (name: string, size: number): Expression => sqrt(sum(square(row(name, size))));

const columnsOf = ({ logWeights }: DeviceMeasure, potential: DeviceArray): Columns => ({ logWeights, potential });
