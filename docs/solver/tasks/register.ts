import type { Backend } from 'sinkhorn';
import { type RegistrationStep, registerFreeForm, registerRigid } from 'sinkhorn/toolkit';
import type { TaskContext } from '../task';

export interface RegisterInput {
  readonly source: Float64Array;
  readonly target: Float64Array;
  readonly mode: 'rigid' | 'free-form';
}

export interface RegisterUpdate {
  readonly stage: string;
  readonly share?: number;
  /** Counted from 1; absent while it looks from several sides. */
  readonly step?: Pick<RegistrationStep, 'points' | 'from' | 'aims' | 'map'> & { readonly number: number };
}

export interface RegisterResult {
  readonly points: Float64Array;
  readonly partners: Float64Array;
  readonly residual: number;
  /** What speaks against it, a sentence each. */
  readonly doubts: readonly string[];
  /** [3, 3]: of a rigid registration. */
  readonly rotation?: Float64Array;
}

/** Of the free-form registration, which bends one animal into another: lengths in units of the scans' size. */
const FREE_FORM = { steps: 30, blur: { from: 0.15, to: 0.03 }, stiffness: 0.25, rigid: false };

/** Brings a cloud onto another one, and tells of every step. */
export async function register(
  { source, target, mode }: RegisterInput,
  { backend, signal, update }: TaskContext<RegisterUpdate>,
): Promise<RegisterResult> {
  const [from, onto] = [source, target].map((points) => ({ points, dimension: 3 }));
  let number = 0;
  const options = {
    backend: backend satisfies Backend,
    signal,
    onProgress: ({ stage, share }: { readonly stage: string; readonly share?: number }) =>
      void update({ stage, share }),
    onStep: ({ stage, share, points, from, aims, map }: RegistrationStep) =>
      update({ stage, share, step: { number: ++number, points, from, aims, map } }),
  };
  const found =
    mode === 'rigid'
      ? await registerRigid(from, onto, options)
      : await registerFreeForm(from, onto, { ...options, ...FREE_FORM });
  const { partners } = await found.correspondences({ signal });
  const { points, residual, doubts } = found;
  const rotation = 'rotation' in found ? { rotation: found.rotation as Float64Array } : {};
  return { points, residual, doubts, partners, ...rotation };
}
