import { type Expression, program } from '@sinkhorn/core';
import { lineNumbers, parameterName, partOf, threadCode, threadNumbers } from './entryCode.js';
import { formulaCode, parametersOf } from './formulaCode.js';
import { type KernelSource, kernelSource } from './kernelSource.js';
import { type Places, packing } from './places.js';
import { storeCode } from './storeCode.js';

/** A kernel, and the parameters of formulas that it takes. */
export interface FormulaKernel extends KernelSource {
  readonly parameters: readonly string[];
}

/**
 * A kernel for expressions of each entry, packed side by side.
 *
 * @param single the side of which there is one entry alone, read by all
 */
export function mapKernel(expressions: readonly Expression[], places: Places, single?: 'column'): FormulaKernel {
  const formula = program(expressions);
  const parameters = parametersOf([formula]);
  const packed = packing(expressions.map(({ size }) => size));
  const code = formulaCode(
    formula,
    'v',
    {
      variable: (node, component) =>
        node.side === single ? partOf(places, node, component, '0', '0') : partOf(places, node, component, 'x', 'line'),
      parameter: (name) => parameterName(parameters, name),
    },
    1,
  );
  const body = [
    ...threadCode(packed.texels, false),
    ...code.emit(() => true),
    ...storeCode(
      expressions.map(({ size }, at) => ({
        size,
        component: (component, into) => code.value(formula.outputs[at], 0, component, into),
      })),
      packed,
    ),
  ];
  const numbers = [
    ...threadNumbers(false),
    ...lineNumbers(places.textures),
    ...parameters.map((name) => parameterName(parameters, name)),
  ];
  return { ...kernelSource(places.textures, numbers, body), parameters };
}
