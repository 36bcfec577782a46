import {
  type Backend,
  checkFiniteFormula,
  type HostGradients,
  InvalidOptionError,
  type KernelSums,
  type MeasurePair,
  type MmdOptions,
  type Side,
  type Task,
} from '@sinkhorn/core';
import { NORM_FLOOR, solveKernelSums, solveMmd } from '@sinkhorn/core/mmd';
import type { KernelKind } from '@sinkhorn/core/multiscale-mmd';
import type { Engine, Solved } from '../engine.js';
import { latticeMmd, multiscaleMmd } from '../parts.js';
import { solvedWithErrors, type ToldGradients } from '../solvedWithErrors.js';
import { type Decision, decide, type Strategy } from '../strategy.js';

/** A kernel norm to compute. */
export interface KernelNormContext {
  readonly backend: Backend;
  readonly options: MmdOptions & { readonly accuracy: number };
  readonly strategy: Strategy;
  readonly positivity: 'positive' | 'conditional';
  /** Absent for a kernel that is a formula of your own. */
  readonly kind?: KernelKind;
  /** Throws where the masses of a pair are none that the kernel can compare. */
  checkMasses(pair: MeasurePair): void;
}

/** From about so many pairs on cells cost less than all pairs, for each kernel. */
const FEWEST_PAIRS: Readonly<Record<KernelKind, number>> = { gaussian: 2e8, laplacian: 4e8, energy: 1e9 };

/** What computes a kernel norm, over all pairs or over cells, and its errors against the accuracy that was asked for. */
export function kernelNormEngine({
  backend,
  options,
  strategy,
  positivity,
  kind,
  checkMasses,
}: KernelNormContext): Pick<Engine<KernelSums | undefined, Solved>, 'prepare' | 'solve'> {
  const obstacle = kind ? undefined : 'the kernel is a formula of its own';
  const fewestPairs = kind ? FEWEST_PAIRS[kind] : Number.POSITIVE_INFINITY;
  const choose = (pair: MeasurePair) => decide(strategy, pair, obstacle, fewestPairs, multiscaleMmd);
  const measure = function* () {
    return (yield* multiscaleMmd())?.measureRounding(options, kind);
  };
  const overCells = function* (
    { solveMmdMultiscale }: typeof import('@sinkhorn/core/multiscale-mmd'),
    pair: MeasurePair,
    sides: readonly Side[],
  ) {
    const { blur, accuracy } = options;
    return yield* solveMmdMultiscale(backend, pair, { kind: kind as KernelKind, blur, accuracy }, sides);
  };
  /** What goes along the axes of two grids, where nobody asked for pairs of nodes or cells. */
  const onLattice = function* (pair: MeasurePair) {
    if (!kind || strategy !== 'auto' || !pair.x.grid || !pair.y.grid) return undefined;
    const parts = yield* latticeMmd();
    return parts?.isOnLattice(pair) ? parts : undefined;
  };
  return {
    *prepare(y) {
      if (yield* onLattice({ x: y, y })) return undefined;
      // The sums of y with itself are taken anew where cells represent the points of both clouds.
      const decision = yield* choose({ x: y, y });
      return decision.strategy === 'dense' ? yield* solveKernelSums(backend, y, options) : undefined;
    },
    *solve(pair, sides, { precomputed }) {
      checkMasses(pair);
      if (!kind) checkFiniteFormula('kernel', options.kernel, pair, true);
      const lattice = yield* onLattice(pair);
      const decision: Decision<typeof import('@sinkhorn/core/multiscale-mmd')> | OnLattice = lattice
        ? { strategy: 'separable', reason: 'the measures are on one lattice, along whose axes Fourier transforms go' }
        : yield* choose(pair);
      const sumsFor = function* (wrt: readonly Side[]): Task<MmdSums> {
        if (lattice) {
          const { blur } = options;
          const { roundingError, sizes, ...sums } = yield* lattice.solveMmdOnLattice(
            pair,
            { kind: kind as KernelKind, blur },
            wrt,
          );
          return { ...sums, estimatedError: roundingError, floor: NORM_FLOOR * Math.max(...sizes) };
        }
        if (decision.strategy === 'multiscale') return yield* overCells(decision.solvers, pair, wrt);
        const { roundingError, sizes, ...sums } = yield* solveMmd(backend, pair, options, wrt, precomputed, measure);
        if (!kind && positivity === 'positive') checkNotNegative(sums.values, sizes, backend.precision);
        return { ...sums, estimatedError: roundingError, floor: NORM_FLOOR * Math.max(...sizes) };
      };
      const sums = yield* sumsFor(sides);
      const diagnostics = {
        iterations: 0,
        reductions: sums.reductions,
        epsilons: [],
        marginalError: 0,
        converged: true,
        backend: backend.name,
        strategy: decision.strategy,
        strategyReason: decision.reason,
        estimatedError: sums.estimatedError,
        truncatedMass: sums.truncatedMass ?? 0,
      };
      return solvedWithErrors(
        pair,
        { values: sums.values, ...told(sums, sides), diagnostics },
        options.accuracy,
        function* (missing) {
          return told(yield* sumsFor(missing), missing);
        },
      );
    },
  };
}

/** Both measures on one lattice. */
interface OnLattice {
  readonly strategy: 'separable';
  readonly reason: string;
}

/** A kernel norm computed on either strategy. */
interface MmdSums {
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  readonly reductions: number;
  readonly estimatedError: number;
  readonly weightsError: number;
  readonly floor?: number;
  readonly truncatedMass?: number;
}

/** One estimate is of the value and of the gradients in points that were computed with it. */
const told = (
  { gradients, estimatedError, weightsError, floor = 0 }: MmdSums,
  wrt: readonly Side[],
): ToldGradients => ({
  gradients,
  errors: {
    value: estimatedError,
    floor,
    ...(wrt.length > 0 && { gradient: estimatedError, weights: weightsError }),
  },
});

/** A positive kernel gives no negative value, but for the rounding of the sums it is the difference of. */
function checkNotNegative(values: Float64Array, sizes: Float64Array, precision: Backend['precision']): void {
  const rounding = precision === 'float32' ? 1e-4 : 1e-10;
  const element = values.findIndex((value, index) => value < -rounding * sizes[index]);
  if (element < 0) return;
  throw new InvalidOptionError(
    `kernel is not positive: the squared norm is ${values[element]}; give a positive one, or, where it is positive for weights ` +
      'that add up to 0, as -|x - y| is, conditional: true',
  );
}
