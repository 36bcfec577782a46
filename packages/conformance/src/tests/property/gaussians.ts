/** A Gaussian measure on a line. */
export interface Gaussian {
  readonly mass: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * S between two Gaussians of mass 1 for p = 2 (Janati, Muzellec, Peyré, Cuturi 2020, theorem 1, debiased as in their
 * equation 19), in one dimension: their cost is |x - y|^2 and their eps 2 s^2, so that ours is half of theirs.
 */
export function gaussianDivergence(alpha: Gaussian, beta: Gaussian, blur: number): number {
  const square = blur ** 2;
  const root = (one: number, two: number) => Math.sqrt(4 * one * two + square ** 2);
  const cross = root(alpha.variance, beta.variance);
  const ofAlpha = root(alpha.variance, alpha.variance);
  const ofBeta = root(beta.variance, beta.variance);
  const traces = -cross + ofAlpha / 2 + ofBeta / 2;
  const logarithms = Math.log(cross + square) - Math.log(ofAlpha + square) / 2 - Math.log(ofBeta + square) / 2;
  return ((alpha.mean - beta.mean) ** 2 + traces + square * logarithms) / 2;
}

/** Entropic transport between two Gaussians of any masses for p = 2 (the same paper, theorem 3), in one dimension. */
function unbalancedTransport(alpha: Gaussian, beta: Gaussian, blur: number, reach: number): number {
  const square = blur ** 2;
  const gamma = 2 * reach ** 2;
  const tau = gamma / (2 * square + gamma);
  const lambda = square + gamma / 2;
  const shrunk = ({ variance }: Gaussian) => (gamma / 2) * (1 - lambda / (variance + lambda));
  const [a, b] = [shrunk(alpha), shrunk(beta)];
  const correlation = Math.sqrt((a * b) / tau + square ** 2 / 4) - square / 2;
  const variances = alpha.variance * beta.variance;
  const masses = alpha.mass * beta.mass * correlation * Math.sqrt((a * b) ** tau / variances);
  const distance = (alpha.mean - beta.mean) ** 2 / (alpha.variance + beta.variance + lambda);
  const mass =
    (square ** (square / (gamma + square) / 2) * masses ** (1 / (tau + 1)) * Math.exp(-distance / (2 * (tau + 1)))) /
    Math.sqrt(correlation - (2 / gamma) * a * b);
  const total = gamma * (alpha.mass + beta.mass) + 2 * square * alpha.mass * beta.mass - 2 * (square + gamma) * mass;
  return total / 2;
}

/** S between two Gaussians of any masses for p = 2, in one dimension. */
export function unbalancedGaussianDivergence(alpha: Gaussian, beta: Gaussian, blur: number, reach: number): number {
  const transport = (one: Gaussian, two: Gaussian) => unbalancedTransport(one, two, blur, reach);
  const own = (transport(alpha, alpha) + transport(beta, beta)) / 2;
  return transport(alpha, beta) - own + (blur ** 2 / 2) * (alpha.mass - beta.mass) ** 2;
}
