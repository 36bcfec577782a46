import { column, exp, mul, row, squaredDistance } from '@sinkhorn/core';
import { type Backend, type Diagnostics, sinkhornDivergence } from 'sinkhorn';
import type { TaskContext } from '../task';
import { identityPose, moveBy, type Pose, rigidFit, then } from './rigidFit';

export interface RegisterInput {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly mode: 'rigid' | 'free-form';
  readonly steps: number;
}

export interface RegisterUpdate {
  readonly step: number;
  readonly points: Float64Array;
  /** Where the gradient sends each point. */
  readonly aims: Float64Array;
  readonly value: number;
  readonly pose?: Pose;
  readonly diagnostics: Diagnostics;
}

/** The blur goes down from the first to the second, from the coarse to the fine. */
const RIGID_BLURS = [0.25, 0.03];
const FREE_BLURS = [0.15, 0.03];
/** Points closer than this move together in a free-form registration. */
const STIFFNESS = 0.12;

export async function register(input: RegisterInput, context: TaskContext<RegisterUpdate>): Promise<void> {
  await (input.mode === 'rigid' ? rigid(input, context) : freeForm(input, context));
}

/**
 * In each step the gradient says where points should go, and the rotation and shift that fit that best are made. The plan's
 * own map would not do: it draws points together by about the blur, and an uneven shrinkage passes for a rotation.
 */
async function rigid({ x, y, steps }: RegisterInput, { backend, signal, update }: TaskContext<RegisterUpdate>) {
  const count = x.length / 3;
  let points = x;
  let pose = identityPose;
  for (let step = 0; step <= steps; step++) {
    const loss = sinkhornDivergence({ backend, blur: between(RIGID_BLURS, step / steps) });
    const result = await loss.valueAndGradients({ points, dimension: 3 }, { points: y, dimension: 3 }, { signal });
    const aims = points.map((value, k) => value - count * result.x.points[k]);
    await update({ step, points, aims, value: result.value, pose, diagnostics: result.diagnostics });
    signal.throwIfAborted();
    pose = then(pose, rigidFit(points, aims));
    points = moveBy(pose, x);
  }
}

/** A gradient flow whose velocities are smoothed by a Gaussian: neighbours stay neighbours. */
async function freeForm({ x, y, steps }: RegisterInput, { backend, signal, update }: TaskContext<RegisterUpdate>) {
  let points = x;
  for (let step = 0; step <= steps; step++) {
    const blur = between(FREE_BLURS, step / steps);
    const loss = sinkhornDivergence({ backend, blur });
    const result = await loss.valueAndGradients({ points, dimension: 3 }, { points: y, dimension: 3 }, { signal });
    const aims = points.map((value, k) => value - (points.length / 3) * result.x.points[k]);
    await update({ step, points, aims, value: result.value, diagnostics: result.diagnostics });
    signal.throwIfAborted();
    const stiffness = STIFFNESS * (1 - (0.75 * step) / steps);
    const velocity = await smoothed(backend, points, result.x.points, stiffness);
    points = points.map((value, k) => value - 0.5 * velocity[k]);
  }
}

/** sum_j k(x_i, x_j) v_j / sum_j k(x_i, x_j) w_j with a Gaussian k: the velocity per mass in the neighbourhood. */
async function smoothed(backend: Backend, points: Float64Array, gradient: ArrayLike<number>, width: number) {
  const count = points.length / 3;
  const at = backend.array(points, [count, 3]);
  const values = backend.array(gradient, [count, 3]);
  const weights = backend.array(new Float64Array(count).fill(1 / count), [count, 1]);
  const kernel = exp(mul(-0.5 / width ** 2, squaredDistance(row('at', 3), column('at', 3))));
  const shared = { rows: { at }, columns: { at, values, weights }, parameters: {} };
  const [sums] = backend.reduce({ kind: 'sum', value: mul(kernel, column('values', 3)), ...shared });
  const [masses] = backend.reduce({ kind: 'sum', value: mul(kernel, column('weights')), ...shared });
  try {
    const [numerator, denominator] = await Promise.all([backend.read(sums), backend.read(masses)]);
    return numerator.map((value, k) => value / denominator[Math.floor(k / 3)]);
  } finally {
    for (const array of [at, values, weights, sums, masses]) backend.release(array);
  }
}

/** Geometric. */
const between = ([first, last]: readonly number[], share: number) => first * (last / first) ** share;
