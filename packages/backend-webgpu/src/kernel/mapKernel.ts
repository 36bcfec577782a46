import { type Expression, program } from '@sinkhorn/core';
import { formulaCode, ONE_CELL, parametersOf, storeVector, variablesOf } from './formulaCode.js';
import { header, type Kernel, kernelFrame, kernelOf } from './kernel.js';
import { WORKGROUP_SIZE } from './wgsl.js';

/** A kernel for an expression of each row and of the one column there is. */
export function mapKernel(expression: Expression, mostBindings: number): Kernel {
  const formula = program([expression]);
  const frame = kernelFrame(
    variablesOf([formula]),
    parametersOf([formula]),
    [{ binding: 'main', writes: true }],
    mostBindings,
  );
  const code = formulaCode(
    formula,
    'v',
    {
      variable: (node, component) => frame.at(node, node.side === 'row' ? 'row' : '0u', component),
      parameter: frame.parameter,
    },
    ONE_CELL,
    false,
  );
  const lines = code.emit(() => true);
  const { size } = expression;
  const body = [
    `let row = ${header('rowStart')} + group.x * ${WORKGROUP_SIZE}u + thread;`,
    `if (row >= ${header('rowEnd')}) { return; }`,
    `let place = (element * ${header('rows')} + row - ${header('mainStart')}) * ${size}u;`,
    ...lines,
    ...storeVector(code, { index: formula.outputs[0], size, row: 0 }, (component) => `main[place + ${component}]`),
  ];
  return kernelOf(frame, code.declarations, body, WORKGROUP_SIZE);
}
