import {
  type Backend,
  gradientThroughNormalization,
  type HostGradients,
  type MeasurePair,
  preparing,
  type Side,
  withNormalizedWeights,
} from '@sinkhorn/core';
import { checkBoolean } from './checkOptions.js';
import type { Engine, Solved } from './engine.js';

/** The option of every loss on what the weights of a measure mean. */
export interface NormalizeOptions {
  /**
   * Whether the weights of each side are divided by their sum, so that counts are compared as shares. Gradients in the weights
   * are those of the weights that went in. Default false: weights are masses, taken as they are.
   */
  readonly normalize?: boolean;
}

/** The option, with its default. @throws InvalidOptionError where it is no boolean. */
export function checkNormalize({ normalize = false }: NormalizeOptions): boolean {
  checkBoolean('normalize', normalize);
  return normalize;
}

/** Both measures with normalised weights. */
export const pairWithNormalizedWeights = ({ x, y }: MeasurePair): MeasurePair => ({
  x: withNormalizedWeights(x),
  y: withNormalizedWeights(y),
});

/** A loss of normalised weights as a loss of weights that have any sum. */
export function normalized<Precomputed, Result extends Solved>(
  backend: Backend,
  engine: Engine<Precomputed, Result>,
): Engine<Precomputed, Result> {
  const { kernelNorm, onDevice } = engine;
  return {
    name: engine.name,
    onInaccurate: engine.onInaccurate,
    ...(kernelNorm && {
      kernelNorm: {
        ...kernelNorm,
        normalize: true,
        check: (pair: MeasurePair) => kernelNorm.check(pairWithNormalizedWeights(pair)),
      },
    }),
    prepare: (y) => engine.prepare(withNormalizedWeights(y)),
    *solve(pair, wrt, precomputed) {
      const x = withNormalizedWeights(pair.x);
      yield* preparing(x.count);
      const result = yield* engine.solve({ x, y: withNormalizedWeights(pair.y) }, wrt, precomputed);
      return {
        ...result,
        gradients: throughShares(pair, result.gradients),
        get diagnostics() {
          return result.diagnostics;
        },
        *gradientsOf(missing: readonly Side[]) {
          return throughShares(pair, yield* result.gradientsOf(missing));
        },
      };
    },
    ...(onDevice && {
      onDevice: (solvers, clouds, wrt) =>
        solvers.normalized(backend, clouds, (normalized) => onDevice(solvers, normalized, wrt)),
    }),
  };
}

const throughShares = ({ x, y }: MeasurePair, gradients: HostGradients): HostGradients => ({
  ...(gradients.x && { x: gradientThroughNormalization(x, gradients.x) }),
  ...(gradients.y && { y: gradientThroughNormalization(y, gradients.y) }),
});
