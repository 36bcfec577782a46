import {
  type Expression,
  hoist,
  program,
  type Reduction,
  type ResolvedReduction,
  reduced,
  rewrite,
  scaled,
  type Variable,
} from '@sinkhorn/core';
import type { Lanes } from '../arithmetic/lanes.js';
import { arrayName } from './entries.js';
import type { Kernel } from './kernel.js';
import { mapKernel } from './mapKernel.js';
import { type PairFormulas, pairKernel } from './pairKernel.js';
import { withPowersOfTwo } from './powersOfTwo.js';

/** A kernel that computes arrays which another one reads as columns. */
export interface HoistingKernel {
  readonly kernel: Kernel;
  /** The arrays it writes, vector by vector. */
  readonly arrays: readonly { readonly name: string; readonly size: number }[];
}

/** How a reduction is computed, for any number of rows and columns and any parameters. */
export interface ReductionPlan {
  /** What runs over columns first, if there is anything. */
  readonly hoisting?: HoistingKernel;
  readonly main: Kernel;
  /** Whether the main kernel takes rows as lanes, against the one column there is. */
  readonly isMap: boolean;
}

/** Whether a reduction has one column and is no more than an expression of each row. */
export const isMap = ({ kind, blocks, pairs }: Reduction, { columns }: ResolvedReduction): boolean =>
  kind === 'sum' && columns === 1 && !blocks && !pairs;

/** Generates the kernels of a reduction. */
export function reductionPlan(lanes: Lanes, shared: boolean, reduction: Reduction, map: boolean): ReductionPlan {
  const { kind, score, value, finish } = reduction;
  if (map && value) {
    const whole = finish ? rewrite(finish, (node) => (isReduced(node) ? value : undefined)) : value;
    const output = { array: 'main', size: whole.size, layout: 'entries' } as const;
    return { main: mapKernel(lanes, shared, program([whole]), [output], 'row'), isMap: true };
  }
  const isSoftmax = kind === 'logSumExp' || kind === 'softmaxMean';
  const scoreInBits = score && isSoftmax ? scaled(Math.LOG2E, score) : score;
  const formulas = [scoreInBits, value].filter((expression) => expression !== undefined).map(withPowersOfTwo);
  return hoisted(lanes, shared, formulas, (expressions) => ({
    kind,
    score: score && expressions[0],
    value: value && expressions[score ? 1 : 0],
    finish: finish ?? reduced(value?.size ?? 1),
  }));
}

/** Kernels for formulas over pairs, of which what depends on columns alone is computed first. */
export function hoisted(
  lanes: Lanes,
  shared: boolean,
  formulas: readonly Expression[],
  madeOf: (expressions: readonly Expression[]) => PairFormulas,
): ReductionPlan {
  const { expressions, variables } = hoist(formulas);
  const main = pairKernel(lanes, shared, madeOf(expressions));
  if (variables.length === 0) return { main, isMap: false };
  const arrays = variables.map(({ variable }) => ({ name: arrayName(variable), size: variable.size }));
  const kernel = mapKernel(
    lanes,
    shared,
    program(variables.map(({ expression }) => expression)),
    arrays.map(({ name, size }) => ({ array: name, size, layout: 'lanes' as const })),
    'column',
  );
  return { hoisting: { kernel, arrays }, main, isMap: false };
}

const isReduced = (node: { readonly type: string }): boolean =>
  node.type === 'variable' && (node as Variable).side === 'reduced';
