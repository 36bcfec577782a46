import { type Cells, finestCells } from './cells.js';
import type { Entries } from './coreset.js';
import type { SortedCloud } from './sortedCloud.js';
import type { Field } from './transfer.js';

/**
 * Where softmins are evaluated so as to know them at all points of a cloud: at the points themselves, or, in cells with
 * more points than that takes, at the corners of the points' bounding box.
 */
export interface Targets extends Entries {
  readonly cells: Cells;
  /** [C + 1]: cell k has the entries firsts[k] up to firsts[k + 1]. */
  readonly firsts: Uint32Array;
  /** [C, D] each: a box around a cell's points, for cells that are known from its corners. */
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** [C]: 1 for a cell known from its corners. */
  readonly boxed: Uint8Array;
}

/** Corners are taken where there are more points than this many times as many. */
const POINTS_PER_CORNER = 1.25;
/** Boxes are at least this thick, against a cell: softmins are smooth beside a surface as well as on it. */
const LEAST_EXTENT = 0.2;

/** The targets of a cloud whose finest cells are small against the temperature's length scale; or all its points. */
export function makeTargets(cloud: SortedCloud, allPoints: boolean): Targets {
  const { dimension, points, weights } = cloud;
  const cells = finestCells(cloud, 0);
  const corners = 2 ** dimension;
  const firsts = new Uint32Array(cells.count + 1);
  const boxed = new Uint8Array(cells.count);
  const lows = new Float64Array(cells.count * dimension).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(cells.count * dimension).fill(Number.NEGATIVE_INFINITY);
  for (let cell = 0; cell < cells.count; cell++) {
    const size = cells.starts[cell + 1] - cells.starts[cell];
    boxed[cell] = !allPoints && size > POINTS_PER_CORNER * corners ? 1 : 0;
    firsts[cell + 1] = firsts[cell] + (boxed[cell] ? corners : size);
  }
  const count = firsts[cells.count];
  const entries = {
    count,
    points: new Float64Array(count * dimension),
    weights: new Float64Array(count),
    places: new Uint32Array(count),
  };
  for (let cell = 0; cell < cells.count; cell++) {
    const [start, end] = [cells.starts[cell], cells.starts[cell + 1]];
    if (!boxed[cell]) {
      for (let place = start; place < end; place++) {
        const entry = firsts[cell] + place - start;
        entries.places[entry] = place;
        entries.weights[entry] = weights[place];
        for (let c = 0; c < dimension; c++) entries.points[entry * dimension + c] = points[place * dimension + c];
      }
      continue;
    }
    for (let place = start; place < end; place++) {
      for (let c = 0; c < dimension; c++) {
        const at = cell * dimension + c;
        const value = points[place * dimension + c];
        if (value < lows[at]) lows[at] = value;
        if (value > highs[at]) highs[at] = value;
      }
    }
    for (let c = 0; c < dimension; c++) {
      const at = cell * dimension + c;
      const missing = LEAST_EXTENT * cloud.width - (highs[at] - lows[at]);
      if (missing <= 0) continue;
      lows[at] -= missing / 2;
      highs[at] += missing / 2;
    }
    for (let corner = 0; corner < corners; corner++) {
      const entry = firsts[cell] + corner;
      entries.places[entry] = start;
      entries.weights[entry] = cells.masses[cell] / corners;
      for (let c = 0; c < dimension; c++) {
        entries.points[entry * dimension + c] = ((corner >> c) & 1 ? highs : lows)[cell * dimension + c];
      }
    }
  }
  return { ...entries, cells, firsts, lows, highs, boxed };
}

/**
 * A field at all points of a cloud, in Morton order, from its values and gradients at the targets. In a box it is the
 * Hermite polynomial of its corners (Adini, Clough, Melosh), exact for cubic functions. With s_c = -1 or 1 at a corner,
 * t_c from -1 to 1 along axis c, u_c = s_c t_c and h_c half the width, a value counts
 * prod_c (1 + u_c) (2 + sum_c (u_c - u_c^2)) / 2^(D + 1), and a slope along c
 * prod_k (1 + u_k) h_c s_c (u_c^2 - 1) / 2^(D + 1). Gradients are those of the polynomial.
 */
export function fieldAtPoints(
  cloud: SortedCloud,
  targets: Targets,
  field: Required<Field>,
  withGradients: boolean,
): Field {
  const { dimension, count } = cloud;
  const values = new Float64Array(count);
  const gradients = withGradients ? new Float64Array(count * dimension) : undefined;
  const { cells, firsts, boxed } = targets;
  for (let cell = 0; cell < cells.count; cell++) {
    const start = cells.starts[cell];
    if (boxed[cell]) {
      interpolate(cloud, targets, field, cell, values, gradients);
      continue;
    }
    const [first, last] = [firsts[cell], firsts[cell + 1]];
    values.set(field.values.subarray(first, last), start);
    gradients?.set(field.gradients.subarray(first * dimension, last * dimension), start * dimension);
  }
  return { values, gradients };
}

/** The field at the points of a cell that is known from its corners. Axes beyond the cloud's are there, with nothing along them. */
function interpolate(
  { dimension, points }: SortedCloud,
  { cells, firsts, lows, highs }: Targets,
  field: Required<Field>,
  cell: number,
  values: Float64Array,
  gradients: Float64Array | undefined,
): void {
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
  for (let place = cells.starts[cell]; place < cells.starts[cell + 1]; place++) {
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
    values[place] = scale * value;
    if (!gradients) continue;
    gradients[place * dimension] = (scale * gradientX) / hX;
    if (dimension > 1) gradients[place * dimension + 1] = (scale * gradientY) / hY;
    if (dimension > 2) gradients[place * dimension + 2] = (scale * gradientZ) / hZ;
  }
}

/** Numbers of a corner. */
const NODE = 7;
