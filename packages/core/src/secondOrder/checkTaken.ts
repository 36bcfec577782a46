import { UnsupportedError } from '../errors.js';
import type { Side } from '../measure/side.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import type { PlanSource } from '../transport/plan.js';
import { isForHost } from '../transport/planPrecision.js';

/**
 * The logarithm of the least share of a point's mass that there are digits for. Gradients divide by it, and their squares are to be numbers.
 * Raising it takes what overflows for numbers.
 */
const MOST = { float32: 60, float64: 340 };

/** The point of which an unbalanced plan takes least, exp(-f / rho), with f / rho. */
function leastTaken({ potentials, options: { reach, p } }: PlanSource) {
  let least: { readonly side: Side; readonly index: number; readonly exponent: number } | undefined;
  for (const side of ['x', 'y'] as const) {
    const rho = reach[side] ** p;
    for (const [index, f] of potentialsOf(potentials, side).cross.entries()) {
      if (f / rho > (least?.exponent ?? 0)) least = { side, index, exponent: f / rho };
    }
  }
  return least;
}

/** Whether float32 has digits for what a plan takes of each point. */
export const isTakenInFloat32 = (source: PlanSource): boolean => (leastTaken(source)?.exponent ?? 0) <= MOST.float32;

/** @throws UnsupportedError naming a point so far away, in reaches, that nothing is left of what the plan takes of it. */
export function checkTaken(name: string, source: PlanSource): void {
  const { backend, pair, options } = source;
  const isFine = backend.precision === 'float64' || backend.inFloat64 || isForHost(source);
  const least = leastTaken(source);
  if (!least || least.exponent <= MOST[isFine ? 'float64' : 'float32']) return;
  const { side, index, exponent } = least;
  const { count, batched } = pair[side];
  const at = batched ? `${Math.floor(index / count)}][${index % count}` : index;
  throw new UnsupportedError(
    `${name}: the plan takes e^-${exponent.toFixed(0)} of the mass of ${pair[side].name}[${at}], which is too little to divide by: ` +
      `leave that point out, or give a reach that is larger than ${options.reach[side]}`,
  );
}
