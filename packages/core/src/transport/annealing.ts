/**
 * The temperatures of GeomLoss's annealing: diameter^p, then diameter^p scaling^(p k) while above blur^p, then blur^p.
 *
 * A diameter of 0 gives blur^p alone.
 *
 * @example
 * ```ts
 * import { annealing } from '@sinkhorn/core';
 *
 * const epsilons = annealing({ diameter: 1, blur: 0.25, scaling: 0.5, p: 1 });
 * if (epsilons.join() !== '1,1,0.5,0.25') throw new Error('unexpected');
 * ```
 */
export function annealing({
  diameter,
  blur,
  scaling,
  p,
}: {
  diameter: number;
  blur: number;
  scaling: number;
  p: number;
}): number[] {
  if (diameter === 0) return [blur ** p];
  const start = p * Math.log(diameter);
  const step = p * Math.log(scaling);
  const steps = Math.max(0, Math.ceil((p * Math.log(blur) - start) / step));
  const epsilons = Array.from({ length: steps }, (_, k) => Math.exp(start + k * step));
  return [diameter ** p, ...epsilons, blur ** p];
}
