import { boundingBox } from '../../measure/frame.js';
import type { Field } from '../../spatial/field.js';
import { pause, type Task } from '../../tasks/task.js';
import { emptyField } from '../addFields.js';
import type { MmdProblem, Weighted } from '../problem.js';

/**
 * Points of a lattice along each axis that a point is interpolated from, by polynomials of one degree less. Raising it makes coarser
 * lattices do, at NODES^D operations a point. Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the
 * whole.
 */
const NODES = 6;
/**
 * What is left out of a Gaussian, over what sums of it may be off by. Raising it makes convolutions shorter, and takes that share of the
 * accuracy. Chosen, not measured.
 */
const LEFT_OUT = 0.01;
/** Points of the lattice after which other work may come between: some milliseconds. Raising it makes an abort wait longer. */
const BETWEEN_PAUSES = 65_536;
/** The same of points of clouds, of which each takes NODES^D points of the lattice. */
const POINTS_BETWEEN_PAUSES = 16_384;

/** A lattice of cubes around two clouds, three axes whatever the dimension. */
export interface Lattice {
  readonly spacing: number;
  readonly origin: readonly number[];
  readonly sizes: readonly number[];
}

/** Its number of points. */
export const sizeOf = ({ sizes }: Lattice): number => sizes.reduce((product, along) => product * along);

/** The box around two clouds. */
export interface Bounds {
  /** [D] */
  readonly lows: readonly number[];
  readonly highs: readonly number[];
}

export function* boundsOf({ dimension, clouds }: MmdProblem): Task<Bounds> {
  const { low, high } = yield* boundingBox([clouds.x, clouds.y].map(({ points }) => ({ points, dimension })));
  return { lows: [...low], highs: [...high] };
}

/** The longest side of a box. */
export const extentOf = ({ lows, highs }: Bounds): number => Math.max(...highs.map((high, c) => high - lows[c]));

/** The lattice of a spacing that what is in a box can be interpolated on. */
export function latticeAround({ lows, highs }: Bounds, spacing: number): Lattice {
  const origin = [0, 0, 0];
  const sizes = [1, 1, 1];
  lows.forEach((low, c) => {
    origin[c] = low - (NODES / 2) * spacing;
    sizes[c] = Math.floor((highs[c] - low) / spacing) + NODES + 1;
  });
  return { spacing, origin, sizes };
}

/** The products of j - m over the other nodes m of 0 to NODES - 1, which Lagrange's polynomials are divided by. */
const DENOMINATORS = Array.from({ length: NODES }, (_, j) =>
  Array.from({ length: NODES }, (_, m) => (m === j ? 1 : j - m)).reduce((product, factor) => product * factor),
);

/** Writes Lagrange's polynomials of the nodes 0 to NODES - 1 at t, and their derivatives, from `at` on. */
function writePolynomials(t: number, values: Float64Array, slopes: Float64Array, at: number): void {
  for (let j = 0; j < NODES; j++) {
    let value = 1;
    let slope = 0;
    for (let m = 0; m < NODES; m++) {
      if (m === j) continue;
      slope = slope * (t - m) + value;
      value *= t - m;
    }
    values[at + j] = value / DENOMINATORS[j];
    slopes[at + j] = slope / DENOMINATORS[j];
  }
}

/** Along an axis that is not there one node counts, wholly. */
const flat = () => {
  const values = new Float64Array(3 * NODES);
  for (let axis = 0; axis < 3; axis++) values[axis * NODES] = 1;
  return values;
};

/** Where the polynomials around a point begin on the lattice; writes them. */
function locate(
  { spacing, origin, sizes }: Lattice,
  dimension: number,
  points: Float32Array | Float64Array,
  k: number,
  values: Float64Array,
  slopes: Float64Array,
): number {
  let first = 0;
  for (let axis = dimension - 1; axis >= 0; axis--) {
    const place = (points[k * dimension + axis] - origin[axis]) / spacing;
    const node = Math.floor(place) - (NODES / 2 - 1);
    writePolynomials(place - node, values, slopes, axis * NODES);
    first = first * sizes[axis] + node;
  }
  return first;
}

/** Adds the weights of a cloud, times a sign, to the points of a lattice. */
export function* spread(
  lattice: Lattice,
  dimension: number,
  { points, weights }: Weighted,
  sign: number,
  sums: Float64Array,
): Task<void> {
  const [alongY, alongZ] = [lattice.sizes[0], lattice.sizes[0] * lattice.sizes[1]];
  const [countY, countZ] = [dimension > 1 ? NODES : 1, dimension > 2 ? NODES : 1];
  const values = flat();
  const slopes = new Float64Array(3 * NODES);
  for (let k = 0; k < weights.length; k++) {
    if (k % POINTS_BETWEEN_PAUSES === 0) yield* pause();
    if (weights[k] !== 0) spreadOne(k);
  }

  /** A function of its own: engines make less of loops in generators. */
  function spreadOne(k: number): void {
    const first = locate(lattice, dimension, points, k, values, slopes);
    for (let z = 0; z < countZ; z++) {
      const ofZ = sign * weights[k] * values[2 * NODES + z];
      for (let y = 0; y < countY; y++) {
        const ofY = ofZ * values[NODES + y];
        const from = first + y * alongY + z * alongZ;
        for (let x = 0; x < NODES; x++) sums[from + x] += ofY * values[x];
      }
    }
  }
}

/** The blurs from which on a Gaussian is left out where sums of it may be off by so much. */
export const reachFor = (accuracy: number): number => Math.sqrt(-2 * Math.log(LEFT_OUT * Math.min(1, accuracy)));

/** Puts the sums of a Gaussian kernel over the points of a lattice in their place: along one axis after the other,
 * leaving out what is `reach` blurs away. */
export function* convolve({ spacing, sizes }: Lattice, sums: Float64Array, blur: number, reach: number): Task<void> {
  const most = Math.min(Math.max(...sizes) - 1, Math.ceil((reach * blur) / spacing));
  const kernel = Float64Array.from({ length: most + 1 }, (_, k) => Math.exp(-(((k * spacing) / blur) ** 2) / 2));
  let stride = 1;
  for (const size of sizes) {
    if (size === 1) continue;
    // With room at both ends for what the kernel reaches there.
    const line = new Float64Array(size + 2 * most);
    let passed = 0;
    for (let index = 0; index < sums.length / size; index++) {
      passed += size;
      if (passed >= BETWEEN_PAUSES) {
        yield* pause();
        passed = 0;
      }
      const start = Math.floor(index / stride) * stride * size + (index % stride);
      let [first, last] = [size, -1];
      for (let i = 0; i < size; i++) {
        const value = sums[start + i * stride];
        line[most + i] = value;
        if (value === 0) continue;
        if (first === size) first = i;
        last = i;
      }
      // Around surfaces most lines are empty, and the others are so in most places.
      if (last < 0) continue;
      const end = Math.min(size - 1, last + most);
      for (let i = Math.max(0, first - most); i <= end; i++) {
        sums[start + i * stride] = sumAround(line, most + i, kernel);
      }
    }
    stride *= size;
  }
}

/** What an even kernel gathers around a place. */
function sumAround(line: Float64Array, place: number, kernel: Float64Array): number {
  let sum = kernel[0] * line[place];
  for (let k = 1; k < kernel.length; k++) sum += kernel[k] * (line[place - k] + line[place + k]);
  return sum;
}

/** A field on a lattice at the points of a cloud. */
export function* interpolated(
  lattice: Lattice,
  dimension: number,
  { points, weights }: Weighted,
  sums: Float64Array,
  withGradients: boolean,
): Task<Field> {
  const [alongY, alongZ] = [lattice.sizes[0], lattice.sizes[0] * lattice.sizes[1]];
  const [countY, countZ] = [dimension > 1 ? NODES : 1, dimension > 2 ? NODES : 1];
  const values = flat();
  const slopes = new Float64Array(3 * NODES);
  const field = emptyField(weights.length, withGradients ? dimension : 0);
  for (let k = 0; k < weights.length; k++) {
    if (k % POINTS_BETWEEN_PAUSES === 0) yield* pause();
    interpolateOne(k);
  }
  return withGradients ? field : { values: field.values };

  /** A function of its own: engines make less of loops in generators. */
  function interpolateOne(k: number): void {
    const first = locate(lattice, dimension, points, k, values, slopes);
    let [value, slopeX, slopeY, slopeZ] = [0, 0, 0, 0];
    for (let z = 0; z < countZ; z++) {
      let [valueYX, slopeYX, valueSlope] = [0, 0, 0];
      for (let y = 0; y < countY; y++) {
        const from = first + y * alongY + z * alongZ;
        let [valueX, alongX] = [0, 0];
        for (let x = 0; x < NODES; x++) {
          const sum = sums[from + x];
          valueX += sum * values[x];
          alongX += sum * slopes[x];
        }
        valueYX += values[NODES + y] * valueX;
        slopeYX += values[NODES + y] * alongX;
        valueSlope += slopes[NODES + y] * valueX;
      }
      value += values[2 * NODES + z] * valueYX;
      slopeX += values[2 * NODES + z] * slopeYX;
      slopeY += values[2 * NODES + z] * valueSlope;
      slopeZ += slopes[2 * NODES + z] * valueYX;
    }
    field.values[k] = value;
    if (!withGradients) return;
    field.gradients[k * dimension] = slopeX / lattice.spacing;
    if (dimension > 1) field.gradients[k * dimension + 1] = slopeY / lattice.spacing;
    if (dimension > 2) field.gradients[k * dimension + 2] = slopeZ / lattice.spacing;
  }
}

/** Points of a coarser lattice before the one that the first point of a finer one lies on. */
const PADDING = NODES / 2;
/** Lagrange's polynomials in the middle of the nodes: what a point between two points of a coarser lattice takes of those around. */
const BETWEEN = [3, -25, 150, 150, -25, 3].map((weight) => weight / 256);

/** The lattice of twice the spacing around another one, with the weights of that handed to it. */
export function* coarser(
  { spacing, origin, sizes }: Lattice,
  dimension: number,
  weights: Float64Array,
): Task<{ readonly lattice: Lattice; readonly weights: Float64Array }> {
  const along = (axis: number) => axis < dimension;
  const lattice = {
    spacing: 2 * spacing,
    origin: origin.map((value, axis) => (along(axis) ? value - 2 * PADDING * spacing : value)),
    sizes: sizes.map((size, axis) => (along(axis) ? Math.ceil(size / 2) + 2 * PADDING : size)),
  };
  const between = [...sizes];
  let handed = weights;
  for (let axis = 0; axis < dimension; axis++) {
    const before = [...between];
    between[axis] = lattice.sizes[axis];
    const next = new Float64Array(between.reduce((product, size) => product * size));
    const from = handed;
    yield* overLines(before, between, axis, (fine, coarse, stride) => {
      for (let i = 0; i < before[axis]; i++) {
        const value = from[fine + i * stride];
        if (value === 0) continue;
        const at = coarse + ((i >> 1) + PADDING) * stride;
        if (i % 2 === 0) next[at] += value;
        else for (let j = 0; j < NODES; j++) next[at + (j - PADDING + 1) * stride] += BETWEEN[j] * value;
      }
    });
    handed = next;
  }
  return { lattice, weights: handed };
}

/** Adds what a coarser lattice has, interpolated, to the points of the finer one that it was made of. */
export function* addRefined(
  fine: Lattice,
  coarse: Lattice,
  dimension: number,
  values: Float64Array,
  into: Float64Array,
): Task<void> {
  const between = [...coarse.sizes];
  let refined = values;
  for (let axis = dimension - 1; axis >= 0; axis--) {
    const before = [...between];
    between[axis] = fine.sizes[axis];
    const next = axis === 0 ? into : new Float64Array(between.reduce((product, size) => product * size));
    const given = refined;
    yield* overLines(between, before, axis, (line, from, stride) => {
      for (let i = 0; i < between[axis]; i++) {
        const at = from + ((i >> 1) + PADDING) * stride;
        let value = 0;
        if (i % 2 === 0) value = given[at];
        else for (let j = 0; j < NODES; j++) value += BETWEEN[j] * given[at + (j - PADDING + 1) * stride];
        next[line + i * stride] += value;
      }
    });
    refined = next;
  }
}

/** Visits the lines along an axis of two lattices that differ in their size along it: where each begins, and the stride of both. */
function* overLines(
  sizes: readonly number[],
  others: readonly number[],
  axis: number,
  visit: (start: number, other: number, stride: number) => void,
): Task<void> {
  const stride = sizes.slice(0, axis).reduce((product, size) => product * size, 1);
  const lines = sizes.reduce((product, size) => product * size) / sizes[axis];
  const linesBetweenPauses = Math.ceil(BETWEEN_PAUSES / sizes[axis]);
  for (let line = 0; line < lines; line++) {
    if (line % linesBetweenPauses === 0) yield* pause();
    const outer = Math.floor(line / stride) * stride;
    visit(outer * sizes[axis] + (line % stride), outer * others[axis] + (line % stride), stride);
  }
}
