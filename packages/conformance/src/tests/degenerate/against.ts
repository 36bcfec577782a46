import type { Side } from '@sinkhorn/core';
import type { Subject } from '../../conformanceTest.js';
import { check, checkClose } from '../../support/check.js';
import type { Cloud } from '../../support/clouds.js';
import { hausdorff, type Losses, pairOf, sinkhorn } from '../../support/losses.js';
import { naiveLosses } from '../../support/naiveLosses.js';
import { fingerprint, problemText } from '../../support/oracle.js';
import type { Problem } from '../../support/problem.js';
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

/** The same by definition alone, in float64: values, and gradients in the points of x and y. */
export function solveNaively(
  { recall }: Subject,
  label: string,
  name: LossName,
  { x, y, problem }: { x: Cloud; y: Cloud; problem: Problem },
): Promise<readonly ArrayLike<number>[]> {
  const text = `${name} ${x.shape} ${y.shape} ${problemText(problem, x.shape[x.shape.length - 1])}`;
  return recall(`solution ${fingerprint(text, x.data, x.weights, y.data, y.weights)}`, async () => {
    const { values, gradients } = await solveFinite(naiveLosses(), label, name, { x, y, problem });
    return [values, ...SIDES.map((side) => gradients[side]?.points ?? [])];
  });
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
    const [values, ...slopes] = await solveNaively(subject, where, name, { x, y, problem });
    const found = await solveFinite(subject, where, name, { x, y, problem });
    checkClose(`${where}: ${name}`, found.values, values, allowedValue(scales, tolerances.value));
    SIDES.forEach((side, index) => {
      const expected = slopes[index];
      const limit = allowedGradient(scales, tolerances.gradient, (side === 'x' ? x : y).weights, expected);
      checkClose(`${where}: gradient of ${name} in ${side}`, found.gradients[side]?.points ?? [], expected, limit);
    });
  }
}
