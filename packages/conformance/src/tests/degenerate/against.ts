import type { Side } from '@sinkhorn/core';
import type { Subject } from '../../conformanceTest.js';
import { check, checkClose } from '../../support/check.js';
import type { Cloud } from '../../support/clouds.js';
import { hausdorff, type Losses, type Problem, pairOf, sinkhorn } from '../../support/losses.js';
import { naiveLosses } from '../../support/naiveLosses.js';
import { allowedGradient, allowedValue, scalesOf } from '../../support/scales.js';

const SIDES: readonly Side[] = ['x', 'y'];

export const LOSSES = { S: sinkhorn, H: hausdorff };

export type LossName = keyof typeof LOSSES;

/** A loss with both gradients, all of it finite. */
export async function solveFinite(
  losses: Losses,
  label: string,
  name: LossName,
  { x, y, problem }: { x: Cloud; y: Cloud; problem: Problem },
) {
  const { values, gradients } = await LOSSES[name](losses, x, y, problem, SIDES);
  const lists = [values, ...SIDES.flatMap((side) => [gradients[side]?.points ?? [], gradients[side]?.weights ?? []])];
  check(
    lists.every((list) => Array.from(list).every(Number.isFinite)),
    `${label}: ${name} or its gradient is not finite`,
  );
  return { values, gradients };
}

/** Solves S and H, and holds values and gradients in points to a float64 solve by definition alone. */
export async function checkAgainstNaive(
  subject: Subject,
  label: string,
  x: Cloud,
  y: Cloud,
  problem: Problem,
): Promise<void> {
  const { tolerances } = subject;
  const scales = scalesOf(tolerances, pairOf(x, y), problem);
  const where = `${label}, ${JSON.stringify(problem)}`;
  for (const name of Object.keys(LOSSES) as LossName[]) {
    const exact = await solveFinite(naiveLosses(), where, name, { x, y, problem });
    const found = await solveFinite(subject, where, name, { x, y, problem });
    checkClose(`${where}: ${name}`, found.values, exact.values, allowedValue(scales, tolerances.value));
    for (const side of SIDES) {
      const expected = exact.gradients[side]?.points ?? [];
      const limit = allowedGradient(scales, tolerances.gradient, (side === 'x' ? x : y).weights, expected);
      checkClose(`${where}: gradient of ${name} in ${side}`, found.gradients[side]?.points ?? [], expected, limit);
    }
  }
}
