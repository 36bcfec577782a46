import { latticeConvolution, paddedShape } from '../../kernelSum/fourier/latticeConvolution.js';
import type { KernelKind } from '../../kernelSum/kernelDecay.js';
import { RADIAL_KERNELS } from '../../kernelSum/radialKernel.js';
import { type CheckedGrid, isGrid } from '../../measure/grid.js';
import type { HostGradient } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkPair, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import type { MmdResult } from './mmd.js';

/** A lattice that holds the nodes of two grids, and where each of them begins on it. */
interface Lattice {
  readonly shape: readonly number[];
  readonly spacing: readonly number[];
  readonly starts: Readonly<Record<Side, readonly number[]>>;
}

/** How far spacings may differ relative to each other, and nodes be off a lattice, in spacings: rounding of coordinates. */
const ROUNDING = 1e-9;
/** Entries of a padded lattice at most, a number: 24 bytes each. */
const MOST_ENTRIES = 2 ** 25;
/** How many times the nodes of both grids a lattice may hold: where they are far apart it is empty space. */
const MOST_EMPTY = 8;
/** What a transform rounds off for each doubling of its entries, relative to the largest kernel value times the mass: measured, and doubled. */
const ROUNDED = 2 ** -53;

function commonLattice(x: CheckedMeasure, y: CheckedMeasure): Lattice | undefined {
  if (!isGrid(x) || !isGrid(y)) return undefined;
  const { spacing } = x.grid;
  const isAlike = spacing.every(
    (distance, axis) => Math.abs(y.grid.spacing[axis] / distance - 1) * spanOf(x, y, axis) <= ROUNDING,
  );
  const offsets = spacing.map((distance, axis) => (y.grid.origin[axis] - x.grid.origin[axis]) / distance);
  if (!isAlike || offsets.some((offset) => Math.abs(offset - Math.round(offset)) > ROUNDING)) return undefined;
  const starts = {
    x: offsets.map((offset) => Math.max(0, -Math.round(offset))),
    y: offsets.map((offset) => Math.max(0, Math.round(offset))),
  };
  const shape = offsets.map((_, axis) =>
    Math.max(starts.x[axis] + x.grid.shape[axis], starts.y[axis] + y.grid.shape[axis]),
  );
  const entries = (of: readonly number[]) => of.reduce((product, length) => product * length, 1);
  const isTooLarge = entries(paddedShape(shape)) > MOST_ENTRIES || entries(shape) > MOST_EMPTY * (x.count + y.count);
  return isTooLarge ? undefined : { shape, spacing, starts };
}

const spanOf = (x: CheckedGrid, y: CheckedGrid, axis: number) => Math.max(x.grid.shape[axis], y.grid.shape[axis]);

/** Whether two measures are on grids of one lattice that is not too large, so that `solveMmdOnLattice` serves. */
export const isOnLattice = ({ x, y }: MeasurePair): boolean => commonLattice(x, y) !== undefined;

/**
 * `solveMmd` for measures on grids of one lattice, by a Fourier transform on the host in float64: exact to rounding. Gradients are in the
 * masses; nodes do not move.
 */
export function* solveMmdOnLattice(
  pair: MeasurePair,
  { kind, blur }: { readonly kind: KernelKind; readonly blur?: number },
  wrt: readonly Side[] = [],
): Task<MmdResult> {
  checkPair(pair);
  const lattice = commonLattice(pair.x, pair.y);
  if (!lattice) throw new TypeError('the measures are on no common lattice');
  const { shape, spacing } = lattice;
  const radial = RADIAL_KERNELS[kind](blur ?? 1);
  const kernel = (squared: number) => radial(squared)[0];
  const convolution = yield* latticeConvolution(shape, spacing, kernel);
  const { batch } = pair.x;
  const count = shape.reduce((product, length) => product * length, 1);
  const places = { x: placesOf(lattice, pair.x, 'x'), y: placesOf(lattice, pair.y, 'y') };
  const largest = Math.max(
    1 - Number(kind === 'energy'),
    Math.abs(kernel(shape.reduce((sum, length, axis) => sum + ((length - 1) * spacing[axis]) ** 2, 0))),
  );
  const rounding = ROUNDED * convolution.padded.reduce((sum, length) => sum + Math.log2(length), 2) * largest;
  const values = new Float64Array(batch);
  const sizes = new Float64Array(batch);
  const weights = { x: new Float64Array(pair.x.weights.length), y: new Float64Array(pair.y.weights.length) };
  let [roundingError, weightsError] = [0, 0];
  // Two elements of a batch are the real and the imaginary part of one transform.
  for (let element = 0; element < batch; element += 2) {
    const elements = element + 1 < batch ? [element, element + 1] : [element];
    const differences = elements.map((one) => difference(one));
    const potentials = differences.map((values) => values.slice());
    yield* convolution.convolve(potentials[0], potentials[1]);
    for (const [k, one] of elements.entries()) {
      const [mass, potential] = [differences[k], potentials[k]];
      let [value, total, square] = [0, 0, 0];
      for (let node = 0; node < count; node++) {
        value += (mass[node] * potential[node]) / 2;
        total += Math.abs(mass[node]);
      }
      for (const side of ['x', 'y'] as const) {
        const { length } = places[side];
        const own = weights[side].subarray(one * length, (one + 1) * length);
        const sign = side === 'x' ? 1 : -1;
        for (let node = 0; node < length; node++) own[node] = sign * potential[places[side][node]];
      }
      for (const at of potential) square += at * at;
      values[one] = value;
      sizes[one] = (largest * total * (pair.x.masses[one] + pair.y.masses[one])) / 2;
      if (total === 0) continue;
      const error = rounding * total;
      roundingError = Math.max(roundingError, (error * total) / 2 / Math.abs(value));
      if (wrt.length > 0) weightsError = Math.max(weightsError, error * Math.sqrt(count / square));
    }
  }
  const gradients: { [S in Side]?: HostGradient } = {};
  for (const side of wrt) gradients[side] = { points: new Float64Array(), weights: weights[side] };
  return {
    values,
    sizes,
    gradients,
    reductions: 0,
    roundingError: Math.max(roundingError, weightsError),
    weightsError,
  };

  /** The masses of x less those of y at the nodes of the lattice. */
  function difference(element: number): Float64Array {
    const found = new Float64Array(count);
    for (const side of ['x', 'y'] as const) {
      const { count: nodes, weights: all } = pair[side];
      const sign = side === 'x' ? 1 : -1;
      for (let node = 0; node < nodes; node++) found[places[side][node]] += sign * all[element * nodes + node];
    }
    return found;
  }
}

/** Where each node of a grid is on the lattice. */
function placesOf({ shape, starts }: Lattice, measure: CheckedMeasure, side: Side): Uint32Array {
  const own = (measure as CheckedGrid).grid.shape;
  return Uint32Array.from({ length: measure.count }, (_, node) => {
    let place = 0;
    let stride = 1;
    for (let axis = shape.length - 1, left = node; axis >= 0; axis--) {
      place += ((left % own[axis]) + starts[side][axis]) * stride;
      left = Math.floor(left / own[axis]);
      stride *= shape[axis];
    }
    return place;
  });
}
