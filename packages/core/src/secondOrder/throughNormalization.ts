import { normalizedWeightsOf } from '../measure/normalization.js';
import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import type { CheckedDirection } from './direction.js';
import type { GradientMoves } from './product.js';

/**
 * How gradients in weights a change where the problem is one of normalised weights a / m, from how those in these do: the gradient in a is
 * (g - <g, a / m>) / m, of which m, a / m and g move.
 *
 * @param directions Those of the weights that were given.
 * @param gradients Those in the normalised weights, of the sides.
 */
export function gradientMovesThroughNormalization(
  { given }: { readonly given: MeasurePair },
  sides: readonly Side[],
  directions: readonly { readonly [S in Side]: CheckedDirection }[],
  moves: readonly GradientMoves[],
  gradients: { readonly [S in Side]?: Float64Array },
): readonly GradientMoves[] {
  const through: { [S in Side]?: { points: Float64Array; weights: Float64Array } }[] = moves.map(() => ({}));
  for (const side of sides) {
    const { count, masses } = given[side];
    const normalized = normalizedWeightsOf(given[side]);
    const gradient = gradients[side] as Float64Array;
    for (const [k, { [side]: moved }] of moves.entries()) {
      if (!moved) continue;
      const move = directions[k][side].weights;
      const weights = moved.weights.slice();
      for (const [element, mass] of masses.entries()) {
        const from = element * count;
        let [change, mean] = [0, 0];
        for (let i = from; i < from + count; i++) {
          change += (move?.[i] ?? 0) / mass;
          mean += normalized[i] * gradient[i];
        }
        let meanMove = 0;
        for (let i = from; i < from + count; i++) {
          const normalizedMove = (move?.[i] ?? 0) / mass - normalized[i] * change;
          meanMove += normalized[i] * moved.weights[i] + normalizedMove * gradient[i];
        }
        for (let i = from; i < from + count; i++) {
          weights[i] = (moved.weights[i] - meanMove - (gradient[i] - mean) * change) / mass;
        }
      }
      through[k][side] = { points: moved.points, weights };
    }
  }
  return through;
}
