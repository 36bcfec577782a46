import { damping, kullbackLeibler } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { Side } from '../../measure/side.js';
import type { Entries } from '../../spatial/coreset.js';
import type { Field } from '../../spatial/field.js';
import { distanceOf, pointsAt, samplePlaces, sumOf } from '../../spatial/samples.js';
import type { SortedCloud } from '../../spatial/sortedCloud.js';
import type { Task } from '../../tasks/task.js';
import { dualTerms } from '../value.js';
import type { PointField, PointFields } from './lastStep.js';
import { isBalanced, type MultiscaleProblem } from './problem.js';

/** The potentials of a side at some of its points, with their gradients if they are known: of the cross problem, and of its own. */
export interface SampledPotentials {
  readonly cross: Field;
  readonly self?: Field;
}

/** What potentials at samples that split a side's mass evenly make of the value, and of its gradient. */
export interface SampledFields {
  /** f_ba - f_aa, or f_ba alone without debiasing. */
  readonly values: Float64Array;
  /** What a unit of mass brings to the value. */
  readonly terms: Float64Array;
  /** How many points a sample represents, up to a factor. */
  readonly shares: Float64Array;
  /** Whether a constant in the terms means nothing. */
  readonly isBalanced: boolean;
  /**
   * The gradient in each point per unit of its weight, [n, D], times the root of its weight: as samples split the mass, the mean of
   * squares is that of whole gradients over all points, in the measure's own scale.
   */
  readonly gradients?: Float64Array;
}

/** How far two such fields are apart. */
export interface Distances {
  /** The integral of the difference of what they bring to the value. */
  readonly bias: number;
  /** Of the bias, as it is a mean of samples. */
  readonly variance: number;
  /** The root mean square of the difference of their values less its mean. */
  readonly deviation: number;
  /** The root mean square of that of the gradients. */
  readonly gradients: number;
  /** The root mean square of that of the terms, over points whatever their masses: about that of the gradients in the weights. */
  readonly potentials: number;
}

/** Points of a cloud that split its mass evenly. */
export function samplesOf({ points, dimension, weights }: SortedCloud, samples: number): Entries {
  const places = samplePlaces(weights, samples);
  const shares = new Float64Array(samples).fill(1 / samples);
  return { count: samples, points: pointsAt(points, dimension, places), weights: shares, places };
}

/** The potentials at some places, as the last step gave them at all points. */
export function pick({ dimension }: SortedCloud, { cross, self }: PointFields, places: Uint32Array): SampledPotentials {
  const at = ({ values, gradients }: PointField): Field => ({
    values: Float64Array.from(places, (place) => values[place]),
    gradients: gradients && pointsAt(gradients, dimension, places),
  });
  return { cross: at(cross), self: self && at(self) };
}

/**
 * What potentials make of the value and its gradient: point i has the mass a_i exp(-f_i / rho) in each problem, so that what is far away
 * counts for little, and those of the weights' size for much.
 *
 * @param temperature - Of the terms: eps / 2 for the value, as `sinkhornValue` has it.
 * @param mean - The weight that whole gradients are in units of: that of the samples, in the mean, when absent.
 */
export function* sampledFields(
  problem: MultiscaleProblem,
  side: Side,
  { cross, self }: SampledPotentials,
  places: Uint32Array,
  temperature: number,
  mean = meanWeight(problem.clouds[side], places),
): Task<SampledFields> {
  const { clouds, rho, epsilon } = problem;
  const { dimension, weights } = clouds[side];
  const strength = rho[side];
  const potentials = { cross: cross.values, self: self?.values };
  const terms = yield* dualTerms(kullbackLeibler(strength, 'float64'), potentials, temperature);
  const values = cross.values.map((value, k) => value - (self?.values[k] ?? 0));
  const { length } = places;
  const shares = Float64Array.from(places, (place) => (weights[place] > 0 ? 1 / weights[place] : 0));
  const damp = damping(epsilon, strength);
  const slope = (field: Field | undefined, k: number) => {
    if (!field?.gradients) return 0;
    return (Math.exp(-field.values[Math.floor(k / dimension)] / strength) * field.gradients[k]) / damp;
  };
  const gradients =
    cross.gradients &&
    Float64Array.from({ length: length * dimension }, (_, k) => {
      const share = weights[places[Math.floor(k / dimension)]] / mean;
      return Math.sqrt(share) * (slope(cross, k) - slope(self, k));
    });
  return { values, terms, shares, isBalanced: isBalanced(problem), gradients };
}

export const meanWeight = ({ weights }: SortedCloud, places: Uint32Array): number =>
  sumOf(places.length, (k) => weights[places[k]]) / places.length;

/** How far two fields at the same samples are apart. */
export function distancesOf(one: SampledFields, two: SampledFields, mass: number, dimension: number): Distances {
  const { length } = one.values;
  const points = sumOf(length, (k) => one.shares[k]);
  const meanOf = (term: (k: number) => number) => sumOf(length, (k) => one.shares[k] * term(k)) / points;
  const centre = one.isBalanced ? meanOf((k) => one.terms[k] - two.terms[k]) : 0;
  const [mean, spread] = spreadOf(length, (k) => one.terms[k] - two.terms[k]);
  return {
    bias: mass * mean,
    variance: length > 1 ? (mass * mass * spread) / ((length - 1) * length) : 0,
    deviation: Math.sqrt(spreadOf(length, (k) => one.values[k] - two.values[k])[1] / length),
    gradients: one.gradients && two.gradients ? distanceOf(one.gradients, two.gradients, dimension) : 0,
    potentials: Math.sqrt(meanOf((k) => (one.terms[k] - two.terms[k] - centre) ** 2)),
  };
}

/** A mean, and the sum of squares around it. */
function spreadOf(count: number, term: (k: number) => number): [mean: number, spread: number] {
  const mean = sumOf(count, term) / count;
  return [mean, sumOf(count, (k) => (term(k) - mean) ** 2)];
}

/** The root mean square of vectors at samples, [n, D]. */
export const lengthOf = (vectors: ArrayLike<number>, samples: number): number =>
  Math.sqrt(sumOf(vectors.length, (k) => vectors[k] ** 2) / samples);
