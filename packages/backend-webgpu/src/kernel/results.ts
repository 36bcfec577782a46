import type { Program, ReductionKind } from '@sinkhorn/core';
import { type Component, formulaCode, ONE_CELL, storeVector } from './formulaCode.js';
import { type Frame, header } from './kernel.js';

/** What was reduced for a row, as names in the code. */
export interface Reduced {
  /** A component of the main result before `finish`. */
  main(component: Component): string;
  /** The second result: a log-sum-exp, or an index. */
  readonly second: string | undefined;
}

/** Code that finishes the results of a row and stores them. */
export function resultsCode(
  frame: Frame,
  finish: Program,
  row: string,
  reduced: Reduced,
): { readonly declarations: readonly string[]; readonly lines: readonly string[] } {
  const code = formulaCode(
    finish,
    'f',
    {
      variable(node, component) {
        if (node.side !== 'reduced') return frame.at(node, row, component);
        return node.name === 'logSumExp' ? (reduced.second ?? '') : reduced.main(component);
      },
      parameter: frame.parameter,
    },
    ONE_CELL,
    false,
  );
  const [index] = finish.outputs;
  const { size } = finish.instructions[index].node;
  const lines = [
    `let place = element * ${header('rows')} + ${row} - ${header('mainStart')};`,
    ...code.emit(() => true),
    ...storeVector(code, { index, size, row: 0 }, (component) => `main[place * ${size}u + ${component}]`),
  ];
  if (reduced.second)
    lines.push(`second[element * ${header('rows')} + ${row} - ${header('secondStart')}] = ${reduced.second};`);
  return { declarations: code.declarations, lines };
}

/** An infinity that compilers cannot see, as WGSL has none. */
const INFINITY = `bitcast<f32>(${header('infinity')})`;

/** What a softmax gives for the largest score, in powers of two, and the sum of weights; -Infinity where there are none. */
export const logSumExpOf = (largest: string, total: string): string =>
  `select(${largest} * ${Math.fround(Math.LN2)}f + log(${total}), -${INFINITY}, ${total} == 0.0f)`;

/** What a minimum is where there was a column, and infinity elsewhere. */
export const minimumOf = (least: string, index: string): string => `select(${least}, ${INFINITY}, ${index} < 0.0f)`;

export const hasSecond = (kind: ReductionKind): boolean => kind === 'softmaxMean' || kind === 'min';
