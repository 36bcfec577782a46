import {
  type Backend,
  gradientThroughShares,
  type HostGradients,
  inShares,
  type MeasurePair,
  preparing,
  type Side,
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

/** Both measures in shares. */
export const pairInShares = ({ x, y }: MeasurePair): MeasurePair => ({ x: inShares(x), y: inShares(y) });

/** A loss of shares as a loss of weights that have any sum. */
export function normalized<Known, Result extends Solved>(
  backend: Backend,
  engine: Engine<Known, Result>,
): Engine<Known, Result> {
  const { kernelNorm, onDevice } = engine;
  return {
    name: engine.name,
    onInaccurate: engine.onInaccurate,
    ...(kernelNorm && {
      kernelNorm: {
        ...kernelNorm,
        normalize: true,
        check: (pair: MeasurePair) => kernelNorm.check(pairInShares(pair)),
      },
    }),
    prepare: (y) => engine.prepare(inShares(y)),
    *solve(pair, wrt, precomputed) {
      const x = inShares(pair.x);
      yield* preparing(x.count);
      const result = yield* engine.solve({ x, y: inShares(pair.y) }, wrt, precomputed);
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
      onDevice: (solvers, clouds, wrt) => solvers.shares(backend, clouds, (shares) => onDevice(solvers, shares, wrt)),
    }),
  };
}

const throughShares = ({ x, y }: MeasurePair, gradients: HostGradients): HostGradients => ({
  ...(gradients.x && { x: gradientThroughShares(x, gradients.x) }),
  ...(gradients.y && { y: gradientThroughShares(y, gradients.y) }),
});
