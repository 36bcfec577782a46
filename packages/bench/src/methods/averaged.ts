import type { Method } from './method.js';

/** GeomLoss's loop, gone on at the last temperature: both potentials at once, each halfway to its softmin. */
export const averaged: Method = function* (problem) {
  const { epsilons } = problem;
  const last = epsilons[epsilons.length - 1];
  let f = problem.softmin('x', problem.zeros(), epsilons[0]);
  let g = problem.softmin('y', problem.zeros(), epsilons[0]);
  const step = (epsilon: number) => {
    const nextF = problem.softmin('x', g, epsilon);
    const nextG = problem.softmin('y', f, epsilon);
    const error = Math.max(problem.error(f, nextF), problem.error(g, nextG));
    f = f.map((value, i) => (value + nextF[i]) / 2);
    g = g.map((value, i) => (value + nextG[i]) / 2);
    return error;
  };
  for (const epsilon of epsilons.slice(0, -1)) step(epsilon);
  while (true) yield step(last);
};
