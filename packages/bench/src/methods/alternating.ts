import type { Method } from './method.js';
import type { Side, Transport } from './transport.js';

/** Both potentials, f at the points of x and g at those of y. */
export type Potentials = Record<Side, Float64Array>;

/** Moves f, and then with the new f also g, towards their softmins, and gives the larger error; 1 is all the way. */
export function sweep(problem: Transport, potentials: Potentials, epsilon: number, relaxation: number): number {
  const errors = (['x', 'y'] as const).map((side) => {
    const before = potentials[side];
    const softmin = problem.softmin(side, potentials[side === 'x' ? 'y' : 'x'], epsilon);
    potentials[side] = before.map((value, i) => value + relaxation * (softmin[i] - value));
    return problem.error(before, softmin);
  });
  return Math.max(...errors);
}

/** One alternating sweep at each temperature but the last. */
export function annealed(problem: Transport): Potentials {
  const { epsilons } = problem;
  const potentials = { x: problem.zeros(), y: problem.zeros() };
  for (const epsilon of epsilons.slice(0, -1)) sweep(problem, potentials, epsilon, 1);
  return potentials;
}

/**
 * Alternating updates (Sinkhorn's), over-relaxed where `relaxation` is above 1 (Thibault, Chizat, Dossal, Papadakis 2021,
 * "Overrelaxed Sinkhorn-Knopp algorithm for regularized optimal transport").
 */
export const alternating = (relaxation: number): Method =>
  function* (problem) {
    const { epsilons } = problem;
    const potentials = annealed(problem);
    while (true) yield sweep(problem, potentials, epsilons[epsilons.length - 1], relaxation);
  };
