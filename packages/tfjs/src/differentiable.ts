import { UnsupportedError } from '@sinkhorn/losses';
import { customGrad, engine, type GradSaveFunc, mul, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';

/** A value and its gradients. */
export interface Computed {
  /** A scalar, or [B]. */
  readonly value: Tensor;
  /** One for each input, of its shape, or with the batch before it where all elements share the input; none where none were wanted. */
  readonly gradients: readonly Tensor[];
  /** Second derivatives times a change of one input, which make one tensor for each input; absent where there are none. */
  readonly hessianTimes?: (change: Tensor, input: number) => readonly Tensor[];
}

/**
 * Makes a tensor that tfjs can differentiate, from a computation that knows its gradients: nothing within it gets onto
 * the tape. The gradients are computed along with the value where a tape is running, and only there; gradients of gradients when they are
 * asked for.
 *
 * @throws UnsupportedError where a gradient is differentiated more often than it can be.
 */
export function differentiable(op: string, inputs: readonly Tensor[], compute: (wanted: boolean) => Computed): Tensor {
  const withGradient = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const save = args[inputs.length] as GradSaveFunc;
    const { value, gradients, hessianTimes } = compute(engine().state.gradientDepth > 0);
    save([...gradients, ...inputs]);
    return {
      value,
      gradFunc: (upstream: Tensor, saved: Tensor[]) => {
        const from = saved.slice(inputs.length);
        return saved.slice(0, inputs.length).map((gradient, input) => {
          const factors = reshape(upstream, [...upstream.shape, ...gradient.shape.slice(upstream.rank).map(() => 1)]);
          const second = hessianTimes && ((change: Tensor) => hessianTimes(change, input));
          const slope = mul(factors, withDerivatives(op, from, gradient, second));
          // Of what all elements of a batch share each has a gradient of its own.
          return slope.rank > from[input].rank ? sum(slope, 0) : slope;
        });
      },
    };
  });
  return withGradient(...inputs);
}

/**
 * What was computed from inputs, as an op whose gradient is what `pull` makes of what comes from above, and whose next one throws: as a
 * constant it would count as 0. Without `pull` its gradient throws.
 */
export function withDerivatives(
  op: string,
  inputs: readonly Tensor[],
  computed: Tensor,
  pull?: (upstream: Tensor) => readonly Tensor[],
): Tensor {
  return customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const save = args[inputs.length] as GradSaveFunc;
    save([...inputs]);
    return {
      value: computed.clone(),
      gradFunc: (upstream: Tensor, saved: Tensor[]) => {
        if (!pull) {
          throw new UnsupportedError(
            `${op} cannot be differentiated as often here: a gradient of this gradient is not there; take differences of gradients`,
          );
        }
        return pull(upstream).map((gradient) => withDerivatives(op, saved.slice(0, inputs.length), gradient));
      },
    };
  })(...inputs);
}
