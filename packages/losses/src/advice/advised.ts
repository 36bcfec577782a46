import type { Task } from '@sinkhorn/core';
import type { SinkhornSolved } from '../solvedSinkhorn.js';
import { blursNothing } from './blursNothing.js';

/** A solve whose diagnostics say what serves better, where there is something to say. */
export function* advised(solved: SinkhornSolved): Task<SinkhornSolved> {
  const advice = yield* adviceFor(solved);
  if (advice === undefined) return solved;
  return Object.defineProperty({ ...solved }, 'diagnostics', {
    enumerable: true,
    get: () => ({ ...solved.diagnostics, advice }),
  });
}

function* adviceFor(solved: SinkhornSolved): Task<string | undefined> {
  const { pair, problem, diagnostics } = solved;
  const { p, homogeneous, reach } = problem;
  if (!homogeneous || Math.min(reach.x, reach.y) < Number.POSITIVE_INFINITY) return undefined;
  if (pair.x.dimension === 1) {
    if (diagnostics.accurate && diagnostics.converged) return undefined;
    return `on the line transport is exact without a blur: use transportOnLine({ p: ${p} }), or a larger blur`;
  }
  if (!(yield* blursNothing(solved))) return undefined;
  return 'the blur is so small that no point has a neighbour within it, so that samples of one distribution cost about as much as samples of two: use a larger one, such as blur: { median: 1 }';
}
