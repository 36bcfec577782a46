import type { Program } from '@sinkhorn/core';
import type { Constants } from '../arithmetic/exponential.js';
import type { Lanes } from '../arithmetic/lanes.js';
import { type FunctionBuilder, functionBuilder, type Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import type { Vector } from '../encoding/v128.js';
import { type ArgumentLayout, arrayOffset, constantsOffset, parameterOffset } from './arguments.js';
import { type Component, UNROLLED_SIZE } from './formulaCode.js';

/** Bytes of a vector. */
export const VECTOR_BYTES = 16;

/** Numbers that every kernel is called with, in this order. */
export const KERNEL_PARAMETERS = ['arguments', 'element', 'start', 'end', 'listStart', 'listEnd', 'scratch'] as const;

/** What every kernel begins with: its parameters, and how it finds arrays, parameters and constants. */
export interface KernelFrame {
  readonly builder: FunctionBuilder;
  readonly lanes: Lanes;
  readonly layout: ArgumentLayout;
  readonly constants: Constants;
  readonly parameters: Readonly<Record<(typeof KERNEL_PARAMETERS)[number], Local<'i32'>>>;
  /** The address of an array's part for this element of the batch. */
  address(array: string): Local<'i32'>;
  parameter(name: string): Vector;
  constant(values: readonly number[], component: Component): Vector;
}

const allEqual = (values: readonly number[]) => values.every((value) => Object.is(value, values[0]));

/** The layout of a kernel's arguments, from the arrays it uses and the programs it runs. */
export function argumentLayout(arrays: readonly string[], programs: readonly Program[], lanes: Lanes): ArgumentLayout {
  const parameters = new Set<string>();
  const constants: number[] = [];
  for (const { instructions } of programs) {
    for (const { node } of instructions) {
      if (node.type === 'parameter') parameters.add(node.name);
      if (node.type === 'constant' && node.size > UNROLLED_SIZE && !allEqual(node.values))
        constants.push(...node.values);
    }
  }
  return { arrays, parameters: [...parameters], constants, bytes: lanes.bytes };
}

/** Begins a kernel. */
export function kernelFrame(lanes: Lanes, layout: ArgumentLayout): KernelFrame {
  const { builder, parameters: locals } = functionBuilder(KERNEL_PARAMETERS.length);
  const parameters = Object.fromEntries(
    KERNEL_PARAMETERS.map((name, index) => [name, locals[index]]),
  ) as KernelFrame['parameters'];
  const held = new Map<string, Local>();
  const early = <Type extends Local>(key: string, make: () => Type): Type => {
    const found = held.get(key) ?? make();
    held.set(key, found);
    return found as Type;
  };
  const constants: Constants = (value) =>
    early(`constant ${Object.is(value, -0) ? '-0' : value}`, () => builder.early(lanes.constant(value)));
  const poolIndex = (values: readonly number[]): number => {
    const start = layout.constants.findIndex((_, at) => values.every((value, k) => layout.constants[at + k] === value));
    if (start < 0) throw new RangeError('a constant is missing from the layout');
    return start;
  };
  return {
    builder,
    lanes,
    layout,
    constants,
    parameters,
    address(array) {
      const offset = arrayOffset(layout, array);
      return early(`address ${array}`, () =>
        builder.early(
          i32.add(
            i32.load(parameters.arguments, offset),
            i32.mul(parameters.element, i32.load(parameters.arguments, offset + 4)),
          ),
        ),
      );
    },
    parameter: (name) =>
      early(`parameter ${name}`, () =>
        builder.early(lanes.splatLoad(parameters.arguments, parameterOffset(layout, name))),
      ),
    constant(values, component) {
      if (typeof component === 'number') return constants(values[component]);
      if (allEqual(values)) return constants(values[0]);
      const offset = constantsOffset(layout) + lanes.bytes * poolIndex(values);
      return lanes.splatLoad(i32.add(parameters.arguments, i32.mul(component, i32.constant(lanes.bytes))), offset);
    },
  };
}
