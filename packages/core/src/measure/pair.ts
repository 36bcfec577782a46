import { InvalidMeasureError } from '../errors.js';
import { type CheckedMeasure, type CheckedWeights, LARGEST_LENGTH, RESCALE } from './measure.js';

/** Two checked measures of one dimension and one batch size. */
export interface MeasurePair {
  readonly x: CheckedMeasure;
  readonly y: CheckedMeasure;
}

/** The weights of two checked measures. */
export interface WeightsPair {
  readonly x: CheckedWeights;
  readonly y: CheckedWeights;
}

/**
 * How unequal two masses may be, relative, and still count as equal: the rounding of sums of float32 weights. Raising it lets masses
 * through that have no balanced plan. Chosen, not measured.
 */
export const MASS_TOLERANCE = 1e-5;

/**
 * Checks that two measures go together.
 *
 * @throws InvalidMeasureError when dimensions or batches differ, or when points that do not coincide are all so near that squares of their distances
 * vanish.
 */
export function checkPair({ x, y }: MeasurePair): void {
  if (x.dimension !== y.dimension) {
    throw new InvalidMeasureError(
      `${x.name} has dimension ${x.dimension} and ${y.name} has dimension ${y.dimension}: give both the same coordinates`,
    );
  }
  const [here, there] = [x, y].map(({ batched, batch }) => (batched ? `a batch of ${batch}` : 'no batch'));
  if (here !== there) {
    throw new InvalidMeasureError(`${x.name} is ${here} and ${y.name} is ${there}: give both the same batch size`);
  }
  const from = x.spanning ?? x.points;
  let apart = 0;
  // Most clouds have two points at a distance among the first, and no more is looked at.
  const isSeen = [x, y].some((measure) =>
    (measure.spanning ?? measure.points).some((coordinate, index) => {
      apart = Math.max(apart, Math.abs(coordinate - from[index % x.dimension]));
      return apart * LARGEST_LENGTH > 1;
    }),
  );
  if (apart > 0 && !isSeen) {
    throw new InvalidMeasureError(`${x.name} and ${y.name} lie within ${apart}: ${RESCALE}`);
  }
}

/** Checks that masses agree, as balanced transport needs. @throws InvalidMeasureError naming the remedy. */
export function checkEqualMasses(
  { x, y }: WeightsPair,
  remedy = 'set normalize: true to compare shares, or reach to let mass be created and destroyed',
): void {
  x.masses.forEach((mass, element) => {
    const other = y.masses[element];
    if (Math.abs(mass - other) <= MASS_TOLERANCE * Math.max(mass, other)) return;
    throw new InvalidMeasureError(
      `${x.name} has mass ${toldMass(mass)} and ${y.name} has mass ${toldMass(other)}${x.batched ? ` in element ${element}` : ''}: ${remedy}`,
    );
  });
}

/**
 * An order of measures by their content, so that what is computed for (x, y) and for (y, x) can take the same steps:
 * negative, positive, or 0 when they are the same, bit by bit.
 */
export function compareContent(x: CheckedMeasure, y: CheckedMeasure): number {
  if (x.count !== y.count) return x.count - y.count;
  return compareNumbers(x.spanning ?? x.points, y.spanning ?? y.points) || compareNumbers(x.weights, y.weights);
}

function compareNumbers(left: ArrayLike<number>, right: ArrayLike<number>): number {
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return left[index] < right[index] ? -1 : 1;
  }
  return 0;
}

/** A mass for a message: without the last digits, which sums round. */
export const toldMass = (mass: number): number => Number(mass.toPrecision(12));
