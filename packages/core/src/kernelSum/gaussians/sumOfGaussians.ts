/**
 * Blurs of one Gaussian over the one before it. Raising it makes fewer Gaussians and a worse trapezoidal rule, whose error falls
 * exponentially with 1 / log STEP: 1e-6 at this step.
 */
export const STEP = Math.SQRT2;
/**
 * Gaussians of less weight, relative to the kernel at 0, are left out of the Laplacian kernel's. Raising it saves wide Gaussians, which
 * are cheap, and leaves out as much: below the rule's own error.
 */
const LEAST_WEIGHT = 1e-7;
/**
 * In extents of the clouds, how wide the energy kernel's Gaussians become: what lies beyond is its share of slopes. Raising it adds
 * Gaussians on lattices of few points.
 */
const MOST_EXTENTS = 1e6;
/** The trapezoidal rule's weight of a Gaussian, over its blur: sqrt(2 / pi) times the step in log s. */
const WEIGHT = Math.sqrt(2 / Math.PI) * Math.log(STEP);

/** One of the Gaussians whose sum is nearly a kernel: its blur, in blurs of the kernel, and its weight. */
export interface GaussianTerm {
  readonly blur: number;
  readonly weight: number;
}

/** A kernel as a sum of Gaussians less an offset, and a near-field correction that falls off within a few blurs of the first Gaussian. */
export interface SumOfGaussians {
  /** In order, each STEP times as wide as the one before it. */
  readonly terms: readonly GaussianTerm[];
  readonly offset: number;
  /** What is left out is told in this: the kernel at 0, or where that is 0 the correction there. */
  readonly unit: number;
}

/**
 * The Gaussians from a blur on for the Laplacian kernel: exp(-t) = sqrt(2 / pi) times the integral over all blurs s of exp(-s^2 / 2)
 * exp(-t^2 / 2 s^2) (Andrews and Mallows 1974), by the trapezoidal rule in log s, which is off by 1e-6 at this step.
 */
export function laplacianGaussians(first: number): SumOfGaussians {
  const terms: GaussianTerm[] = [];
  for (let blur = first; ; blur *= STEP) {
    const weight = WEIGHT * blur * Math.exp((-blur * blur) / 2);
    if (blur > 1 && weight < LEAST_WEIGHT) return { terms, offset: 0, unit: 1 };
    terms.push({ blur, weight });
  }
}

/**
 * The same for the energy kernel in a box of some extent: t = sqrt(2 / pi) times the integral over all blurs s of 1 - exp(-t^2 / 2 s^2),
 * which is that formula's limit for short distances.
 */
export function energyGaussians(first: number, extent: number): SumOfGaussians {
  const terms: GaussianTerm[] = [];
  const unit = (WEIGHT * first) / (STEP - 1);
  let offset = unit;
  for (let blur = first; blur <= MOST_EXTENTS * extent; blur *= STEP) {
    terms.push({ blur, weight: WEIGHT * blur });
    offset += WEIGHT * blur;
  }
  return { terms, offset, unit };
}

/** What a sum of Gaussians has at a distance, in blurs, less its offset. */
export const sumOfGaussiansAt = ({ terms, offset }: SumOfGaussians, distance: number): number =>
  terms.reduce((sum, { blur, weight }) => sum + weight * Math.exp(-((distance / blur) ** 2) / 2), -offset);
