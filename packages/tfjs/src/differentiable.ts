import { UnsupportedError } from '@sinkhorn/losses';
import { customGrad, engine, type GradSaveFunc, mul, reshape, type Tensor } from '@tensorflow/tfjs-core';

/** A value and its gradients. */
export interface Computed {
  /** A scalar, or [B]. */
  readonly value: Tensor;
  /** One for each input, of its shape; none where none were wanted. */
  readonly gradients: readonly Tensor[];
}

/**
 * Makes a tensor that tfjs can differentiate, from a computation that knows its gradients: nothing within it gets onto
 * the tape. The gradients are computed along with the value where a tape is running, and only there.
 *
 * @throws UnsupportedError where a gradient is differentiated once more.
 */
export function differentiable(op: string, inputs: readonly Tensor[], compute: (wanted: boolean) => Computed): Tensor {
  const withGradient = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const save = args[inputs.length] as GradSaveFunc;
    const { value, gradients } = compute(engine().state.gradientDepth > 0);
    save([...gradients, ...inputs]);
    return {
      value,
      gradFunc: (upstream: Tensor, saved: Tensor[]) => {
        const from = saved.slice(inputs.length);
        return saved.slice(0, inputs.length).map((gradient) => {
          const factors = reshape(upstream, [...upstream.shape, ...gradient.shape.slice(upstream.rank).map(() => 1)]);
          return mul(factors, onceOnly(op, from, gradient));
        });
      },
    };
  });
  return withGradient(...inputs);
}

/** A gradient that says, when it is differentiated, that it cannot be: as a constant it would count as 0. */
function onceOnly(op: string, inputs: readonly Tensor[], gradient: Tensor): Tensor {
  return customGrad(() => ({
    value: gradient.clone(),
    gradFunc: () => {
      throw new UnsupportedError(
        `${op} has first derivatives only: a gradient of its gradient is not there; take differences of gradients`,
      );
    },
  }))(...inputs);
}
