import exactOt from '../../reference/exact_ot.json' with { type: 'json' };
import hausdorff from '../../reference/hausdorff.json' with { type: 'json' };
import kernels from '../../reference/kernels.json' with { type: 'json' };
import batches from '../../reference/sinkhorn_batch.json' with { type: 'json' };
import p1Balanced from '../../reference/sinkhorn_p1_balanced.json' with { type: 'json' };
import p1Unbalanced from '../../reference/sinkhorn_p1_unbalanced.json' with { type: 'json' };
import p2Balanced from '../../reference/sinkhorn_p2_balanced.json' with { type: 'json' };
import p2Unbalanced from '../../reference/sinkhorn_p2_unbalanced.json' with { type: 'json' };
import special from '../../reference/sinkhorn_special.json' with { type: 'json' };
import type { Cloud } from '../../support/clouds.js';
import type { Problem } from '../../support/problem.js';

type Numbers = readonly number[];
type Matrix = readonly Numbers[];

/** Two clouds and the options of a loss; a batch has one more axis. */
export interface Case<Points = Matrix, Weights = Numbers> {
  readonly id: string;
  readonly p: 1 | 2;
  readonly blur: number;
  readonly reach: number | null;
  readonly diameter?: number;
  readonly x: Points;
  readonly y: Points;
  readonly a: Weights;
  readonly b: Weights;
}

/** The mathematical solution of a Sinkhorn problem. */
export interface Converged {
  readonly OT_ab: number;
  readonly S: number;
  readonly f_ab: Numbers;
  readonly g_ab: Numbers;
  readonly f_aa: Numbers;
  readonly g_bb: Numbers;
  readonly OT_grad_x: Matrix;
  readonly OT_grad_y: Matrix;
  readonly S_grad_x: Matrix;
  readonly S_grad_y: Matrix;
  readonly OT_grad_a: Numbers;
  readonly S_grad_a: Numbers;
  readonly S_grad_b: Numbers;
  /** Squared second singular value of the plan: how near to 1 says how badly potentials are determined. */
  readonly contraction_rate: number;
}

/** What GeomLoss 0.3.1 gives along its schedule; gradients in y for some of the settings only. */
export interface Schedule<Value = number, Points = Matrix, Weights = Numbers> {
  readonly scaling: number;
  readonly debias: boolean;
  /** Why there is nothing else. */
  readonly failed?: string;
  readonly value: Value;
  readonly F: Matrix;
  readonly G: Matrix;
  readonly grad_x: Points;
  readonly grad_a: Weights;
  readonly grad_y?: Points;
  readonly grad_b?: Weights;
}

export interface SinkhornCase extends Case {
  readonly converged: Converged;
  /** For p = 2. */
  readonly geomloss?: readonly Schedule[];
}

export interface BatchCase extends Case<readonly Matrix[], Matrix> {
  readonly converged: readonly Converged[];
  readonly geomloss?: readonly Schedule<Numbers, readonly Matrix[], Matrix>[];
}

/** A value with its gradients. */
export interface Solution {
  readonly value: number;
  readonly grad_x: Matrix;
  readonly grad_y: Matrix;
  readonly grad_a: Numbers;
  readonly grad_b: Numbers;
}

export interface KernelCase extends Omit<Case, 'p' | 'reach'> {
  readonly loss: 'gaussian' | 'laplacian' | 'energy';
  readonly exact: Solution;
}

export interface HausdorffCase extends Case {
  readonly converged: Solution;
}

export interface ExactCase extends Omit<Case, 'blur' | 'reach'> {
  readonly OT0: number;
  readonly converged_sinkhorn_divergence: readonly { readonly blur: number; readonly S: number }[];
}

/** The reference values; the README next to the data says how each was computed. */
export const cases = {
  'p1-balanced': p1Balanced as readonly SinkhornCase[],
  'p1-unbalanced': p1Unbalanced as readonly SinkhornCase[],
  'p2-balanced': p2Balanced as readonly SinkhornCase[],
  'p2-unbalanced': p2Unbalanced as readonly SinkhornCase[],
  special: special as readonly SinkhornCase[],
};
export const batchCases = batches as readonly BatchCase[];
export const kernelCases = kernels as readonly KernelCase[];
export const hausdorffCases = hausdorff as readonly HausdorffCase[];
export const exactCases = exactOt as readonly ExactCase[];

/** Points and weights of a case as a cloud. */
export const cloudFrom = (points: Matrix, weights: Numbers): Cloud => ({
  data: Float64Array.from(points.flat()),
  shape: [points.length, points[0].length],
  weights: Float64Array.from(weights),
});

/** The problem that a case states. */
export const problemOf = ({ p, blur, reach, diameter }: Omit<Case, 'x' | 'y' | 'a' | 'b'>): Problem => ({
  p,
  blur,
  reach: reach ?? Number.POSITIVE_INFINITY,
  diameter,
});

/** A list of numbers without its average over weights, which balanced potentials have at will. */
export function centred(values: ArrayLike<number>, weights: ArrayLike<number>): number[] {
  const list = Array.from(values);
  const mass = Array.from(weights).reduce((sum, weight) => sum + weight, 0);
  const mean = list.reduce((sum, value, index) => sum + weights[index] * value, 0) / mass;
  return list.map((value) => value - mean);
}
