import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { add, column, div, max, mul, row, sub } from '../formula/expression.js';
import { read, type Task } from '../tasks/task.js';
import type { LinearOperator } from './linearOperator.js';

/** A linear system on a device whose operator is self-adjoint and positive in a weighted scalar product. */
export interface LinearSystem extends LinearOperator<DeviceArray> {
  readonly space: Workspace;
  /** [N, 1] or [B, N, 1]: the weights of the scalar product, summing to about 1. */
  readonly weights: DeviceArray;
  readonly rightHandSide: DeviceArray;
}

/** A solution with what is left: operator(solution) = rightHandSide - residual. */
export interface LinearSolution {
  readonly solution: DeviceArray;
  readonly residual: DeviceArray;
  readonly iterations: number;
}

/**
 * Keeps quotients of scalar products finite where an element of a batch is solved before the others: far below them, and normal in
 * float32.
 */
const SMALLEST_DIVISOR = 1e-30;

const quotient = (numerator: string, denominator: string) =>
  div(column(numerator), max(column(denominator), SMALLEST_DIVISOR));

// Weights first: where one is 0, a square may be beyond float32.
const SQUARE = mul(mul(column('weight'), column('residual')), column('residual'));

/**
 * Conjugate gradients in a weighted scalar product, until the residual's norm is `tolerance` times what it was: every
 * vector and every scalar product stays on the device, one number an element is read a step to know when to stop.
 */
export function* conjugateGradient(
  { space, weights, rightHandSide, apply }: LinearSystem,
  tolerance: number,
  maxIterations: number,
): Task<LinearSolution> {
  let solution = space.map(mul(0, row('value')), { value: rightHandSide });
  let residual = space.map(row('value'), { value: rightHandSide });
  let direction = space.map(row('value'), { value: rightHandSide });
  let squaredNorm = space.total(SQUARE, { weight: weights, residual });
  const initial = Float64Array.from(yield* read(space.backend, squaredNorm));
  for (let iteration = 1; ; iteration++) {
    const image = apply(direction);
    const curvature = space.total(mul(mul(column('weight'), column('direction')), column('image')), {
      weight: weights,
      direction,
      image,
    });
    const scalars = { squaredNorm, curvature };
    const length = quotient('squaredNorm', 'curvature');
    const nextSolution = space.map(
      add(row('solution'), mul(length, row('direction'))),
      { solution, direction },
      {},
      scalars,
    );
    const nextResidual = space.map(sub(row('residual'), mul(length, row('image'))), { residual, image }, {}, scalars);
    space.release(solution, residual, image, curvature);
    solution = nextSolution;
    residual = nextResidual;
    const nextNorm = space.total(SQUARE, { weight: weights, residual });
    const left = yield* read(space.backend, nextNorm);
    if (iteration >= maxIterations || left.every((value, k) => value <= tolerance ** 2 * initial[k])) {
      space.release(direction, squaredNorm, nextNorm);
      return { solution, residual, iterations: iteration };
    }
    const nextDirection = space.map(
      add(row('residual'), mul(quotient('now', 'before'), row('direction'))),
      { residual, direction },
      {},
      { now: nextNorm, before: squaredNorm },
    );
    space.release(direction, squaredNorm);
    direction = nextDirection;
    squaredNorm = nextNorm;
  }
}
