import type { EvaluationNodes } from './evaluationNodes.js';
import type { Field } from './field.js';

/** Evaluates a field at a point: the value goes into an array, and the gradient into another one, if there is one. */
type Interpolation = (
  points: Float64Array,
  place: number,
  values: Float64Array,
  into: number,
  gradients: Float64Array | undefined,
  offset: number,
) => void;

/**
 * A field in a cell that is known from the corners of a box: the Hermite polynomial of its values and gradients there
 * (Adini, Clough, Melosh), exact for cubic functions. With s_c = -1 or 1 at a corner, t_c from -1 to 1 along axis c,
 * u_c = s_c t_c and h_c half the width, a value counts prod_c (1 + u_c) (2 + sum_c (u_c - u_c^2)) / 2^(D + 1), and a
 * slope along c counts prod_k (1 + u_k) h_c s_c (u_c^2 - 1) / 2^(D + 1). Gradients are those of the polynomial.
 *
 * Three axes are written out; those beyond the cloud's have nothing along them.
 */
export function polynomialOf(
  { firsts, lows, highs }: EvaluationNodes,
  dimension: number,
  field: Required<Field>,
  cell: number,
): Interpolation {
  const corners = 2 ** dimension;
  const scale = 2 ** -(dimension + 1);
  const along = (of: Float64Array, index: number, axis: number, otherwise: number) =>
    axis < dimension ? of[index * dimension + axis] : otherwise;
  const half = [0, 1, 2].map((axis) => (along(highs, cell, axis, 2) - along(lows, cell, axis, 0)) / 2);
  const middle = [0, 1, 2].map((axis) => along(lows, cell, axis, -1) + half[axis]);
  const [hX, hY, hZ] = half;
  // At each corner: the signs, the value, and the slopes times half the widths.
  const nodes = new Float64Array(corners * NODE);
  for (let corner = 0; corner < corners; corner++) {
    const entry = firsts[cell] + corner;
    nodes[corner * NODE + 3] = field.values[entry];
    for (let axis = 0; axis < 3; axis++) {
      nodes[corner * NODE + axis] = (corner >> axis) & 1 ? 1 : -1;
      nodes[corner * NODE + 4 + axis] = half[axis] * along(field.gradients, entry, axis, 0);
    }
  }
  return (points, place, values, into, gradients, offset) => {
    const x = (along(points, place, 0, 0) - middle[0]) / hX;
    const y = (along(points, place, 1, 0) - middle[1]) / hY;
    const z = (along(points, place, 2, 0) - middle[2]) / hZ;
    const bend = 2 - x * x - y * y - z * z;
    const [slopeX, slopeY, slopeZ] = [x * x - 1, y * y - 1, z * z - 1];
    let value = 0;
    let [gradientX, gradientY, gradientZ] = [0, 0, 0];
    for (let node = 0; node < nodes.length; node += NODE) {
      const [sX, sY, sZ] = [nodes[node], nodes[node + 1], nodes[node + 2]];
      const [u, v, w] = [sX * x, sY * y, sZ * z];
      const [pU, pV, pW] = [1 + u, 1 + v, 1 + w];
      const lean = bend + u + v + w;
      const f = nodes[node + 3];
      const alongX = sX * nodes[node + 4];
      const alongY = sY * nodes[node + 5];
      const alongZ = sZ * nodes[node + 6];
      const whole = lean * f + alongX * slopeX + alongY * slopeY + alongZ * slopeZ;
      value += pU * pV * pW * whole;
      if (!gradients) continue;
      // The product rule; signs squared are 1.
      gradientX += sX * pV * pW * (whole + pU * ((1 - 2 * u) * f + 2 * u * alongX));
      gradientY += sY * pU * pW * (whole + pV * ((1 - 2 * v) * f + 2 * v * alongY));
      gradientZ += sZ * pU * pV * (whole + pW * ((1 - 2 * w) * f + 2 * w * alongZ));
    }
    values[into] = scale * value;
    if (!gradients) return;
    gradients[offset] = (scale * gradientX) / hX;
    if (dimension > 1) gradients[offset + 1] = (scale * gradientY) / hY;
    if (dimension > 2) gradients[offset + 2] = (scale * gradientZ) / hZ;
  };
}

/** Numbers of a corner. */
const NODE = 7;
