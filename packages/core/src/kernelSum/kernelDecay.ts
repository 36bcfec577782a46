/** The kernels whose sums can be taken over nodes of a tree. */
export type KernelKind = 'energy' | 'gaussian' | 'laplacian';

/**
 * How a kernel and its derivatives fall off with distance, in units of the blur (for the energy kernel of any length):
 * none of them ever increases.
 */
export interface KernelDecay {
  /** The largest |k| from a distance on; Infinity for a kernel that does not fall off. */
  value(distance: number): number;
  /** The largest slope from a distance on. */
  slope(distance: number): number;
  /** The largest fourth derivative from a distance on, about: six times what a third moment changes in a gradient. */
  fourth(distance: number): number;
  /** The length over which the kernel changes at a distance. */
  scale(distance: number): number;
}

/** The fourth derivative of exp(-s^2 / 2) is (s^4 - 6 s^2 + 3) exp(-s^2 / 2), and this where it has extrema beyond 0. */
const gaussianFourth = (s: number) => (s ** 4 - 6 * s * s + 3) * Math.exp((-s * s) / 2);
const EXTREMA = [Math.sqrt(5 - Math.sqrt(10)), Math.sqrt(5 + Math.sqrt(10))].map((s) => ({
  s,
  value: Math.abs(gaussianFourth(s)),
}));

export const KERNEL_DECAYS: Readonly<Record<KernelKind, KernelDecay>> = {
  energy: {
    value: () => Number.POSITIVE_INFINITY,
    slope: () => 1,
    fourth: (s) => 3 * s ** -3,
    scale: (s) => s,
  },
  gaussian: {
    value: (s) => Math.exp((-s * s) / 2),
    slope: (s) => Math.max(s, 1) * Math.exp(-(Math.max(s, 1) ** 2) / 2),
    fourth: (s) => EXTREMA.reduce((most, at) => Math.max(most, s < at.s ? at.value : 0), Math.abs(gaussianFourth(s))),
    scale: () => 1,
  },
  laplacian: {
    value: (s) => Math.exp(-s),
    slope: (s) => Math.exp(-s),
    fourth: (s) => 3 * Math.exp(-s) * (1 + 1 / s) ** 3,
    scale: (s) => s / (1 + s),
  },
};
