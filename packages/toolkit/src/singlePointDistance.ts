import { energyKernel, gaussianKernel, laplacianKernel, type MeasurePair } from '@sinkhorn/core';
import type { Loss, StopSignal } from '@sinkhorn/losses';

/** What a value of a loss is as a length: how far apart two single points are that have this value. */
export type AsLength = (value: number) => number;

/** How far the values of two single points may be from a power of their distance, relative. */
const POWER_TOLERANCE = 1e-4;

/**
 * Makes a function from values of a loss to lengths in units of the coordinates: the distance of two single points, with the masses of
 * both clouds, whose loss is that value. For the cost |x - y|^2 / 2 it is sqrt(2 S), the 2-Wasserstein distance as blur goes to 0.
 *
 * Undefined where two single points do not tell: for a kernel or a cost of one's own, and for transport that leaves mass out. That is
 * seen from their values at two distances and in two directions, which have to be a multiple of the distance or of its square.
 */
export async function singlePointDistance(
  loss: Loss,
  { x, y }: MeasurePair,
  signal?: StopSignal,
): Promise<AsLength | undefined> {
  const { kernelNorm } = loss;
  const mass = kernelNorm?.normalize ? 1 : x.masses[0];
  if (kernelNorm) {
    const { kernel, blur = 1 } = kernelNorm;
    // Half the squared norm of m (delta_x - delta_y) is m^2 (k(0) - k(|x - y|)).
    const drop = (value: number) => Math.max(0, value / mass ** 2);
    if (kernel === energyKernel) return drop;
    if (kernel === gaussianKernel) return (value) => blur * Math.sqrt(-2 * Math.log(1 - Math.min(1, drop(value))));
    if (kernel === laplacianKernel) return (value) => -blur * Math.log(1 - Math.min(1, drop(value)));
    return undefined;
  }
  const length = extentOf({ x, y });
  const { dimension } = x;
  const diagonal = Math.sqrt(1 / dimension);
  const at = (distance: number, direction: (d: number) => number) => {
    const single = (points: readonly number[], weight: number) => ({ points, dimension, weights: [weight] });
    const zeros = new Array<number>(dimension).fill(0);
    return loss.value(
      single(
        zeros.map((_, d) => distance * direction(d)),
        x.masses[0],
      ),
      single(zeros, y.masses[0]),
      { signal },
    );
  };
  const along = (d: number) => (d === 0 ? 1 : 0);
  const [once, twice, across] = [
    await at(length, along),
    await at(2 * length, along),
    await at(length, () => diagonal),
  ];
  const power = Math.round(Math.log2(twice / once));
  const isPower = (power === 1 || power === 2) && near(twice, once * 2 ** power) && near(across, once);
  return isPower ? (value) => length * (Math.max(0, value) / once) ** (1 / power) : undefined;
}

const near = (a: number, b: number) => Math.abs(a - b) <= POWER_TOLERANCE * Math.abs(b);

/** The longest side of the box around both clouds, or 1 where all points coincide. */
function extentOf({ x, y }: MeasurePair): number {
  const { dimension } = x;
  let extent = 0;
  for (let d = 0; d < dimension; d++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { points } of [x, y]) {
      for (let k = d; k < points.length; k += dimension) {
        low = Math.min(low, points[k]);
        high = Math.max(high, points[k]);
      }
    }
    extent = Math.max(extent, high - low);
  }
  return extent > 0 ? extent : 1;
}
