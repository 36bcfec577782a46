import type { EvaluationNodes } from './evaluationNodes.js';
import type { Field } from './field.js';

/**
 * Evaluates a field at some points of a boxed cell, those from `from` up to `to`: values go into an array from `into` on, gradients to the
 * same places of another one, if there is one.
 */
export type BoxInterpolation = (
  cell: number,
  points: Float64Array,
  from: number,
  to: number,
  values: Float64Array,
  into: number,
  gradients?: Float64Array,
) => void;

/** Of each of the eight products of coordinates: what it counts by itself, and times the square of each coordinate. */
const COEFFICIENTS = 8 * 4;

/**
 * A field in cells that are known from the corners of a box: the Hermite polynomial of its values and gradients there
 * (Adini, Clough, Melosh), exact for cubic functions. With s_c = -1 or 1 at a corner, t_c from -1 to 1 along axis c,
 * u_c = s_c t_c and h_c half the width, a value counts prod_c (1 + u_c) (2 + sum_c (u_c - u_c^2)) / 2^(D + 1), and a
 * slope along c counts prod_k (1 + u_k) h_c s_c (u_c^2 - 1) / 2^(D + 1). Gradients are those of the polynomial.
 *
 * Its coefficients are put together once a cell. Three axes are written out; those beyond the cloud's have nothing along them.
 */
export function boxInterpolation(
  { boxes, corners, middles, half }: EvaluationNodes,
  dimension: number,
  field: Required<Field>,
): BoxInterpolation {
  const k = new Float64Array(COEFFICIENTS);
  const middle = new Float64Array(3);
  let known = -1;
  return (cell, points, from, to, values, into, gradients) => {
    if (cell !== known) {
      known = cell;
      const box = boxes[cell];
      for (let c = 0; c < dimension; c++) middle[c] = middles[box * dimension + c];
      prepare(k, dimension, half, corners, box << dimension, field.values, field.gradients);
    }
    if (gradients) evaluateBoth(k, middle, half, dimension, points, from, to, values, gradients, into);
    else evaluate(k, middle, half, dimension, points, from, to, values, into);
  };
}

/** The coefficients of the polynomial whose corners begin at a place of a list. */
function prepare(
  k: Float64Array,
  dimension: number,
  half: number,
  corners: Uint32Array,
  first: number,
  values: Float64Array,
  gradients: Float64Array,
): void {
  const inPlane = dimension > 1;
  const inSpace = dimension > 2;
  const nodes = 2 ** dimension;
  const scale = 2 ** -(dimension + 1);
  k.fill(0);
  for (let corner = 0; corner < nodes; corner++) {
    const entry = corners[first + corner];
    const at = entry * dimension;
    // Signs of axes that are not there are 0, so that no product has their coordinate.
    const sX = corner & 1 ? 1 : -1;
    const sY = inPlane ? (corner & 2 ? 1 : -1) : 0;
    const sZ = inSpace ? (corner & 4 ? 1 : -1) : 0;
    const f = scale * values[entry];
    const alongX = scale * sX * half * gradients[at];
    const alongY = inPlane ? scale * sY * half * gradients[at + 1] : 0;
    const alongZ = inSpace ? scale * sZ * half * gradients[at + 2] : 0;
    const itself = 2 * f - alongX - alongY - alongZ;
    for (let product = 0; product < 8; product++) {
      const sign = (product & 1 ? sX : 1) * (product & 2 ? sY : 1) * (product & 4 ? sZ : 1);
      const at = 4 * product;
      k[at] += sign * itself;
      k[at + 1] += sign * (alongX - f);
      k[at + 2] += sign * (alongY - f);
      k[at + 3] += sign * (alongZ - f);
      // The product times u_c: another product, or the square of a coordinate that was in it.
      const lean = f * sign;
      k[product & 1 ? 4 * (product & 6) + 1 : 4 * (product | 1)] += lean * sX;
      k[product & 2 ? 4 * (product & 5) + 2 : 4 * (product | 2)] += lean * sY;
      k[product & 4 ? 4 * (product & 3) + 3 : 4 * (product | 4)] += lean * sZ;
    }
  }
}

// Of functions with arguments alone, written out twice, engines make loops that allocate nothing.
function evaluate(
  k: Float64Array,
  middle: Float64Array,
  half: number,
  dimension: number,
  points: Float64Array,
  from: number,
  to: number,
  values: Float64Array,
  into: number,
): void {
  const inPlane = dimension > 1;
  const inSpace = dimension > 2;
  const inverse = 1 / half;
  for (let place = from; place < to; place++) {
    const at = place * dimension;
    const x = (points[at] - middle[0]) * inverse;
    const y = inPlane ? (points[at + 1] - middle[1]) * inverse : 0;
    const z = inSpace ? (points[at + 2] - middle[2]) * inverse : 0;
    const xx = x * x;
    const yy = y * y;
    const zz = z * z;
    const of1 = k[0] + k[1] * xx + k[2] * yy + k[3] * zz;
    const ofX = k[4] + k[5] * xx + k[6] * yy + k[7] * zz;
    const ofY = k[8] + k[9] * xx + k[10] * yy + k[11] * zz;
    const ofXY = k[12] + k[13] * xx + k[14] * yy + k[15] * zz;
    const ofZ = k[16] + k[17] * xx + k[18] * yy + k[19] * zz;
    const ofXZ = k[20] + k[21] * xx + k[22] * yy + k[23] * zz;
    const ofYZ = k[24] + k[25] * xx + k[26] * yy + k[27] * zz;
    const ofXYZ = k[28] + k[29] * xx + k[30] * yy + k[31] * zz;
    const alongX = ofX + y * ofXY + z * (ofXZ + y * ofXYZ);
    values[into + place - from] = of1 + y * ofY + z * (ofZ + y * ofYZ) + x * alongX;
  }
}

function evaluateBoth(
  k: Float64Array,
  middle: Float64Array,
  half: number,
  dimension: number,
  points: Float64Array,
  from: number,
  to: number,
  values: Float64Array,
  gradients: Float64Array,
  into: number,
): void {
  const inPlane = dimension > 1;
  const inSpace = dimension > 2;
  const inverse = 1 / half;
  for (let place = from; place < to; place++) {
    const at = place * dimension;
    const x = (points[at] - middle[0]) * inverse;
    const y = inPlane ? (points[at + 1] - middle[1]) * inverse : 0;
    const z = inSpace ? (points[at + 2] - middle[2]) * inverse : 0;
    const xx = x * x;
    const yy = y * y;
    const zz = z * z;
    const of1 = k[0] + k[1] * xx + k[2] * yy + k[3] * zz;
    const ofX = k[4] + k[5] * xx + k[6] * yy + k[7] * zz;
    const ofY = k[8] + k[9] * xx + k[10] * yy + k[11] * zz;
    const ofXY = k[12] + k[13] * xx + k[14] * yy + k[15] * zz;
    const ofZ = k[16] + k[17] * xx + k[18] * yy + k[19] * zz;
    const ofXZ = k[20] + k[21] * xx + k[22] * yy + k[23] * zz;
    const ofYZ = k[24] + k[25] * xx + k[26] * yy + k[27] * zz;
    const ofXYZ = k[28] + k[29] * xx + k[30] * yy + k[31] * zz;
    const alongX = ofX + y * ofXY + z * (ofXZ + y * ofXYZ);
    values[into + place - from] = of1 + y * ofY + z * (ofZ + y * ofYZ) + x * alongX;
    const xy = x * y;
    const xz = x * z;
    const yz = y * z;
    const xyz = xy * z;
    const bendX = k[1] + x * k[5] + y * k[9] + xy * k[13] + z * k[17] + xz * k[21] + yz * k[25] + xyz * k[29];
    const slopes = (into + place - from) * dimension;
    gradients[slopes] = inverse * (alongX + 2 * x * bendX);
    if (!inPlane) continue;
    const bendY = k[2] + x * k[6] + y * k[10] + xy * k[14] + z * k[18] + xz * k[22] + yz * k[26] + xyz * k[30];
    gradients[slopes + 1] = inverse * (ofY + x * ofXY + z * (ofYZ + x * ofXYZ) + 2 * y * bendY);
    if (!inSpace) continue;
    const bendZ = k[3] + x * k[7] + y * k[11] + xy * k[15] + z * k[19] + xz * k[23] + yz * k[27] + xyz * k[31];
    gradients[slopes + 2] = inverse * (ofZ + x * ofXZ + y * (ofYZ + x * ofXYZ) + 2 * z * bendZ);
  }
}
