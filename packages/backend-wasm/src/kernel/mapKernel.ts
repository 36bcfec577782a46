import type { Program, Variable } from '@sinkhorn/core';
import type { Lanes } from '../arithmetic/lanes.js';
import { i32 } from '../encoding/i32.js';
import { arrayName, type Entries, eachEntries } from './entries.js';
import { type Component, type FormulaCode, formulaCode, type Leaves, UNROLLED_SIZE } from './formulaCode.js';
import { encodeKernel, type Kernel } from './kernel.js';
import { argumentLayout, type KernelFrame, kernelFrame } from './kernelFrame.js';

/** An array that a map writes. */
export interface MapOutput {
  readonly array: string;
  readonly size: number;
  /** Entry by entry, as arrays are read, or vector by vector, as the loop over pairs wants columns. */
  readonly layout: 'entries' | 'lanes';
}

/**
 * A kernel that computes a program's outputs for many entries, as many at a time as there are lanes. Variables of
 * `side` have an entry for each; those of the other side have one for all.
 */
export function mapKernel(
  lanes: Lanes,
  shared: boolean,
  program: Program,
  outputs: readonly MapOutput[],
  side: 'row' | 'column',
): Kernel {
  const inputs = new Set(
    program.instructions.flatMap(({ node }) => (node.type === 'variable' ? [arrayName(node)] : [])),
  );
  const layout = argumentLayout([...inputs, ...outputs.map(({ array }) => array)], [program], lanes);
  const frame = kernelFrame(lanes, layout);
  const { builder, parameters, constants } = frame;
  let entries: Entries | undefined;
  const leaves: Leaves = {
    variable(node: Variable, component: Component) {
      if (node.side === side && entries) return entries.load(arrayName(node), node.size, component);
      return splatComponent(frame, node, component);
    },
    parameter: frame.parameter,
    constant: frame.constant,
  };
  const formula = formulaCode(builder, lanes, constants, program, leaves, 1);
  const varies = side === 'row' ? 'byRow' : 'byColumn';
  formula.emit((_, instruction) => !instruction.varies[varies]);
  eachEntries(frame, parameters.start, parameters.end, (current) => {
    entries = current;
    formula.emit((_, instruction) => instruction.varies[varies]);
    outputs.forEach((output, index) => {
      storeOutput(formula, current, output, program.outputs[index]);
    });
  });
  return { ...encodeKernel(frame, shared), scratchBytes: 0, rowsAtMost: Number.POSITIVE_INFINITY };
}

/** A component of the one entry of an array, in every lane. */
function splatComponent({ address, lanes }: KernelFrame, node: Variable, component: Component) {
  const base = address(arrayName(node));
  return typeof component === 'number'
    ? lanes.splatLoad(base, component * lanes.bytes)
    : lanes.splatLoad(i32.add(base, i32.mul(component, i32.constant(lanes.bytes))));
}

/** Stores what a formula gives for neighbouring entries. */
export function storeOutput(
  formula: FormulaCode,
  entries: Entries,
  { array, size, layout }: MapOutput,
  output: number,
): void {
  const store = layout === 'entries' ? entries.store : entries.storeLanes;
  const storeComponent = (component: Component) => store(array, size, component, formula.value(output, 0, component));
  if (size > UNROLLED_SIZE) formula.eachComponent(size, storeComponent);
  else for (let component = 0; component < size; component++) storeComponent(component);
}
