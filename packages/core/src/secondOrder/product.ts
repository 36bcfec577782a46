import { InvalidOptionError } from '../errors.js';
import type { CheckedMeasure } from '../measure/measure.js';
import type { Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { type CheckedDirection, checkNames, type MeasureDirection, type PairDirection } from './direction.js';
import type { DerivativeDiagnostics, DerivativeOptions } from './linearOptions.js';

/** A product with second derivatives with respect to one measure. */
export interface MeasureProduct {
  /** As the direction: [N, D], or [k, N, D] for k directions; with a batch [B, N, D] or [k, B, N, D]. */
  readonly points: Float64Array;
  /** [N] or [k, N] likewise: the change of the gradient in the weights. */
  readonly weights: Float64Array;
}

/** How a product was computed. */
export interface ProductDiagnostics extends DerivativeDiagnostics {
  /** The second derivative along each direction, <direction, product> over the sides that are in both: [k], or [k, B] for a batch. */
  readonly curvature: Float64Array;
  /** Whether one of them is negative: the loss is not convex there. */
  readonly negativeCurvature: boolean;
}

/** What to differentiate, and how exactly. */
export interface ProductOptions extends DerivativeOptions {
  /** The sides whose gradients' change is wanted. Default: those in the direction. */
  readonly wrt?: Side | 'both';
}

/** Products by side: those of `wrt`. */
export interface PairProduct {
  readonly x?: MeasureProduct;
  readonly y?: MeasureProduct;
  /** The change of the gradient in the parameters, by name, flat; of a loss that has some. */
  readonly parameters?: Readonly<Record<string, Float64Array>>;
  readonly diagnostics: ProductDiagnostics;
}

/** The sides that are wanted: those that move, unless said otherwise. */
export function sidesWithRespectTo(direction: PairDirection, { wrt }: ProductOptions): readonly Side[] {
  if (wrt === 'x' || wrt === 'y') return [wrt];
  if (wrt === 'both') return ['x', 'y'];
  if (wrt !== undefined) throw new InvalidOptionError(`wrt is '${String(wrt)}': it is one of x, y, both`);
  return (['x', 'y'] as const).filter((side) => direction[side] !== undefined);
}

/** How gradients change in one direction, by side. */
export type GradientMoves = {
  readonly [S in Side]?: { readonly points: Float64Array; readonly weights: Float64Array };
};

/** Several directions' changes as one product, with what they say of curvature. */
export function productOf(
  sides: readonly Side[],
  directions: readonly { readonly [S in Side]: CheckedDirection }[],
  moves: readonly GradientMoves[],
  pair: Readonly<Record<Side, CheckedMeasure>>,
  diagnostics: DerivativeDiagnostics,
): PairProduct {
  const { batch } = pair.x;
  const curvature = new Float64Array(directions.length * batch);
  const along = (k: number, side: Side, part: 'points' | 'weights') => {
    const moved = directions[k][side][part];
    const change = moves[k][side]?.[part];
    if (!moved || !change) return;
    const length = moved.length / batch;
    for (let i = 0; i < moved.length; i++) curvature[k * batch + Math.floor(i / length)] += moved[i] * change[i];
  };
  for (const k of directions.keys()) {
    for (const side of sides) for (const part of ['points', 'weights'] as const) along(k, side, part);
  }
  const products: { [S in Side]?: MeasureProduct } = {};
  for (const side of sides) {
    products[side] = {
      points: joined(moves.map((move) => move[side]?.points)),
      weights: joined(moves.map((move) => move[side]?.weights)),
    };
  }
  return {
    ...products,
    diagnostics: { ...diagnostics, curvature, negativeCurvature: curvature.some((value) => value < 0) },
  };
}

/** Vectors one after the other. */
export function joined(vectors: readonly (Float64Array | undefined)[]): Float64Array {
  const there = vectors.filter((vector) => vector !== undefined);
  const all = new Float64Array(there.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of there) {
    all.set(vector, at);
    at += vector.length;
  }
  return all;
}

/** A product with the second derivatives with respect to x. */
export interface OwnProduct extends MeasureProduct {
  /** The change of the gradient in the parameters, by name, flat; of a loss that has some. */
  readonly parameters?: Readonly<Record<string, Float64Array>>;
  readonly diagnostics: ProductDiagnostics;
}

/** A product along a direction of both measures, or along one of x alone, which has no `x` and no `y`. */
export function* alongDirection(
  direction: PairDirection | MeasureDirection,
  options: ProductOptions,
  both: (direction: PairDirection, options: ProductOptions) => Task<PairProduct>,
): Task<PairProduct | OwnProduct> {
  checkNames('direction', direction, ['x', 'y', 'points', 'weights']);
  if ('x' in direction || 'y' in direction) return yield* both(direction, options);
  if (options.wrt !== undefined && options.wrt !== 'x') {
    throw new InvalidOptionError(
      `wrt is '${options.wrt}', and the direction is of x alone: give { x: { points } } for products of other sides`,
    );
  }
  const { x, diagnostics } = yield* both({ x: direction as MeasureDirection }, { wrt: 'x', ...options });
  return { ...(x as MeasureProduct), diagnostics };
}
