import { add, type DoubleDouble, DoubleDoubles, from, multiply, subtract, toNumber, ZERO } from './doubleDouble.js';

/** Points with weights, all of them above 0. */
export interface Cloud {
  readonly points: ArrayLike<number>;
  readonly weights: DoubleDoubles;
  readonly dimension: number;
}

export const countOf = ({ weights }: Cloud): number => weights.length;

export function massOf({ weights }: Cloud): DoubleDouble {
  let mass = ZERO;
  for (let index = 0; index < weights.length; index++) mass = add(mass, weights.get(index));
  return mass;
}

/** x_i - y_j along one axis. */
export const difference = (x: Cloud, i: number, y: Cloud, j: number, axis: number): DoubleDouble =>
  subtract(from(x.points[i * x.dimension + axis]), from(y.points[j * y.dimension + axis]));

/** |x_i - y_j|^2. */
export function squaredDistance(x: Cloud, i: number, y: Cloud, j: number): DoubleDouble {
  let sum = ZERO;
  for (let axis = 0; axis < x.dimension; axis++) {
    const along = difference(x, i, y, j, axis);
    sum = add(sum, multiply(along, along));
  }
  return sum;
}

/** The cloud without its points of weight 0, and which ones are left. */
export function withoutZeros(points: ArrayLike<number>, weights: ArrayLike<number>, dimension: number) {
  const kept = Array.from({ length: weights.length }, (_, index) => index).filter((index) => weights[index] > 0);
  const coordinates = kept.flatMap((index) =>
    Array.from({ length: dimension }, (_, axis) => points[index * dimension + axis]),
  );
  const cloud: Cloud = {
    points: coordinates,
    weights: DoubleDoubles.from(kept.map((index) => weights[index])),
    dimension,
  };
  return { cloud, kept };
}

/** The same cloud with another mass. */
export function withMass(cloud: Cloud, mass: DoubleDouble): Cloud {
  const own = massOf(cloud);
  // Of numbers that agree to rounding, the quotient is 1 and the rest is what counts.
  const change = subtract(mass, own);
  const weights = new DoubleDoubles(cloud.weights.length);
  const share = from(toNumber(change) / toNumber(own));
  for (let index = 0; index < weights.length; index++) {
    const weight = cloud.weights.get(index);
    weights.set(index, add(weight, multiply(weight, share)));
  }
  return { ...cloud, weights };
}
